#pragma once

#include <string>

namespace pacedns::status {

/// docs/METRICS.md, made from the table of metrics.
[[nodiscard]] std::string metrics_reference();

}  // namespace pacedns::status
