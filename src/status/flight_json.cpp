#include "pacedns/status/flight_json.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::status {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using cache::MergeOutcome;
using forward::AttemptOutcome;
using forward::AttemptStory;
using forward::FlightRecord;

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

value since_start(const FlightRecord& flight, TimePoint moment) {
  if (moment == kNever) return nullptr;
  return milliseconds(moment - flight.started_at);
}

std::uint16_t qtype_of(const FlightRecord& flight) {
  return dns::load_u16(flight.question, flight.question.size() - 4);
}

std::string_view name(MergeOutcome outcome) {
  switch (outcome) {
    case MergeOutcome::Merged:
      return "merged";
    case MergeOutcome::Full:
      return "full";
    case MergeOutcome::Disagrees:
      return "disagrees";
    case MergeOutcome::OtherOwner:
      return "other_owner";
    case MergeOutcome::NotMergeable:
      return "not_mergeable";
  }
  return "?";
}

/// The addresses of the answer section, in its order, each once.
std::vector<std::string> addresses_in(Bytes reply, std::uint16_t type) {
  std::vector<std::string> addresses;
  const auto take = [&](const boost::asio::ip::address& address) {
    std::string text = address.to_string();
    if (std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
  };
  const auto view = dns::MessageView::parse(reply);
  if (!view) return addresses;
  auto records = view->records();
  while (const auto record = records.next()) {
    if (record->section != dns::Section::Answer) break;
    if (record->type != type) continue;
    if (record->is(dns::RrType::A) && record->rdata.size() == 4) {
      std::array<std::uint8_t, 4> octets{};
      std::ranges::copy(record->rdata, octets.begin());
      take(boost::asio::ip::address_v4(octets));
    } else if (record->is(dns::RrType::Aaaa) && record->rdata.size() == 16) {
      std::array<std::uint8_t, 16> octets{};
      std::ranges::copy(record->rdata, octets.begin());
      take(boost::asio::ip::address_v6(octets));
    }
  }
  return addresses;
}

bool asks_for_addresses(const FlightRecord& flight) {
  const auto type = qtype_of(flight);
  return type == static_cast<std::uint16_t>(dns::RrType::A) ||
         type == static_cast<std::uint16_t>(dns::RrType::Aaaa);
}

/// Whether the answer is known to have no addresses: NXDOMAIN, or NODATA in a reply that was kept.
bool answered_without_addresses(const FlightRecord& flight) {
  if (flight.answer_rcode != dns::Rcode::NoError) return true;
  if (!flight.winner) return false;
  const Bytes reply = flight.reply_of(flight.attempts[*flight.winner]);
  return !reply.empty() && addresses_in(reply, qtype_of(flight)).empty();
}

const char* reason_not_mergeable(const FlightRecord& flight) {
  if (!flight.merges) return "upstream.merge is off";
  if (!asks_for_addresses(flight)) return "only answers to A and AAAA questions are merged";
  if (flight.dnssec_ok) return "answers to questions with DO set are not merged";
  if (answered_without_addresses(flight)) return "like the answer it has no addresses";
  return "one of the two has RRSIGs or an unspecified address, or its CNAME chain does not end at addresses";
}

/// Why a reply that came after the answer added nothing, or not all it had.
value reason_against(const FlightRecord& flight, const AttemptStory& attempt) {
  switch (*attempt.merge) {
    case MergeOutcome::Merged:
      return nullptr;
    case MergeOutcome::Full:
      return "the pool holds as many addresses as it may";
    case MergeOutcome::Disagrees:
      return attempt.rcode != flight.answer_rcode
                 ? "its RCODE contradicts the answer, and the first reply decides"
                 : "one has data and the other has none, and the first reply decides";
    case MergeOutcome::OtherOwner:
      return "its CNAME chain ends at another name than the answer's";
    case MergeOutcome::NotMergeable:
      break;
  }
  return reason_not_mergeable(flight);
}

/// Which upstreams gave which address, in the order in which the addresses were heard of.
class Origins {
 public:
  explicit Origins(const Disguise& disguise) : disguise_(disguise) {}

  /// Its number.
  std::size_t mention(const std::string& address) {
    const auto found = std::ranges::find(known_, address, &Known::address);
    const auto number = static_cast<std::size_t>(found - known_.begin());
    if (found == known_.end()) known_.push_back({address, {}});
    return number;
  }

  /// Notes that `upstream` gave `address`, and returns what is shown of it.
  std::string note(const std::string& address, std::string_view upstream) {
    const std::size_t number = mention(address);
    known_[number].from.emplace_back(upstream);
    return shown(number);
  }

  [[nodiscard]] array to_json() const {
    array all;
    for (std::size_t i = 0; i < known_.size(); ++i)
      all.push_back(object{{"address", shown(i)}, {"from", known_[i].from}});
    return all;
  }

 private:
  struct Known {
    std::string address;
    array from;
  };

  [[nodiscard]] std::string shown(std::size_t number) const {
    return disguise_.shows_all() ? known_[number].address : "address " + std::to_string(number + 1);
  }

  const Disguise& disguise_;
  std::vector<Known> known_;
};

bool has_rcode(const AttemptStory& attempt) {
  return attempt.outcome == AttemptOutcome::Usable || attempt.outcome == AttemptOutcome::Failure;
}

object attempt_json(const FlightRecord& flight, const AttemptStory& attempt, bool winner, Origins& origins) {
  const std::string_view upstream = flight.upstream_of(attempt);
  array addresses;
  if (attempt.outcome == AttemptOutcome::Usable) {
    for (const std::string& address : addresses_in(flight.reply_of(attempt), qtype_of(flight)))
      addresses.emplace_back(origins.note(address, upstream));
  }
  value merge = nullptr;
  value why = nullptr;
  if (winner) {
    merge = "winner";
  } else if (attempt.merge) {
    merge = name(*attempt.merge);
    why = reason_against(flight, attempt);
  }
  const bool pending = attempt.outcome == AttemptOutcome::Pending;
  return {{"upstream", upstream},
          {"tier", forward::name(attempt.tier)},
          {"launched_ms", since_start(flight, attempt.launched_at)},
          {"ended_ms", since_start(flight, pending ? kNever : attempt.ended_at)},
          {"outcome", forward::name(attempt.outcome)},
          {"rcode", has_rcode(attempt) ? value(dns::rcode_to_text(attempt.rcode)) : value(nullptr)},
          {"error", attempt.error ? value(attempt.error.message()) : value(nullptr)},
          {"transport", attempt.over_tcp ? "tcp" : "udp"},
          {"edns", attempt.with_edns},
          {"retransmissions", attempt.retransmissions},
          {"winner", winner},
          {"merge", std::move(merge)},
          {"why", std::move(why)},
          {"addresses", std::move(addresses)}};
}

value second_tier_json(const FlightRecord& flight) {
  if (flight.second_tier_at == kNever) return nullptr;
  return object{{"at_ms", since_start(flight, flight.second_tier_at)},
                {"reason", plan::name(flight.second_tier_reason)}};
}

}  // namespace

