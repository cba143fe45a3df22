#include "pacedns/base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace pacedns {

std::uint16_t Random::next_u16() {
  std::uint16_t value = 0;
  take(&value, sizeof(value));
  return value;
}

std::uint32_t Random::next_u32() {
  std::uint32_t value = 0;
  take(&value, sizeof(value));
  return value;
}

std::uint64_t Random::next_u64() {
  std::uint64_t value = 0;
  take(&value, sizeof(value));
  return value;
}

std::uint32_t Random::below(std::uint32_t bound) {
  // Multiply and shift; the bias is below bound / 2^32.
  return static_cast<std::uint32_t>((std::uint64_t{next_u32()} * bound) >> 32);
}

void Random::take(void* out, std::size_t size) {
  if (used_ + size > block_.size()) {
    std::size_t filled = 0;
    while (filled < block_.size()) {
      const ssize_t got = ::getrandom(block_.data() + filled, block_.size() - filled, 0);
      if (got < 0 && errno != EINTR) throw std::system_error(errno, std::system_category(), "getrandom");
      if (got > 0) filled += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }
  std::memcpy(out, block_.data() + used_, size);
  used_ += size;
}

}  // namespace pacedns
