#include "pacedns/control/explain_text.hpp"

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/cached_text.hpp"
#include "pacedns/control/columns.hpp"
#include "pacedns/control/flight_text.hpp"
#include "pacedns/control/json_view.hpp"

namespace pacedns::control {
namespace {

std::string nothing_known(const std::string& question, JsonView remembered) {
  return wrapped("Nothing is known of " + question + ": it is not in the cache, and of the " +
                     counted(remembered.number(), "flight", "flights") +
                     " that are remembered none was for it. Ask pacedns for it, then try again.",
                 0);
}

std::string without_flights(JsonView remembered) {
  return wrapped(
      "None of the " + counted(remembered.number(), "flight", "flights") +
          " that are remembered was for it: who was asked is not known any more. Flush the name and "
          "ask again to see it.",
      0);
}

}  // namespace

std::string explain_text(const boost::json::value& value, double now_s) {
  const JsonView explanation(value);
  const std::string question = explanation["name"].shown() + ' ' + explanation["type"].shown();
  const auto cached = explanation["cached"].items();
  const auto flights = explanation["flights"].items();
  const JsonView remembered = explanation["flights_remembered"];
  if (cached.empty() && flights.empty()) return nothing_known(question, remembered);
  std::string text = question + '\n';
  for (const JsonView entry : cached)
    text += '\n' + cached_text(entry);
  if (cached.empty()) text += "\nnot in the cache\n";
  for (const JsonView flight : flights)
    text += '\n' + flight_text(flight, now_s);
  if (flights.empty()) text += '\n' + without_flights(remembered);
  return text;
}

}  // namespace pacedns::control
