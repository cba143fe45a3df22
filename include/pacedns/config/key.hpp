#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "pacedns/config/config.hpp"
#include "pacedns/config/document.hpp"
#include "pacedns/config/load_context.hpp"

namespace pacedns::config {

/// What it takes for a changed value to count.
enum class Effect : std::uint8_t { Reload, Restart };

/// One key of the configuration file: all that loading, comparing and documenting it needs.
struct Key {
  std::string path;
  std::string type;
  std::string default_text;  ///< as a user would write it; begins with "required" when there is none
  std::string allowed;       ///< for messages and documentation
  Effect effect;
  std::function<void(const Key&, const Value&, LoadContext&)> read;
  std::function<bool(const Config&, const Config&)> same;
};

/// The place of a value in Config: `field(&Config::plan, &PlanOptions::batch_size)`.
template <typename... Members>
[[nodiscard]] auto field(Members... members) {
  return [members...](auto& config) -> auto& {
    return (config.*....*members);
  };
}

}  // namespace pacedns::config
