#pragma once

#include <string>

#include "scenario/world.hpp"

namespace pacedns::scenario {

/// Sets one option by its key in the configuration file.
void set_option(Options& options, const std::string& key, const std::string& value);

/// Changes what an upstream does: `silent`, `rcode REFUSED`, `loses 2`, …, `normal` to end all that.
void set_behaviour(ScriptedUpstream& upstream, const std::string& text);

}  // namespace pacedns::scenario
