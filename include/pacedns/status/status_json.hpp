#pragma once

#include <boost/json/object.hpp>

#include "pacedns/status/disguise.hpp"
#include "pacedns/status/indicators.hpp"
#include "pacedns/status/report.hpp"
#include "pacedns/status/timeline.hpp"
#include "pacedns/status/wall_clock.hpp"

namespace pacedns::status {

/// Rates are about the last seconds, indicators about the last minutes, where there have been so many.
inline constexpr Duration kRateSpan = std::chrono::seconds(10);
inline constexpr Duration kIndicatorSpan = std::chrono::seconds(300);

/// `/api/status`: the daemon at this moment.
[[nodiscard]] boost::json::object status_json(const Report& report, const Indicators& indicators,
                                              const Timeline& timeline, Privacy privacy,
                                              const WallClock& clock);

/// `/api/history`: the last minutes, a value a second.
[[nodiscard]] boost::json::object history_json(const Timeline& timeline, const WallClock& clock);

}  // namespace pacedns::status
