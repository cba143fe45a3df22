#pragma once

namespace pacedns {

/// The default and the inclusive limits of something a user may set. Each is defined once, beside the
/// options struct it belongs to, with the reason for its limits.
template <typename T>
struct Tunable {
  T default_value;
  T minimum;
  T maximum;

  [[nodiscard]] constexpr bool allows(const T& value) const { return minimum <= value && value <= maximum; }
};

}  // namespace pacedns
