#pragma once

// Random numbers that repeat: the same seed gives the same sequence on every machine. SplitMix64, since the
// standard library's distributions differ from one implementation to the next. Not for anything secret.

#include <cstdint>

namespace pacedns::simulator {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// An independent sequence for the given upstream and purpose.
  [[nodiscard]] static Dice derive(std::uint64_t seed, std::uint64_t upstream, std::uint64_t purpose) {
    Dice mixer(seed * 0x9e3779b97f4a7c15ULL + upstream * 0xd1342543de82ef95ULL + purpose);
    return Dice(mixer.next());
  }

  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
  }

  /// Uniform in [0, 1).
  [[nodiscard]] double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Uniform in [0, bound); `bound` must not be 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(next() % bound);
  }

 private:
  std::uint64_t state_;
};

}  // namespace pacedns::simulator
