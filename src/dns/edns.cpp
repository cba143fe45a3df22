#include "pacedns/dns/edns.hpp"

#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {
namespace {

constexpr std::uint32_t kDnssecOk = 0x8000;
constexpr std::uint16_t kExtendedErrorOption = 15;  // RFC 8914 §2

}  // namespace

Edns Edns::read(const Record& opt) {
  return {opt.rr_class, static_cast<std::uint8_t>((opt.ttl >> 16) & 0xff), (opt.ttl & kDnssecOk) != 0};
}

ExtendedError read_extended_error(const MessageView& message) {
  if (!message.opt()) return ExtendedError::None;
  constexpr std::size_t kOptionHeaderSize = 4;
  for (Bytes options = message.opt()->rdata; options.size() >= kOptionHeaderSize;) {
    const std::size_t length = load_u16(options, 2);
    const Bytes data = options.subspan(kOptionHeaderSize);
    if (length > data.size()) break;
    if (load_u16(options, 0) == kExtendedErrorOption && length >= 2)
      return static_cast<ExtendedError>(load_u16(data, 0));
    options = data.subspan(length);
  }
  return ExtendedError::None;
}

void write_opt(MutableBytes message, std::size_t offset, Rcode rcode, bool dnssec_ok, ExtendedError error) {
  const MutableBytes opt = message.subspan(offset, opt_size(error));
  const auto upper_rcode = static_cast<std::uint32_t>(rcode) >> 4;
  opt[0] = 0;  // the root
  store_u16(opt, 1, static_cast<std::uint16_t>(RrType::Opt));
  store_u16(opt, 3, kUdpPayloadSize);
  store_u32(opt, 5, (upper_rcode << 24) | (dnssec_ok ? kDnssecOk : 0));
  store_u16(opt, 9, static_cast<std::uint16_t>(opt.size() - kOptSize));
  if (error == ExtendedError::None) return;
  store_u16(opt, 11, kExtendedErrorOption);
  store_u16(opt, 13, 2);
  store_u16(opt, 15, static_cast<std::uint16_t>(error));
}

}  // namespace pacedns::dns
