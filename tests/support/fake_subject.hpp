#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "pacedns/status/subject.hpp"

#include "support/full_report.hpp"
#include "unit/forward/forwarding.hpp"

// A daemon for the status to look at, and flights that were really flown, over a network that only notes what
// is asked of it.

namespace pacedns::test {

/// What a coroutine returns that waits for nothing outside.
template <typename Result>
[[nodiscard]] Result completed(boost::asio::awaitable<Result> operation) {
  boost::asio::io_context io;
  auto result = boost::asio::co_spawn(io, std::move(operation), boost::asio::use_future);
  io.run();
  return result.get();
}

/// The flight for one question.
class FlownFlight {
 public:
  explicit FlownFlight(unsigned upstreams, const MessageBuilder& question = MessageBuilder("www.example."))
      : FlownFlight(settings_with(upstreams), question) {}
  FlownFlight(std::shared_ptr<forward::Settings> settings, const MessageBuilder& question)
      : bench_(std::make_unique<DriverBench>(std::move(settings))),
        asked_(std::make_unique<Asked>(question)) {
    ask_again({});
  }

  /// The upstream that was asked as number `index` replies.
  FlownFlight& reply(std::size_t index, const MessageBuilder& message, Duration after) {
    bench_->reply(index, message, kStart + after);
    return *this;
  }
  FlownFlight& fail(std::size_t index, boost::system::error_code error, Duration after) {
    bench_->driver.on_failure(bench_->network.sent[index].key, error, kStart + after);
    return *this;
  }
  FlownFlight& deadline(Duration after) {
    bench_->driver.on_deadline(kStart + after);
    return *this;
  }
  FlownFlight& ask_again(Duration after) {
    if (!bench_->ask(*asked_, kStart + after)) throw std::logic_error("not taken");
    return *this;
  }

  [[nodiscard]] std::shared_ptr<const forward::FlightRecord> record() const {
    return bench_->driver.recent_flights(1).at(0);
  }
  [[nodiscard]] FakeNetwork& network() { return bench_->network; }

 private:
  std::unique_ptr<DriverBench> bench_;
  std::unique_ptr<Asked> asked_;
};

class FakeSubject final : public status::Subject {
 public:
  explicit FakeSubject(std::size_t cache_size = 4 * cache::kMiB) : cache_(cache_size) {}

  [[nodiscard]] status::Report report() const override {
    ++reports;
    return now;
  }
  [[nodiscard]] cache::MessageCache& cache() override { return cache_; }
  [[nodiscard]] const cache::KeyHasher& hasher() const override { return test::hasher(); }

  [[nodiscard]] boost::asio::awaitable<status::Records> recent_flights(std::size_t count) override {
    const auto size = static_cast<std::ptrdiff_t>(std::min(count, flights.size()));
    co_return status::Records(flights.begin(), flights.begin() + size);
  }

  [[nodiscard]] boost::asio::awaitable<status::Records> flights_for(
      std::vector<std::uint8_t> question) override {
    status::Records found;
    for (const auto& flight : flights)
      if (flight->question == question) found.push_back(flight);
    co_return found;
  }

  [[nodiscard]] boost::asio::awaitable<std::size_t> forget(std::function<bool(Bytes)> question) override {
    std::size_t forgotten = 0;
    for (const auto& flight : flights)
      if (flight->open() && question(flight->question)) ++forgotten;
    if (on_forget) on_forget();
    co_return forgotten;
  }

  /// Stores the response as it is at `taken_at`.
  void store(const cache::CacheKey& key, const MessageBuilder& response, TimePoint taken_at = steady_now(),
             std::uint64_t generation = 1) {
    cache_.store(key, image_of(response), taken_at, taken_at, generation);
  }

  status::Report now = full_report();
  status::Records flights;          ///< newest first
  std::function<void()> on_forget;  ///< called when flights have been forgotten
  mutable std::size_t reports = 0;  ///< how many were asked for

 private:
  cache::MessageCache cache_;
};

}  // namespace pacedns::test
