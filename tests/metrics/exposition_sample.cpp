// Prints an exposition for promtool to check, of a daemon
//   full      in which everything has happened,
//   empty     that has just started, without upstreams,
//   hostile   whose upstreams have names that try to break out of their label.

#include <iostream>
#include <string_view>

#include "pacedns/status/exposition.hpp"

#include "support/full_report.hpp"

namespace {

pacedns::status::Report hostile_report() {
  auto report = pacedns::test::full_report();
  report.upstreams[0].name = "a\"} 1\nevil{x=\"\\";
  report.upstreams[1].name = "\\n\\\"";
  report.upstreams[2].name = "# HELP pacedns_workers \t{}";
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "full";
  pacedns::status::Report report;
  if (kind == "full") {
    report = pacedns::test::full_report();
  } else if (kind == "hostile") {
    report = hostile_report();
  } else if (kind != "empty") {
    std::cerr << "usage: pacedns-exposition-sample [full|empty|hostile]\n";
    return 2;
  }
  std::cout << exposition(report, indicators(report.totals, report));
}
