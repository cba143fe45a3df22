#include <benchmark/benchmark.h>

#include "pacedns/cache/cache_key.hpp"

#include "support/cache_messages.hpp"

// The key of a question: its name in lower case, and the hash of all of it.

namespace pacedns::micro {
namespace {

void key_hash(benchmark::State& state) {
  const auto name = test::name_of_size(static_cast<std::size_t>(state.range(0)), 'N');
  const test::Octets wire = test::MessageBuilder(name).wire();
  const auto question = dns::read_question(wire).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire.data());
    benchmark::DoNotOptimize(cache::CacheKey(question, false, false, test::hasher()));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(key_hash)->ArgName("octets")->Arg(16)->Arg(26)->Arg(64)->Arg(255);

}  // namespace
}  // namespace pacedns::micro
