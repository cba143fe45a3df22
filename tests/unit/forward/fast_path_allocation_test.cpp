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

server::Incoming incoming(const test::Octets& query, MutableBytes reply) {
  return {.query = query, .client = {}, .allowed = true, .reply = reply, .handled = {}};
}

TEST(FastPathAllocation, AHitAllocatesNothing) {
  cache::MessageCache cache(cache::kMiB);
  metrics::Counters counters;
  const FastPath path(cache, test::hasher(), counters);
  const test::Reply response(
      MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  cache.store(test::key_for("www.example."), test::image_of(response), test::kStart, test::kStart, 1);
  const test::Octets queries[] = {MessageBuilder("www.example.").wire(),
                                  MessageBuilder("WWW.example.").opt().wire()};
  std::array<std::array<std::uint8_t, 1232>, 2> replies{};
  std::array<server::Incoming, 2> batch{incoming(queries[0], replies[0]), incoming(queries[1], replies[1])};

  const std::size_t before = allocations;
  path.handle(batch, test::kStart, [](const auto&, const auto&) { std::abort(); });
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(counters.get(metrics::Counter::CacheHits), 2U);
}

TEST(FastPathAllocation, SoDoesAMissOrARefusal) {
  cache::MessageCache cache(cache::kMiB);
  metrics::Counters counters;
  const FastPath path(cache, test::hasher(), counters);
  const test::Octets miss = MessageBuilder("www.example.").opt().wire();
  const test::Octets refused = MessageBuilder("www.example.", dns::RrType::Axfr).wire();
  std::array<std::array<std::uint8_t, 1232>, 2> replies{};
  std::array<server::Incoming, 2> batch{incoming(miss, replies[0]), incoming(refused, replies[1])};

  int misses = 0;
  const std::size_t before = allocations;
  path.handle(batch, test::kStart, [&](const auto&, const auto&) { ++misses; });
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(misses, 1);
}

TEST(FastPathAllocation, TheCountIsReal) {
  const std::size_t before = allocations;
  const auto owned = std::make_unique<std::array<int, 4>>();
  EXPECT_NE(owned, nullptr);
  EXPECT_GE(allocations - before, 1U);
}

}  // namespace
}  // namespace pacedns::forward
