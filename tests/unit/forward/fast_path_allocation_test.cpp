#include <array>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "pacedns/forward/fast_path.hpp"

#include "unit/forward/forwarding.hpp"

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

// Every allocation of this test program is counted.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace pacedns::forward {
namespace {

using test::MessageBuilder;

TEST(FastPathAllocation, AHitAllocatesNothing) {
  cache::MessageCache cache(cache::kMiB);
  metrics::Counters counters;
  const FastPath path(cache, test::hasher(), counters);
  const test::Reply response(
      MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  cache.store(test::key_for("www.example."), test::image_of(response), test::kStart, test::kStart, 1);
  const test::Octets queries[] = {MessageBuilder("www.example.").wire(),
                                  MessageBuilder("WWW.example.").opt().wire()};
  std::array<std::uint8_t, 1232> reply{};

  const std::size_t before = allocations;
  for (const auto& query : queries) {
    const auto attempted = path.handle(query, false, true, test::kStart, reply);
    if (!attempted.handled) std::abort();
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(counters.get(metrics::Counter::CacheHits), 2U);
}

TEST(FastPathAllocation, SoDoesAMissOrARefusal) {
  cache::MessageCache cache(cache::kMiB);
  metrics::Counters counters;
  const FastPath path(cache, test::hasher(), counters);
  const test::Octets miss = MessageBuilder("www.example.").opt().wire();
  const test::Octets refused = MessageBuilder("www.example.", dns::RrType::Axfr).wire();
  std::array<std::uint8_t, 1232> reply{};

  const std::size_t before = allocations;
  static_cast<void>(path.handle(miss, false, true, test::kStart, reply));
  static_cast<void>(path.handle(refused, false, true, test::kStart, reply));
  EXPECT_EQ(allocations - before, 0U);
}

TEST(FastPathAllocation, TheCountIsReal) {
  const std::size_t before = allocations;
  const auto owned = std::make_unique<std::array<int, 4>>();
  EXPECT_NE(owned, nullptr);
  EXPECT_GE(allocations - before, 1U);
}

}  // namespace
}  // namespace pacedns::forward
