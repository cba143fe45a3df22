#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pacedns {

/// Unpredictable numbers from the kernel (getrandom(2)), fetched in blocks. For message IDs, socket choice
/// and hash keys (RFC 5452 §9.2 asks for unpredictable IDs and ports). One per thread: not thread-safe.
class Random {
 public:
  [[nodiscard]] std::uint16_t next_u16();
  [[nodiscard]] std::uint32_t next_u32();
  [[nodiscard]] std::uint64_t next_u64();

  /// Uniform in [0, bound); `bound` must not be 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound);

 private:
  void take(void* out, std::size_t size);

  std::array<std::uint8_t, 1024> block_;
  std::size_t used_ = sizeof(block_);
};

}  // namespace pacedns
