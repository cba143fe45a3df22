#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/fast_path.hpp"
#include "pacedns/net/datagram_batch.hpp"

#include "micro/numbered_messages.hpp"
#include "micro/report.hpp"
#include "support/cache_messages.hpp"

// A UDP query with EDNS from its octets to the octets of its reply, alone and in a full batch, where memory
// is fetched for one while another is worked on. A thousand names stay in the processor's caches; of 200,000
// each is fetched from memory.

namespace pacedns::micro {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

/// Which name is asked next: each of them before any is asked again, in no order that a prefetcher follows.
class Shuffled {
 public:
  explicit Shuffled(std::uint32_t names) : names_(names) {}
  std::uint32_t next() { return current_ = (current_ + kStride) % names_; }

 private:
  static constexpr std::uint32_t kStride = 777'767;  // has no factor in common with any size
  std::uint32_t names_;
  std::uint32_t current_ = 0;
};

std::unique_ptr<cache::MessageCache> filled(std::uint32_t names, std::size_t answers) {
  auto cache = std::make_unique<cache::MessageCache>(256 * cache::kMiB);
  test::Octets wire = response(answers).wire();
  for (std::uint32_t i = 0; i < names; ++i) {
    set_number(wire, i);
    const auto view = dns::MessageView::parse(wire).value();
    const cache::CacheKey key(view.question(), false, false, test::hasher());
    cache->store(key, cache::make_image(view, key.question(), {}), kNow, kNow, 1);
  }
  return cache;
}

/// A benchmark is run several times; the cache is filled once.
const cache::MessageCache& cache_of(std::uint32_t names, std::size_t answers) {
  static std::map<std::pair<std::uint32_t, std::size_t>, std::unique_ptr<cache::MessageCache>> caches;
  auto& cache = caches[{names, answers}];
  if (!cache) cache = filled(names, answers);
  return *cache;
}

void fast_path_hit(benchmark::State& state) {
  const auto names = static_cast<std::uint32_t>(state.range(0));
  const cache::MessageCache& cache = cache_of(names, static_cast<std::size_t>(state.range(1)));
  metrics::Counters counters;
  const forward::FastPath path(cache, test::hasher(), counters);
  const auto size = static_cast<std::size_t>(state.range(2));
  std::vector<test::Octets> queries(size, test::MessageBuilder(kFirstName).opt().wire());
  std::vector<std::array<std::uint8_t, net::DatagramBatch::kReplySize>> replies(size);
  std::vector<server::Incoming> batch;
  for (std::size_t i = 0; i < size; ++i) {
    batch.push_back({.query = queries[i], .client = {}, .allowed = true, .reply = replies[i], .handled = {}});
  }
  Shuffled number(names);
  bool all_hit = true;
  while (state.KeepRunningBatch(state.range(2))) {
    for (test::Octets& query : queries)
      set_number(query, number.next());
    path.handle(batch, kNow, [&](const server::Incoming&, const auto&) { all_hit = false; });
    benchmark::ClobberMemory();
  }
  if (!all_hit) state.SkipWithError("not all were hits");
  report_each(state, "hit");
}
BENCHMARK(fast_path_hit)
    ->ArgNames({"names", "answers", "batch"})
    ->ArgsProduct({{1000, 200'000}, {1, 2}, {1, server::kMaxBatch}});

}  // namespace
}  // namespace pacedns::micro
