#pragma once

// Replies that are not due yet, of all upstreams: a heap by due time and one timer for its top. Replies that
// were sent are kept for reuse, octets and all. Replies due at the same time leave in the order they came.

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/time.hpp"

#include "upstream/simulated_upstream.hpp"

namespace pacedns::simulator {

/// Where replies go once they are due.
class ReplySink {
 public:
  ReplySink() = default;
  ReplySink(const ReplySink&) = delete;
  ReplySink& operator=(const ReplySink&) = delete;
  virtual ~ReplySink() = default;

  /// Takes what it needs out of `reply`; the octets may be swapped for others.
  virtual void send(Reply& reply, TimePoint now) = 0;

  /// The last of a series of `send` was called.
  virtual void flush() = 0;
};

class DelayQueue {
 public:
  explicit DelayQueue(boost::asio::io_context& context) : timer_(context) {}

  /// Sends `reply` to `sink` at `due`. Its octets are swapped for others.
  void add(TimePoint due, ReplySink& sink, Reply& reply);

  /// Forgets everything.
  void stop();

 private:
  struct Entry {
    TimePoint due;
    std::uint64_t number = 0;
    ReplySink* sink = nullptr;
    std::unique_ptr<Reply> reply;
  };

  static bool later(const Entry& left, const Entry& right);
  void arm();
  void on_timer();

  boost::asio::steady_timer timer_;
  TimePoint armed_for_ = kNever;
  std::uint64_t next_number_ = 0;
  std::vector<Entry> heap_;
  std::vector<std::unique_ptr<Reply>> unused_;
  std::vector<ReplySink*> touched_;
};

}  // namespace pacedns::simulator
