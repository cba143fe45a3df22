#pragma once

// What happened, for tests to read: one line an event, to a file, to memory, or both. When neither is wanted
// `enabled()` is false, and callers then do not even put an event together. The format is in README.md.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/net/endpoint.hpp"

#include "upstream/query.hpp"
#include "upstream/reply_writer.hpp"

namespace pacedns::simulator {

enum class EventKind : std::uint8_t { Query, Malformed, Reply, Dropped, Forged };

/// What a reply or a drop refers to, kept from the query on.
struct Subject {
  Transport transport = Transport::Udp;
  net::Endpoint peer;
  std::uint16_t id = 0;
  std::uint16_t qtype = 0;
  /// Wire form as it came; empty when there was no readable question.
  std::string qname;
};

struct Event {
  TimePoint time;
  EventKind kind = EventKind::Query;
  /// Outlives the log's content.
  const std::string* upstream = nullptr;
  Subject subject;
  /// Query: what it asked for.
  std::optional<std::uint16_t> edns_size;
  bool dnssec_ok = false;
  bool checking_disabled = false;
  /// Dropped: why.
  std::string_view reason;
  /// Reply and Forged: read from the octets that were sent; also Malformed: their number.
  std::uint16_t rcode = 0;
  std::uint16_t answers = 0;
  bool truncated = false;
  std::size_t size = 0;
};

/// One line, without the line's end.
[[nodiscard]] std::string format_event(const Event& event);

class EventLog {
 public:
  static constexpr std::size_t kMostRecorded = 1'000'000;

  /// Throws std::system_error when the file cannot be written.
  void open_file(const std::string& path);
  void record(std::size_t most = kMostRecorded) {
    recording_ = true;
    most_ = most;
  }

  [[nodiscard]] bool enabled() const { return recording_ || file_ != nullptr; }
  [[nodiscard]] bool recording() const { return recording_; }
  void add(Event event);

  /// The lines recorded since the last call, each with its end, and a last one for those that found no room.
  [[nodiscard]] std::string take();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
  bool recording_ = false;
  std::size_t most_ = kMostRecorded;
  std::vector<Event> recorded_;
  std::uint64_t overflow_ = 0;
};

}  // namespace pacedns::simulator
