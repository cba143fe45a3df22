#pragma once

// Data for names that no record set has: a formula instead of a zone file, for benchmarks, the demo and the
// tests of the address pool. Upstream number i (from 0, in the order of the script):
//
//   *.pool.example.    A 10.77.i.1, 10.77.i.2     AAAA fd00:77:i::1, fd00:77:i::2   (i in hexadecimal)
//   *.same.example.    A 10.88.0.1                AAAA fd00:88::1                   (from every upstream)
//   *.nx.example.      NXDOMAIN
//   *.nodata.example.  NODATA
//
// pool.example. and the others themselves exist without data, and so does every other type below the first
// two.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pacedns::simulator {

enum class SynthesisKind : std::uint8_t { Unknown, Addresses, NoData, NxDomain };

struct Synthesis {
  SynthesisKind kind = SynthesisKind::Unknown;
  std::size_t count = 0;
  /// Octets an address: 4 or 16.
  std::size_t address_size = 0;
  std::array<std::array<std::uint8_t, 16>, 2> addresses{};
};

/// `name` is in canonical wire form.
[[nodiscard]] Synthesis synthesize(std::string_view name, std::uint16_t qtype, std::uint8_t upstream);

/// Whether `name` is `zone` or below it; both in canonical wire form.
[[nodiscard]] bool is_within(std::string_view name, std::string_view zone);

}  // namespace pacedns::simulator
