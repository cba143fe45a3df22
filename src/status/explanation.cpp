#include "pacedns/status/explanation.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/wire.hpp"
#include "pacedns/status/cache_text.hpp"
#include "pacedns/status/disguise.hpp"
#include "pacedns/status/flight_json.hpp"

namespace pacedns::status {
namespace {

using boost::json::array;
using boost::json::object;

/// Nobody reads more, and a name that is asked for all the time has thousands.
constexpr std::size_t kMostFlights = 50;

dns::Question as_question(Bytes wire) {
  return {wire, dns::load_u16(wire, wire.size() - 4), dns::load_u16(wire, wire.size() - 2)};
}

object cached_json(const CachedResponse& response, bool remembered) {
  array answer;
  for (const std::string& record : response.records())
    answer.emplace_back(record);
  return {{"do", response.dnssec_ok},
          {"cd", response.checking_disabled},
          {"rcode", dns::rcode_to_text(response.rcode)},
          {"stored_ago_s", response.age},
          {"expires_in_s", response.left},
          {"flight", response.generation},
          {"remembered", remembered},
          {"answer", std::move(answer)}};
}

/// One key for each combination of DO and CD.
array cached(Subject& subject, Bytes question, const Records& flights, TimePoint now) {
  array found;
  for (const bool dnssec_ok : {false, true}) {
    for (const bool checking_disabled : {false, true}) {
      const cache::CacheKey key(as_question(question), dnssec_ok, checking_disabled, subject.hasher());
      std::optional<CachedResponse> response;
      subject.cache().peek(key, now, [&](const cache::CacheEntry& entry) {
        response.emplace(entry, cache::MessageCache::to_seconds(now));
      });
      if (!response) continue;
      const bool remembered = std::ranges::any_of(
          flights, [&](const auto& flight) { return flight->generation == response->generation; });
      found.push_back(cached_json(*response, remembered));
    }
  }
  return found;
}

}  // namespace

boost::asio::awaitable<object> explain(Subject* subject, std::vector<std::uint8_t> question,
                                       WallClock clock) {
  const Records flights = co_await subject->flights_for(question);
  const Disguise open(Privacy::Full, subject->hasher());
  array list;
  const std::size_t shown = std::min(flights.size(), kMostFlights);
  for (std::size_t i = 0; i < shown; ++i)
    list.push_back(flight_json(*flights[i], open, clock));
  co_return object{{"name", dns::name_to_text(Bytes(question).first(question.size() - 4))},
                   {"type", dns::type_to_text(as_question(question).type)},
                   {"flights_remembered", subject->report().totals.remembered},
                   {"cached", cached(*subject, question, flights, clock.now())},
                   {"flights_left_out", flights.size() - shown},
                   {"flights", std::move(list)}};
}

}  // namespace pacedns::status
