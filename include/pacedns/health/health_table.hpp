#pragma once

#include "pacedns/base/shared_table.hpp"
#include "pacedns/health/upstream_health.hpp"

namespace pacedns::health {

/// Which upstream's health is which.
using HealthTable = SharedTable<UpstreamHealth>;

}  // namespace pacedns::health
