#pragma once

#include <string>
#include <string_view>

#include "pacedns/status/indicators.hpp"
#include "pacedns/status/report.hpp"

namespace pacedns::status {

/// The media type of what `exposition` returns.
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// Everything in Prometheus' text format: what `GET /metrics` answers.
[[nodiscard]] std::string exposition(const Report& report, const Indicators& indicators);

}  // namespace pacedns::status
