#pragma once

#include "pacedns/config/key.hpp"

// The keys whose value is a list.

namespace pacedns::config {

[[nodiscard]] Key listen_key();
[[nodiscard]] Key access_allow_key();
[[nodiscard]] Key rebind_exceptions_key();
[[nodiscard]] Key ignore_addresses_key();
[[nodiscard]] Key forward_names_key();
[[nodiscard]] Key status_allow_key();

}  // namespace pacedns::config
