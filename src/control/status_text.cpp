#include "pacedns/control/status_text.hpp"

#include <cstddef>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/columns.hpp"
#include "pacedns/control/indicator_table.hpp"
#include "pacedns/control/json_view.hpp"
#include "pacedns/control/upstream_table.hpp"

namespace pacedns::control {
namespace {

constexpr std::size_t kLabelWidth = 11;

std::string labelled(const std::string& label, const std::string& text) {
  return left(label, kLabelWidth) + text + '\n';
}

std::string headline(JsonView status) {
  return "pacedns " + status["version"].shown() + ", up " + duration_text(status["uptime_s"].number()) +
         ", pid " + status["pid"].shown() + ", " + counted(status["workers"].number(), "worker", "workers") +
         '\n' + labelled("config", left(status["config"].shown(), kColumns - kLabelWidth));
}

std::string rates(JsonView rates) {
  return labelled("last " + duration_text(rates["over_s"].number()),
                  decimal_text(rates["queries_per_s"].number(), 1) + " queries/s, hits " +
                      ratio_text(rates["hit_ratio"].number()) + "; misses p50 " +
                      ms_text(rates["miss_p50_ms"].number()) + ", p99 " +
                      ms_text(rates["miss_p99_ms"].number()));
}

std::string hit_ratio_of(JsonView cache) {
  const auto hits = cache["hits"].number();
  const auto misses = cache["misses"].number();
  if (!hits || !misses || *hits + *misses <= 0) return "";
  return " (" + ratio_text(*hits / (*hits + *misses)) + ")";
}

std::string cache(JsonView cache) {
  return labelled("cache", counted(cache["entries"].number(), "entry", "entries") + ", " +
                               size_text(cache["bytes"].number()) + " of " +
                               size_text(cache["size"].number()) + "; " +
                               count_text(cache["evictions"].number()) + " evicted") +
         labelled("", counted(cache["hits"].number(), "hit", "hits") + hit_ratio_of(cache) + ", " +
                          counted(cache["misses"].number(), "miss", "misses"));
}

std::string flights(JsonView flights) {
  return labelled("flights", count_text(flights["open"].number()) + " open, " +
                                 count_text(flights["started"].number()) + " started, " +
                                 count_text(flights["joined"].number()) + " joined, " +
                                 count_text(flights["remembered"].number()) + " remembered");
}

std::string without_blanks_at_line_ends(const std::string& text) {
  std::string trimmed;
  std::size_t blanks = 0;
  for (const char sign : text) {
    if (sign == ' ') {
      ++blanks;
      continue;
    }
    if (sign != '\n') trimmed.append(blanks, ' ');
    blanks = 0;
    trimmed += sign;
  }
  return trimmed;
}

}  // namespace

std::string status_text(const boost::json::value& value) {
  const JsonView status(value);
  const JsonView queries = status["queries"];
  return without_blanks_at_line_ends(
      headline(status) + rates(status["rates"]) +
      labelled("queries", count_text(queries["udp"].number()) + " over UDP, " +
                              count_text(queries["tcp"].number()) + " over TCP") +
      cache(status["cache"]) + flights(status["flights"]) + '\n' + indicator_table(status["indicators"]) +
      '\n' + upstream_table(status["upstreams"]));
}

}  // namespace pacedns::control
