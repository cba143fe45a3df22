#include "upstream/event_log.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <ldns/ldns.h>

#include "upstream/values.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::array<std::string_view, 5> kKinds{"query", "malformed", "reply", "dropped", "forged"};

/// RFC 1035 §5.1, and everything that would tear a line of `key=value` apart as \DDD.
std::string name_text(std::string_view wire) {
  std::string text;
  while (!wire.empty() && wire.front() != 0) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(wire.front()));
    for (const char octet : wire.substr(1, length)) {
      const auto value = static_cast<unsigned char>(octet);
      if (octet == '.' || octet == '\\') {
        text += {'\\', octet};
      } else if (value > 0x20 && value < 0x7f) {
        text += octet;
      } else {
        const std::string digits = std::to_string(value);
        text += "\\" + std::string(3 - digits.size(), '0') + digits;
      }
    }
    text += '.';
    wire.remove_prefix(1 + length);
  }
  return text.empty() ? "." : text;
}

std::string type_text(std::uint16_t qtype) {
  const std::unique_ptr<char, decltype(&std::free)> text(ldns_rr_type2str(static_cast<ldns_rr_type>(qtype)),
                                                         std::free);
  return text ? text.get() : "TYPE" + std::to_string(qtype);
}

std::string time_text(TimePoint time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::string fraction = std::to_string(us % 1'000'000);
  return std::to_string(us / 1'000'000) + "." + std::string(6 - fraction.size(), '0') + fraction;
}

std::string details(const Event& event) {
  switch (event.kind) {
    case EventKind::Query:
      return " edns=" + (event.edns_size ? std::to_string(*event.edns_size) : "-") +
             " do=" + (event.dnssec_ok ? "1" : "0") + " cd=" + (event.checking_disabled ? "1" : "0");
    case EventKind::Malformed:
      return " size=" + std::to_string(event.size);
    case EventKind::Dropped:
      return " reason=" + std::string(event.reason);
    case EventKind::Reply:
    case EventKind::Forged:
      break;
  }
  return " rcode=" + rcode_name(event.rcode) + " answers=" + std::to_string(event.answers) +
         " size=" + std::to_string(event.size) + " tc=" + (event.truncated ? "1" : "0");
}

}  // namespace

std::string format_event(const Event& event) {
  const Subject& subject = event.subject;
  std::string line = "t=" + time_text(event.time);
  line += " event=" + std::string(kKinds[static_cast<std::size_t>(event.kind)]);
  line += " upstream=" + *event.upstream;
  line += subject.transport == Transport::Udp ? " transport=udp" : " transport=tcp";
  line += " peer=" + net::to_string(subject.peer);
  line += " id=" + std::to_string(subject.id);
  if (subject.qname.empty()) {
    line += " qname=- qtype=-";
  } else {
    line += " qname=" + name_text(subject.qname) + " qtype=" + type_text(subject.qtype);
  }
  return line + details(event);
}

void EventLog::open_file(const std::string& path) {
  file_.reset(std::fopen(path.c_str(), "we"));
  if (!file_) throw std::system_error(errno, std::generic_category(), path);
  // A line at a time, so that a test can read along.
  std::setvbuf(file_.get(), nullptr, _IOLBF, BUFSIZ);
}

void EventLog::add(Event event) {
  if (file_) std::fprintf(file_.get(), "%s\n", format_event(event).c_str());
  if (!recording_) return;
  if (recorded_.size() >= most_) {
    ++overflow_;
  } else {
    recorded_.push_back(std::move(event));
  }
}

std::string EventLog::take() {
  std::string lines;
  for (const Event& event : recorded_)
    lines += format_event(event) + "\n";
  if (overflow_ > 0) lines += "event=overflow count=" + std::to_string(overflow_) + "\n";
  recorded_.clear();
  overflow_ = 0;
  return lines;
}

}  // namespace pacedns::simulator
