#include "pacedns/status/metric_table.hpp"

#include "pacedns/status/metric_groups.hpp"

namespace pacedns::status {

const std::vector<MetricGroup>& metric_table() {
  static const std::vector<MetricGroup> kTable{
      indicator_metrics(), client_metrics(),   cache_metrics(),         flight_metrics(),
      pool_metrics(),      upstream_metrics(), all_upstreams_metrics(), daemon_metrics(),
  };
  return kTable;
}

}  // namespace pacedns::status
