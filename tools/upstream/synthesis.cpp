#include "upstream/synthesis.hpp"

namespace pacedns::simulator {
namespace {

using namespace std::string_view_literals;

// The literals are split where an octet after \x.. could be read as part of the escape.
constexpr std::string_view kPool =
    "\x04pool\x07"
    "example\x00"sv;
constexpr std::string_view kSame =
    "\x04same\x07"
    "example\x00"sv;
constexpr std::string_view kNxDomain =
    "\x02nx\x07"
    "example\x00"sv;
constexpr std::string_view kNoData =
    "\x06nodata\x07"
    "example\x00"sv;

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;

Synthesis pool_addresses(std::uint16_t qtype, std::uint8_t upstream) {
  Synthesis found{SynthesisKind::Addresses, 2, qtype == kTypeA ? 4U : 16U, {}};
  for (std::size_t i = 0; i < found.count; ++i) {
    const auto host = static_cast<std::uint8_t>(i + 1);
    if (qtype == kTypeA) {
      found.addresses[i] = {10, 77, upstream, host};
    } else {
      found.addresses[i] = {0xfd, 0, 0, 0x77, 0, upstream, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    }
  }
  return found;
}

Synthesis same_address(std::uint16_t qtype) {
  Synthesis found{SynthesisKind::Addresses, 1, qtype == kTypeA ? 4U : 16U, {}};
  if (qtype == kTypeA) {
    found.addresses[0] = {10, 88, 0, 1};
  } else {
    found.addresses[0] = {0xfd, 0, 0, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  }
  return found;
}

Synthesis without_data(SynthesisKind kind) {
  Synthesis found;
  found.kind = kind;
  return found;
}

}  // namespace

bool is_within(std::string_view name, std::string_view zone) {
  // Label by label, since the octets of a zone may also occur inside a label.
  while (name.size() > zone.size()) {
    const std::size_t label = 1 + static_cast<std::size_t>(static_cast<unsigned char>(name.front()));
    if (label > name.size()) return false;
    name.remove_prefix(label);
  }
  return name == zone;
}

Synthesis synthesize(std::string_view name, std::uint16_t qtype, std::uint8_t upstream) {
  const bool has_addresses = qtype == kTypeA || qtype == kTypeAaaa;
  if (is_within(name, kPool)) {
    if (!has_addresses || name == kPool) return without_data(SynthesisKind::NoData);
    return pool_addresses(qtype, upstream);
  }
  if (is_within(name, kSame)) {
    if (!has_addresses || name == kSame) return without_data(SynthesisKind::NoData);
    return same_address(qtype);
  }
  if (is_within(name, kNoData)) return without_data(SynthesisKind::NoData);
  if (is_within(name, kNxDomain)) {
    return without_data(name == kNxDomain ? SynthesisKind::NoData : SynthesisKind::NxDomain);
  }
  return {};
}

}  // namespace pacedns::simulator
