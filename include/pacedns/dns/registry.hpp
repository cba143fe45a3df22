#pragma once

#include <cstdint>

// Numbers from IANA's "Domain Name System (DNS) Parameters": those this forwarder treats specially. All
// others pass through as numbers.

namespace pacedns::dns {

enum class RrType : std::uint16_t {
  A = 1,
  Ns = 2,
  Cname = 5,
  Soa = 6,
  Ptr = 12,
  Aaaa = 28,
  Dname = 39,
  Opt = 41,
  Ds = 43,
  Rrsig = 46,
  Tkey = 249,
  Tsig = 250,
  Ixfr = 251,
  Axfr = 252,
  Any = 255,
};

enum class RrClass : std::uint16_t { In = 1, Ch = 3 };

enum class Opcode : std::uint8_t { Query = 0 };

/// With the upper eight bits of EDNS (RFC 6891 §6.1.3).
enum class Rcode : std::uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NxDomain = 3,
  NotImp = 4,
  Refused = 5,
  BadVers = 16,
};

/// Extended DNS Error codes (RFC 8914 §4) of our own, and others as numbers; `None` is ours.
enum class ExtendedError : std::uint16_t {
  NoReachableAuthority = 22,
  NetworkError = 23,
  None = 0xffff,
};

}  // namespace pacedns::dns
