#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pacedns/base/bytes.hpp"
#include "pacedns/cache/cache_key.hpp"

namespace pacedns::status {

/// What is shown of the names that clients ask for, and of the addresses they get.
enum class Privacy : std::uint8_t {
  Hashed,  ///< a name as a short keyed hash: the same name can be recognised, until the daemon is restarted
  Hidden,
  Full,
};

/// `hashed`, `hidden` or `full`
[[nodiscard]] std::string_view name(Privacy privacy);

/// Shows names and addresses as far as they may be seen.
class Disguise {
 public:
  Disguise(Privacy privacy, const cache::KeyHasher& hasher) : privacy_(privacy), hasher_(hasher) {}

  [[nodiscard]] Privacy privacy() const { return privacy_; }
  [[nodiscard]] bool shows_all() const { return privacy_ == Privacy::Full; }

  /// A name in wire format: its text, `#3fa9c1d2`, or nothing.
  [[nodiscard]] std::optional<std::string> qname(Bytes wire) const;

 private:
  Privacy privacy_;
  const cache::KeyHasher& hasher_;
};

}  // namespace pacedns::status
