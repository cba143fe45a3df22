#include "pacedns/dns/presentation.hpp"

#include <cstdlib>
#include <memory>

#include <ldns/ldns.h>
// Where nobody included <stdbool.h> before, ldns makes macros of these.
#undef bool
#undef false
#undef true

#include "pacedns/dns/name.hpp"

namespace pacedns::dns {
namespace {

struct Free {
  void operator()(char* text) const { std::free(text); }  // NOLINT: ldns allocates with malloc
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
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
