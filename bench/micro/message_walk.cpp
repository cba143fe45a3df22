#include <benchmark/benchmark.h>

#include "pacedns/dns/message_view.hpp"

#include "micro/numbered_messages.hpp"
#include "micro/report.hpp"

// A reply of an upstream, read once from its header to its OPT.

namespace pacedns::micro {
namespace {

void message_walk(benchmark::State& state) {
  const auto records = static_cast<std::size_t>(state.range(0));
  const test::Octets wire = response(records - 1).opt().wire();
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire.data());
    benchmark::DoNotOptimize(dns::MessageView::parse(wire));
  }
  report_each(state, "record", records);
}
BENCHMARK(message_walk)->ArgName("records")->Arg(4)->Arg(32);

}  // namespace
}  // namespace pacedns::micro
