#include "pacedns/control/upstream_table.hpp"

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/columns.hpp"

namespace pacedns::control {
namespace {

struct Row {
  std::string name, state, rtt, wins, active, second, probe, failures;
};

std::string line(const Row& row) {
  return "  " + left(row.name, 18) + ' ' + left(row.state, 7) + ' ' + right(row.rtt, 9) + right(row.wins, 8) +
         right(row.active, 9) + right(row.second, 9) + right(row.probe, 7) + right(row.failures, 9) + '\n';
}

}  // namespace

std::string upstream_table(JsonView upstreams) {
  std::string text = line({"upstream", "state", "RTT", "wins", "active", "second", "probe", "failed"});
  for (const JsonView upstream : upstreams.items()) {
    const auto count = [upstream](std::string_view key) { return count_text(upstream[key].number()); };
    const auto queries = [upstream](std::string_view key) {
      return count_text(upstream["queries"][key].number());
    };
    const auto rtt = upstream["smoothed_rtt_ms"].number();
    text += line({upstream["name"].shown(), upstream["state"].shown(), rtt ? ms_text(rtt) : "-",
                  count("wins"), queries("active"), queries("second"), queries("probe"), count("failures")});
  }
  return text;
}

}  // namespace pacedns::control
