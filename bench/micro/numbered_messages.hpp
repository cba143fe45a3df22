#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/registry.hpp"

#include "support/message_builder.hpp"

// Messages for many names that differ in a number only, so that going from one to the next costs next to
// nothing beside what is measured: "n000000.pool.example.com." and so on.

namespace pacedns::micro {

inline constexpr const char* kFirstName = "n000000.pool.example.com.";
inline constexpr std::size_t kDigits = 6;

/// Writes a number, in hexadecimal, into the QNAME of a message about kFirstName.
inline void set_number(MutableBytes message, std::uint32_t number) {
  const MutableBytes digits = message.subspan(dns::kHeaderSize + 2, kDigits);
  for (std::size_t i = 0; i < kDigits; ++i)
    digits[kDigits - 1 - i] = static_cast<std::uint8_t>("0123456789abcdef"[(number >> (4 * i)) & 15U]);
}

/// A response about kFirstName with so many A records. The last octet of the first address is
/// `first_address`.
[[nodiscard]] inline test::MessageBuilder response(std::size_t answers, std::uint8_t first_address = 1) {
  test::MessageBuilder message(kFirstName);
  message.response();
  for (std::size_t i = 0; i < answers; ++i) {
    const auto last = static_cast<std::uint8_t>(first_address + i);
    message.answer(test::record(test::pointer(), dns::RrType::A, dns::RrClass::In, 3600, {192, 0, 2, last}));
  }
  return message;
}

}  // namespace pacedns::micro