object flight_json(const FlightRecord& flight, const Disguise& disguise, const WallClock& clock) {
  const auto qname = disguise.qname(Bytes(flight.question).first(flight.question.size() - 4));
  const bool answered = flight.answered_at != kNever;
  Origins origins(disguise);
  array attempts;
  // The winner's addresses come first, as in the answer.
  if (flight.winner) {
    const AttemptStory& winner = flight.attempts[*flight.winner];
    for (const std::string& address : addresses_in(flight.reply_of(winner), qtype_of(flight)))
      origins.mention(address);
  }
  for (std::size_t i = 0; i < flight.attempts.size(); ++i) {
    if (flight.attempts[i].outcome == AttemptOutcome::Untried) continue;
    attempts.push_back(attempt_json(flight, flight.attempts[i], flight.winner == i, origins));
  }
  return {{"id", flight.generation},
          {"name", qname ? value(*qname) : value(nullptr)},
          {"type", dns::type_to_text(qtype_of(flight))},
          {"do", flight.dnssec_ok},
          {"cd", flight.checking_disabled},
          {"started_s", clock.seconds_at(flight.started_at)},
          {"open", flight.open()},
          {"clients", flight.clients},
          {"second_tier", second_tier_json(flight)},
          {"answered_ms", since_start(flight, flight.answered_at)},
          {"answered_by",
           flight.winner ? value(flight.upstream_of(flight.attempts[*flight.winner])) : value(nullptr)},
          {"rcode", answered ? value(dns::rcode_to_text(flight.answer_rcode)) : value(nullptr)},
          {"finished_ms", since_start(flight, flight.finished_at)},
          {"attempts", std::move(attempts)},
          {"addresses", origins.to_json()}};
}

}  // namespace pacedns::status
