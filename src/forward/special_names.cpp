#include "pacedns/forward/special_names.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::forward {
namespace {

using dns::RrType;

enum class Kind : std::uint8_t {
  Localhost,    ///< it and every name below have the loopback addresses
  NonExistent,  ///< neither it nor any name below it exists
  Empty,        ///< it exists, and nothing below it but what has an entry of its own
  Loopback,     ///< the same, and its PTR RR says `localhost`
};

/// Three hours, as in RFC 6303 section 3.
constexpr std::uint32_t kTtl = 10800;

/// `name` in wire format.
std::string to_wire(std::string_view name) {
  std::string wire;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    wire += static_cast<char>(label.size());
    wire += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return wire + '\0';
}

/// So many times `0.`.
std::string zeros(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "0.";
  return text;
}

using Zones = std::unordered_map<std::string, Kind>;

Zones make_zones() {
  Zones zones;
  const auto add = [&zones](Kind kind, const std::string& name) { zones.emplace(to_wire(name), kind); };
  add(Kind::Localhost, "localhost");
  for (const char* name : {"invalid", "test", "onion"})
    add(Kind::NonExistent, name);

  const auto add_v4 = [&](const std::string& network) { add(Kind::Empty, network + ".in-addr.arpa"); };
  for (const char* network : {"0", "10", "127", "0.127", "0.0.127", "254.169", "168.192", "2.0.192",
                              "100.51.198", "113.0.203", "255.255.255.255"})
    add_v4(network);
  for (int octet = 16; octet < 32; ++octet)
    add_v4(std::to_string(octet) + ".172");
  for (int octet = 64; octet < 128; ++octet)
    add_v4(std::to_string(octet) + ".100");
  add(Kind::Loopback, "1.0.0.127.in-addr.arpa");

  for (const char* network : {"d.f", "8.e.f", "9.e.f", "a.e.f", "b.e.f", "8.b.d.0.1.0.0.2"})
    add(Kind::Empty, network + std::string(".ip6.arpa"));
  add(Kind::Empty, zeros(32) + "ip6.arpa");
  add(Kind::Loopback, "1." + zeros(31) + "ip6.arpa");

  add(Kind::Empty, "home.arpa");
  add(Kind::Empty, "resolver.arpa");
  return zones;
}

struct Found {
  Kind kind;
  std::size_t offset;  // where in the name the zone's name begins
};

/// The closest of the special names that a name is at or below.
std::optional<Found> find_zone(Bytes name) {
  static const Zones kZones = make_zones();
  for (std::size_t offset = 0; name[offset] != 0; offset += 1U + name[offset]) {
    const Bytes zone = name.subspan(offset);
    const auto found = kZones.find(std::string(zone.begin(), zone.end()));
    if (found != kZones.end()) return Found{found->second, offset};
  }
  return std::nullopt;
}

bool ends_with(Bytes name, std::string_view end) {
  if (name.size() < end.size()) return false;
  return std::ranges::equal(name.last(end.size()), end, [](std::uint8_t left, char right) {
    return left == static_cast<std::uint8_t>(right);
  });
}

/// Whether it ends as all special names do: others need not be looked for.
bool may_be_special(Bytes name) {
  static const std::array kEnds{to_wire("arpa"), to_wire("localhost"), to_wire("invalid"), to_wire("test"),
                                to_wire("onion")};
  return std::ranges::any_of(kEnds, [name](const std::string& end) { return ends_with(name, end); });
}

/// Makes the image of a response, RR by RR. All RRs belong to names that the question ends with.
class ImageBuilder {
 public:
  explicit ImageBuilder(Bytes question) {
    image_.wire.resize(dns::kHeaderSize + question.size());
    copy_octets(question, image_.wire.data() + dns::kHeaderSize);
  }

  void set_rcode(dns::Rcode rcode) { rcode_ = rcode; }

  /// `owner`: where in the question's name it begins.
  void add_answer(std::size_t owner, RrType type, const std::string& rdata) {
    ++header_.answer_count;
    add(owner, type, rdata);
  }

  /// Whoever is told that there is nothing may remember it for as long (RFC 2308 section 3).
  void add_soa_of_negative(std::size_t zone) {
    ++header_.authority_count;
    add(zone, RrType::Soa, soa(zone));
    image_.negative = true;
  }

