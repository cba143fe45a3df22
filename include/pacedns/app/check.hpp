#pragma once

#include <iosfwd>

#include "pacedns/config/config.hpp"

// What `pacedns check` tells of a valid configuration: how the machine and the network meet it.

namespace pacedns::app {

/// A line for each address in `listen` and each transport: free, taken and by whom, or what stands in the
/// way. A running daemon is not disturbed.
void report_addresses(const config::Config& config, std::ostream& out);

/// Asks each upstream one query, those of `upstream.resolv_conf` included, and writes a line for each.
/// Whether at least one has replied.
[[nodiscard]] bool report_upstreams(const config::Config& config, std::ostream& out);

}  // namespace pacedns::app
