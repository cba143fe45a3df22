#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "pacedns/cache/address_pool.hpp"

#include "micro/numbered_messages.hpp"
#include "micro/report.hpp"
#include "support/cache_messages.hpp"

// What five upstreams said, two addresses each, made one image: the first reply is the winner.

namespace pacedns::micro {
namespace {

constexpr std::size_t kReplies = 5;

/// Each has one address of the one before, and one of its own.
std::vector<std::unique_ptr<test::Reply>> replies() {
  std::vector<std::unique_ptr<test::Reply>> all;
  for (std::size_t i = 0; i < kReplies; ++i)
    all.push_back(std::make_unique<test::Reply>(response(2, static_cast<std::uint8_t>(1 + i))));
  return all;
}

void merge(benchmark::State& state) {
  const auto all = replies();
  const cache::ResponseImage winner = test::image_of(*all.front());
  const cache::TtlLimits limits;
  for (auto _ : state) {
    auto pool = cache::AddressPool::from_winner(all.front()->view());
    for (std::size_t i = 1; i < kReplies; ++i)
      benchmark::DoNotOptimize(pool->add(all[i]->view()));
    benchmark::DoNotOptimize(pool->merge_into(winner, limits));
  }
  report_each(state, "reply", kReplies);
}
BENCHMARK(merge);

}  // namespace
}  // namespace pacedns::micro
