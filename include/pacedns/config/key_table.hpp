#pragma once

#include <vector>

#include "pacedns/config/key.hpp"

namespace pacedns::config {

/// Every key there is, in the order of the documentation.
[[nodiscard]] const std::vector<Key>& key_table();

}  // namespace pacedns::config
