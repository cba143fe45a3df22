#include "pacedns/status/disguise.hpp"

#include <spdlog/fmt/fmt.h>

#include "pacedns/dns/presentation.hpp"

namespace pacedns::status {

std::string_view name(Privacy privacy) {
  switch (privacy) {
    case Privacy::Hashed:
      return "hashed";
    case Privacy::Hidden:
      return "hidden";
    case Privacy::Full:
      return "full";
  }
  return "?";
}

std::optional<std::string> Disguise::qname(Bytes wire) const {
  switch (privacy_) {
    case Privacy::Full:
      return dns::name_to_text(wire);
    case Privacy::Hashed:
      return fmt::format("#{:08x}", static_cast<std::uint32_t>(hasher_.hash(wire) >> 32));
    case Privacy::Hidden:
      break;
  }
  return std::nullopt;
}

}  // namespace pacedns::status
