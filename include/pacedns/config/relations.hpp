#pragma once

#include "pacedns/config/load_context.hpp"

namespace pacedns::config {

/// Fails what is right by itself but not beside another key. A relation with a key that has failed already
/// is left alone. The fault lies with the key that the user wrote, not with one at its default.
void check_relations(LoadContext& context);

}  // namespace pacedns::config
