#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/plan_driver.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/upstream/transport_factory.hpp"

#include "support/cache_messages.hpp"
#include "support/message_builder.hpp"

// What the tests of the forwarding share: settings, waiters, and transports that only note what is asked of
// them. tests/scenario plays whole stories; here is what those do not reach.

namespace pacedns::test {

inline constexpr TimePoint kStart{std::chrono::hours(1)};

/// An upstream at 192.0.2.NUMBER with a health of its own.
inline forward::UpstreamSetting upstream_setting(unsigned number,
                                                 upstream::Protocol protocol = upstream::Protocol::Udp) {
  return {{protocol, {boost::asio::ip::address_v4(0xc0000200U + number), 53}, "u" + std::to_string(number)},
          std::make_shared<health::UpstreamHealth>()};
}

inline std::shared_ptr<forward::Settings> settings_with(unsigned upstreams) {
  auto settings = std::make_shared<forward::Settings>();
  for (unsigned i = 1; i <= upstreams; ++i)
    settings->upstreams.push_back(upstream_setting(i));
  return settings;
}

/// One that has failed so often that it is down.
inline void take_down(health::UpstreamHealth& health, TimePoint now = kStart) {
  for (std::uint32_t i = 0; i < health::kDownAfter; ++i)
    static_cast<void>(health.on_failure(now, 0));
}

/// A client's query that has been read, and the waiter that it becomes.
class Asked {
 public:
  explicit Asked(const MessageBuilder& message) : wire_(message.wire()) {
    if (dns::read_query(wire_, query_) != dns::QueryVerdict::Accept)
      throw std::invalid_argument("not a query");
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  [[nodiscard]] const Octets& wire() const { return wire_; }
  [[nodiscard]] const dns::Query& query() const { return query_; }
  [[nodiscard]] cache::CacheKey key() const {
    return {query_.question, query_.dnssec_ok(), query_.has(dns::kCd), hasher()};
  }
  [[nodiscard]] forward::Waiter waiter(unsigned worker = 0) const {
    return {worker, server::Client{}, query_, kStart};
  }

 private:
  Octets wire_;
  dns::Query query_;
};

/// Notes what is sent and cancelled, and answers nothing by itself.
class FakeNetwork final : public upstream::TransportFactory {
 public:
  struct Sent {
    std::string to;  // the address, with /tcp behind it over TCP
    upstream::ExchangeKey key;
    Octets query;
    upstream::Spelling spelling = upstream::Spelling::AsIs;
    bool cancelled = false;
  };

  std::vector<Sent> sent;
  std::map<std::string, boost::system::error_code> errors;  // of sending, by `to`
  std::function<void(const Sent&)> on_cancel;
  int transports = 0;          // that exist
  bool tcp_connected = false;  // there is a connection to each upstream

  [[nodiscard]] std::unique_ptr<upstream::Transport> make_udp(const net::Endpoint& upstream,
                                                              metrics::UpstreamCounters&) override {
    return std::make_unique<Fake>(*this, upstream.address.to_string());
  }
  [[nodiscard]] std::unique_ptr<upstream::Transport> make_tcp(const net::Endpoint& upstream,
                                                              metrics::UpstreamCounters&) override {
    return std::make_unique<Fake>(*this, upstream.address.to_string() + "/tcp");
  }

 private:
  class Fake final : public upstream::Transport {
   public:
    Fake(FakeNetwork& network, std::string name) : network_(network), name_(std::move(name)) {
      ++network_.transports;
    }
    Fake(const Fake&) = delete;
    Fake& operator=(const Fake&) = delete;
    ~Fake() override { --network_.transports; }

    boost::system::result<Ticket> send(const upstream::ExchangeKey& key, Bytes query,
                                       upstream::Spelling spelling, TimePoint) override {
      if (const auto error = network_.errors.find(name_); error != network_.errors.end())
        return error->second;
      network_.sent.push_back({name_, key, {query.begin(), query.end()}, spelling});
      return network_.sent.size() - 1;
    }

    [[nodiscard]] bool connected() const override {
      return network_.tcp_connected || !name_.ends_with("/tcp");
    }

    void cancel(Ticket ticket) override {
      const bool before = std::exchange(network_.sent[ticket].cancelled, true);
      if (!before && network_.on_cancel) network_.on_cancel(Sent(network_.sent[ticket]));
    }

   private:
    FakeNetwork& network_;
    std::string name_;
  };
};

/// Notes what waiters are told.
class NotedAnswers final : public forward::AnswerSink {
 public:
  struct Told {
    std::vector<std::uint16_t> ids;
    std::shared_ptr<const cache::ResponseImage> image;
    std::uint32_t age;
    std::string from;
  };
  std::vector<Told> told;

  void deliver(std::span<const forward::Waiter> waiters, const forward::Answer& answer, TimePoint) override {
    Told entry{{}, answer.image, answer.age, std::string(answer.from)};
    for (const auto& waiter : waiters)
      entry.ids.push_back(waiter.query().id);
    told.push_back(std::move(entry));
  }
};

/// A driver between the two.
struct DriverBench {
  explicit DriverBench(std::shared_ptr<forward::Settings> with, forward::PlanDriver::Place place = {})
      : settings(std::move(with)), driver(place, cache, hasher(), counters, random, network, answers) {
    driver.apply(settings);
  }

  bool ask(const Asked& asked, TimePoint now = kStart) {
    return driver.resolve(asked.key(), asked.waiter(), now);
  }

  /// The reply to what was sent as number `index`.
  void reply(std::size_t index, const MessageBuilder& message, TimePoint now) {
    const Reply parsed(message);
    driver.on_reply(network.sent[index].key, parsed.view(), now);
  }

  [[nodiscard]] std::uint64_t count(metrics::Counter counter) const { return counters.get(counter); }
  /// What is counted of the upstream 192.0.2.`upstream`.
  [[nodiscard]] metrics::UpstreamSnapshot of(std::size_t upstream) const {
    return settings->upstreams[upstream - 1].totals->sum();
  }

  FakeNetwork network;
  NotedAnswers answers;
  cache::MessageCache cache{cache::kMiB};
  metrics::Counters counters;
  Random random;
  std::shared_ptr<forward::Settings> settings;
  forward::PlanDriver driver;
};

}  // namespace pacedns::test
