#include "pacedns/dns/presentation.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <ldns/ldns.h>
#include <strings.h>
// Where nobody included <stdbool.h> before, ldns makes macros of these.
#undef bool
#undef false
#undef true

#include "pacedns/dns/name.hpp"

namespace pacedns::dns {
namespace {

/// Of types written as numbers (RFC 3597 section 5).
constexpr std::string_view kTypePrefix = "TYPE";

struct Free {
  void operator()(char* text) const { std::free(text); }  // NOLINT: ldns allocates with malloc
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};

std::string take(char* text) {
  const std::unique_ptr<char, Free> owner(text);
  return text == nullptr ? "(malformed)" : text;
}

}  // namespace

std::string name_to_text(Bytes name) {
  // ldns follows compression pointers and ignores what is behind the root label.
  const auto uncompressed = Name::read(name, 0);
  if (!uncompressed || uncompressed->wire().size() != name.size()) return "(malformed)";
  ldns_rdf* parsed = nullptr;
  std::size_t position = 0;
  const auto status = ldns_wire2dname(&parsed, name.data(), name.size(), &position);
  const std::unique_ptr<ldns_rdf, Free> owner(parsed);
  if (status != LDNS_STATUS_OK) return "(malformed)";
  return take(ldns_rdf2str(parsed));
}

std::optional<std::vector<std::uint8_t>> name_from_text(const std::string& text) {
  // An empty text is the root to ldns, and so is what stands before an embedded zero.
  if (text.empty() || text.find('\0') != std::string::npos) return std::nullopt;
  const std::unique_ptr<ldns_rdf, Free> parsed(ldns_dname_new_frm_str(text.c_str()));
  if (!parsed) return std::nullopt;
  const std::uint8_t* const octets = ldns_rdf_data(parsed.get());
  std::vector<std::uint8_t> name(ldns_rdf_size(parsed.get()));
  if (name.empty() || name.size() > kMaxNameSize) return std::nullopt;
  copy_lowered({octets, name.size()}, name.data());
  return name;
}

std::optional<std::uint16_t> type_from_text(const std::string& text) {
  // ldns takes the number in TYPE65280 for what it is modulo 65536, with whatever stands behind it, and ends
  // at an embedded zero.
  if (text.find('\0') != std::string::npos) return std::nullopt;
  std::uint16_t number = 0;
  if (text.size() > kTypePrefix.size() &&
      ::strncasecmp(text.c_str(), kTypePrefix.data(), kTypePrefix.size()) == 0) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + kTypePrefix.size(), end, number);
    if (error != std::errc() || rest != end) return std::nullopt;
  } else {
    number = static_cast<std::uint16_t>(ldns_get_rr_type_by_name(text.c_str()));
  }
  if (number == 0) return std::nullopt;
  return number;
}

std::optional<std::vector<std::string>> records_to_text(Bytes message) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, message.data(), message.size()) != LDNS_STATUS_OK) return std::nullopt;
  const std::unique_ptr<ldns_pkt, Free> owner(parsed);
  std::vector<std::string> records;
  for (const ldns_rr_list* section :
       {ldns_pkt_answer(parsed), ldns_pkt_authority(parsed), ldns_pkt_additional(parsed)}) {
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
      std::string text = take(ldns_rr2str(ldns_rr_list_rr(section, i)));
      while (!text.empty() && text.back() == '\n')
        text.pop_back();
      std::ranges::replace(text, '\t', ' ');
      records.push_back(std::move(text));
    }
  }
  return records;
}

std::string type_to_text(std::uint16_t type) {
  return take(ldns_rr_type2str(static_cast<ldns_rr_type>(type)));
}

std::string rcode_to_text(Rcode rcode) {
  const auto number = static_cast<std::uint16_t>(rcode);
  if (rcode == Rcode::NotImp) return "NOTIMP";  // ldns writes NOTIMPL
  if (rcode == Rcode::BadVers) return "BADVERS";
  if (number > 15) return "RCODE" + std::to_string(number);
  return take(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(number)));
}

}  // namespace pacedns::dns
