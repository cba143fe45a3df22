#include "pacedns/status/http_message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace pacedns::status {
namespace {

/// As in a URL, which is where such octets come from: JSON is UTF-8, and they may be anything.
std::string visible(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string shown;
  for (const char octet : text) {
    if (octet >= 0x20 && octet < 0x7f) {
      shown += octet;
      continue;
    }
    const auto value = static_cast<unsigned char>(octet);
    shown += {'%', kDigits[value / 16], kDigits[value % 16]};
  }
  return shown;
}

}  // namespace

Response json_error(unsigned status, std::string_view what) {
  const boost::json::object object{{"error", visible(what)}};
  return {.status = status, .content_type = "application/json", .body = boost::json::serialize(object)};
}

}  // namespace pacedns::status
