#include "pacedns/cache/cache_entry.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <malloc.h>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/question.hpp"

namespace pacedns::cache {
namespace {

constexpr std::size_t kAllocatorOverhead = sizeof(std::size_t);

/// The octets behind the entry's header.
std::uint8_t* body(CacheEntry* entry) {
  return reinterpret_cast<std::uint8_t*>(entry + 1);
}

const std::uint8_t* body(const CacheEntry* entry) {
  return reinterpret_cast<const std::uint8_t*>(entry + 1);
}

/// TTL offsets begin at an even place behind the wire image.
constexpr std::size_t offsets_begin(std::size_t wire_size) {
  return (wire_size + 1) & ~std::size_t{1};
}

}  // namespace

void CacheEntry::Destroy::operator()(CacheEntry* entry) const {
  entry->~CacheEntry();
  std::free(entry);  // NOLINT: malloc tells how much it really took
}

CacheEntry::Pointer CacheEntry::create(const CacheKey& key, const ResponseImage& image,
                                       std::uint32_t stored_at, std::uint64_t generation) {
  const std::size_t offsets = offsets_begin(image.wire.size());
  const std::size_t offsets_size = image.ttl_offsets.size() * sizeof(std::uint16_t);
  void* memory = std::malloc(sizeof(CacheEntry) + offsets + offsets_size);  // NOLINT: see Destroy
  if (memory == nullptr) throw std::bad_alloc();
  Pointer entry(new (memory) CacheEntry);
  entry->hash = key.hash();
  entry->generation = generation;
  entry->stored_at = stored_at;
  entry->lifetime = image.lifetime;
  entry->wire_size = static_cast<std::uint16_t>(image.wire.size());
  entry->ttl_count = static_cast<std::uint16_t>(image.ttl_offsets.size());
  entry->short_size = image.short_size;
  entry->short_answers = image.short_answers;
  entry->error = image.error;
  entry->key_flags = key.flags();
  std::memcpy(body(entry.get()), image.wire.data(), image.wire.size());
  if (offsets_size > 0) std::memcpy(body(entry.get()) + offsets, image.ttl_offsets.data(), offsets_size);
  return entry;
}

bool CacheEntry::matches(const CacheKey& key) const {
  const Bytes question = key.question();
  return hash == key.hash() && key_flags == key.flags() && wire_size >= dns::kHeaderSize + question.size() &&
         std::memcmp(body(this) + dns::kHeaderSize, question.data(), question.size()) == 0;
}

dns::ImageView CacheEntry::image() const {
  const auto* offsets = reinterpret_cast<const std::uint16_t*>(body(this) + offsets_begin(wire_size));
  return {{body(this), wire_size}, {offsets, ttl_count}, short_size, short_answers, error};
}

Bytes CacheEntry::question() const {
  return dns::read_question({body(this), wire_size})->wire;
}

std::size_t CacheEntry::footprint() const {
  return malloc_usable_size(const_cast<CacheEntry*>(this)) + kAllocatorOverhead;  // NOLINT: it only reads
}

}  // namespace pacedns::cache
