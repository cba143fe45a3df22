#include "pacedns/dns/stream_framer.hpp"

#include <algorithm>

#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {
namespace {

constexpr std::size_t kPrefixSize = 2;

}  // namespace

MutableBytes StreamFramer::space() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  std::size_t wanted = kInitialSize;
  if (end_ >= kPrefixSize) wanted = std::max(wanted, kPrefixSize + load_u16(buffer_, 0));
  if (wanted != buffer_.size() && end_ <= wanted) {
    buffer_.resize(wanted);
    buffer_.shrink_to_fit();
  }
  return MutableBytes(buffer_).subspan(end_);
}

std::optional<Bytes> StreamFramer::next() {
  const std::size_t there = end_ - begin_;
  if (there < kPrefixSize) return std::nullopt;
  const std::size_t length = load_u16(buffer_, begin_);
  if (there < kPrefixSize + length) return std::nullopt;
  const Bytes message = Bytes(buffer_).subspan(begin_ + kPrefixSize, length);
  begin_ += kPrefixSize + length;
  return message;
}

}  // namespace pacedns::dns
