#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pacedns/base/bytes.hpp"

namespace pacedns::test {

/// What a fuzzer made up, read from the front: choices in one, two or four octets, in network byte order,
/// then messages. What has run out is 0 or empty, so that any input means something.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  [[nodiscard]] std::uint8_t octet() {
    if (left_.empty()) return 0;
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  [[nodiscard]] std::uint16_t u16() {
    const unsigned high = octet();
    return static_cast<std::uint16_t>((high << 8) | octet());
  }
  [[nodiscard]] std::uint32_t u32() {
    const std::uint32_t high = u16();
    return (high << 16) | u16();
  }

  /// A number below `bound`, which is not 0.
  [[nodiscard]] unsigned below(unsigned bound) { return (bound <= 256 ? octet() : u16()) % bound; }

  /// As many octets as a length of two octets says, or what there is.
  [[nodiscard]] Bytes message() {
    const std::size_t length = u16();
    const Bytes taken = left_.first(std::min(length, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  [[nodiscard]] Bytes rest() const { return left_; }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  Bytes left_;
};

/// In a block of its own size, so that a sanitizer sees a read past the end.
[[nodiscard]] inline std::vector<std::uint8_t> copy_of(Bytes octets) {
  std::vector<std::uint8_t> copy(octets.begin(), octets.end());
  copy.shrink_to_fit();
  return copy;
}

}  // namespace pacedns::test
