#include "pacedns/net/prefix.hpp"

#include <algorithm>
#include <charconv>

#include <boost/system/errc.hpp>

namespace pacedns::net {
namespace {

using boost::asio::ip::address;
using Octets = std::array<std::uint8_t, 16>;

constexpr unsigned kMappedBits = 96;

Octets to_octets(const address& value) {
  if (value.is_v6()) return value.to_v6().to_bytes();
  return make_address_v6(boost::asio::ip::v4_mapped, value.to_v4()).to_bytes();
}

bool same_bits(const Octets& left, const Octets& right, unsigned bits) {
  const auto whole = bits / 8;
  if (!std::equal(left.begin(), left.begin() + whole, right.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

}  // namespace

boost::system::result<Prefix> Prefix::parse(std::string_view text) {
  const auto invalid = make_error_code(boost::system::errc::invalid_argument);
  // Asio stops at a NUL and drops a zone that it does not know; a range has no zone.
  if (text.find_first_of(std::string_view("\0%", 2)) != std::string_view::npos) return invalid;
  const auto slash = text.find('/');
  boost::system::error_code error;
  const address value = boost::asio::ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return invalid;

  const unsigned width = value.is_v4() ? 32 : 128;
  unsigned length = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (bad != std::errc{} || end != digits.data() + digits.size() || length > width) return invalid;
  }

  Prefix prefix;
  prefix.octets_ = to_octets(value);
  prefix.length_ = value.is_v4() ? length + kMappedBits : length;
  for (unsigned bit = prefix.length_; bit < 128; ++bit) {
    if ((prefix.octets_[bit / 8] >> (7 - bit % 8)) & 1) return invalid;
  }
  return prefix;
}

bool Prefix::contains(const address& value) const {
  const bool is_ipv4 = value.is_v4() || value.to_v6().is_v4_mapped();
  if (is_ipv4 && length_ < kMappedBits) return false;
  return same_bits(octets_, to_octets(value), length_);
}

}  // namespace pacedns::net