  /// The zone is the source of its own data (RFC 6303 section 3).
  [[nodiscard]] static std::string soa(std::size_t zone) {
    std::string rdata = pointer(zone) + to_wire("nobody.invalid");
    for (const std::uint32_t number : {1U, 3600U, 1200U, 604800U, kTtl})
      rdata += u32(number);
    return rdata;
  }

  [[nodiscard]] static std::string pointer(std::size_t offset) {
    return u16(static_cast<std::uint16_t>(0xc000U | (dns::kHeaderSize + offset)));
  }

  [[nodiscard]] cache::ResponseImage finish() {
    header_.flags = static_cast<std::uint16_t>(dns::kQr | static_cast<std::uint16_t>(rcode_));
    header_.question_count = 1;
    header_.write(image_.wire);
    return std::move(image_);
  }

 private:
  static std::string u16(std::uint16_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
  }
  static std::string u32(std::uint32_t value) {
    return u16(static_cast<std::uint16_t>(value >> 16)) + u16(static_cast<std::uint16_t>(value & 0xffff));
  }

  void add(std::size_t owner, RrType type, const std::string& rdata) {
    append(pointer(owner) + u16(static_cast<std::uint16_t>(type)) +
           u16(static_cast<std::uint16_t>(dns::RrClass::In)));
    image_.ttl_offsets.push_back(static_cast<std::uint16_t>(image_.wire.size()));
    append(u32(kTtl) + u16(static_cast<std::uint16_t>(rdata.size())) + rdata);
  }

  void append(const std::string& octets) {
    image_.wire.insert(image_.wire.end(), octets.begin(), octets.end());
  }

  cache::ResponseImage image_;
  dns::Header header_;
  dns::Rcode rcode_ = dns::Rcode::NoError;
};

/// ANY is answered with one of the RRsets that there are (RFC 8482 section 4.1).
RrType concrete(RrType type, Kind kind) {
  if (type != RrType::Any) return type;
  if (kind == Kind::Localhost) return RrType::A;
  return kind == Kind::Loopback ? RrType::Ptr : RrType::Soa;
}

/// The RDATA of the one RR that a special name has of this type, if it has one.
std::optional<std::string> find_rdata(const Found& found, RrType type) {
  if (found.kind == Kind::Localhost) {
    if (type == RrType::A) return std::string("\x7f\0\0\x01", 4);
    if (type == RrType::Aaaa) return std::string(15, '\0') + '\x01';
    return std::nullopt;
  }
  if (found.offset != 0) return std::nullopt;
  if (found.kind == Kind::Loopback && type == RrType::Ptr) return to_wire("localhost");
  if (type == RrType::Soa) return ImageBuilder::soa(0);
  if (type == RrType::Ns) return ImageBuilder::pointer(0);
  return std::nullopt;
}

/// The parent knows about DS, and proves to validators that the special zone below it is not signed (RFC 4035
/// section 3.1.4.1).
bool is_the_parents(const Found& found, RrType type) {
  return type == RrType::Ds && found.offset == 0 &&
         (found.kind == Kind::Empty || found.kind == Kind::Loopback);
}

}  // namespace

std::optional<cache::ResponseImage> SpecialNames::answer(const dns::Question& question) const {
  const Bytes name = question.name();
  if (!may_be_special(name) || question.rr_class != static_cast<std::uint16_t>(dns::RrClass::In))
    return std::nullopt;
  const auto found = find_zone(name);
  if (!found || is_forwarded(name)) return std::nullopt;
  const RrType type = concrete(static_cast<RrType>(question.type), found->kind);
  if (is_the_parents(*found, type)) return std::nullopt;

  ImageBuilder builder(question.wire);
  const bool exists =
      found->kind == Kind::Localhost || (found->kind != Kind::NonExistent && found->offset == 0);
  const auto rdata = exists ? find_rdata(*found, type) : std::nullopt;
  if (rdata) {
    builder.add_answer(0, type, *rdata);
  } else {
    if (!exists) builder.set_rcode(dns::Rcode::NxDomain);
    builder.add_soa_of_negative(found->offset);
  }
  return builder.finish();
}

bool SpecialNames::is_forwarded(Bytes name) const {
  return std::ranges::any_of(forwarded_,
                             [name](const WireName& each) { return dns::is_at_or_below(name, each); });
}

}  // namespace pacedns::forward
