#include <cstdint>
#include <memory>

#include <benchmark/benchmark.h>

#include "pacedns/cache/message_cache.hpp"

#include "micro/numbered_messages.hpp"
#include "micro/report.hpp"
#include "support/cache_messages.hpp"

// A response of two addresses under a new name, its key included (see key_hash): while there is room, and
// when another has to go.

namespace pacedns::micro {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

class Responses {
 public:
  void store_next(cache::MessageCache& cache) {
    set_number(image_.wire, number_++);
    const auto question = dns::read_question(image_.wire).value();
    const cache::CacheKey key(question, false, false, test::hasher());
    cache.store(key, image_, kNow, kNow, 1);
  }

 private:
  cache::ResponseImage image_ = test::image_of(response(2));
  std::uint32_t number_ = 0;  // comes back after 2^24, when its first one has long been evicted
};

// Thousands at a time, since it takes a new cache to have room again. The growth of the table is in it.
void cache_insert(benchmark::State& state) {
  constexpr std::uint32_t kInserted = 20'000;
  Responses responses;
  for (auto _ : state) {
    state.PauseTiming();
    auto cache = std::make_unique<cache::MessageCache>(64 * cache::kMiB);
    state.ResumeTiming();
    for (std::uint32_t i = 0; i < kInserted; ++i)
      responses.store_next(*cache);
    state.PauseTiming();
    if (cache->usage().entries != kInserted) state.SkipWithError("something was evicted");
    cache.reset();
    state.ResumeTiming();
  }
  report_each(state, "insert", kInserted);
}
BENCHMARK(cache_insert)->Unit(benchmark::kMillisecond);

void cache_insert_evicting(benchmark::State& state) {
  cache::MessageCache cache(static_cast<std::size_t>(state.range(0)) * cache::kMiB);
  Responses responses;
  std::size_t entries = 0;
  // Full when a thousand more do not make it any fuller.
  do {
    entries = cache.usage().entries;
    for (int i = 0; i < 1000; ++i)
      responses.store_next(cache);
  } while (cache.usage().entries > entries);
  for (auto _ : state)
    responses.store_next(cache);
  if (cache.usage().entries > entries + 1000) state.SkipWithError("there was room left");
  report_each(state, "insert");
}
BENCHMARK(cache_insert_evicting)->ArgName("MiB")->Arg(1)->Arg(64);

}  // namespace
}  // namespace pacedns::micro
