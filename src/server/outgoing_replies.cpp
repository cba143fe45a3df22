#include "pacedns/server/outgoing_replies.hpp"

#include <array>
#include <cassert>

#include "pacedns/dns/wire.hpp"

namespace pacedns::server {
namespace {

constexpr std::size_t kPrefixSize = 2;

}  // namespace

void OutgoingReplies::push(Bytes reply) {
  assert(reply.size() <= 65535);
  if (buffer_.size() + kPrefixSize + reply.size() > buffer_.capacity()) drop_taken();
  std::array<std::uint8_t, kPrefixSize> prefix;
  dns::store_u16(prefix, 0, static_cast<std::uint16_t>(reply.size()));
  buffer_.insert(buffer_.end(), prefix.begin(), prefix.end());
  buffer_.insert(buffer_.end(), reply.begin(), reply.end());
  ++count_;
}

void OutgoingReplies::taken(std::size_t size) {
  begin_ += size;
  assert(begin_ <= buffer_.size());
  if (begin_ == buffer_.size()) return clear();
  for (; frame_ + kPrefixSize <= begin_; --count_) {
    const std::size_t next = frame_ + kPrefixSize + dns::load_u16(buffer_, frame_);
    if (next > begin_) return;
    frame_ = next;
  }
}

// Whoever takes little at a time does not have everything moved each time.
void OutgoingReplies::drop_taken() {
  if (frame_ < buffer_.size() / 2) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(frame_));
  begin_ -= frame_;
  frame_ = 0;
}

void OutgoingReplies::clear() {
  begin_ = 0;
  frame_ = 0;
  count_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kKeptCapacity) buffer_.shrink_to_fit();
}

}  // namespace pacedns::server
