#pragma once

#include <boost/json/object.hpp>

#include "pacedns/forward/flight_record.hpp"
#include "pacedns/status/disguise.hpp"
#include "pacedns/status/wall_clock.hpp"

namespace pacedns::status {

/// One flight, as `/api/flights` and `/api/explain` have it: who was asked when, who said what, and which
/// upstream gave which address. Addresses are numbered within the flight where names are not shown.
[[nodiscard]] boost::json::object flight_json(const forward::FlightRecord& flight, const Disguise& disguise,
                                              const WallClock& clock);

}  // namespace pacedns::status
