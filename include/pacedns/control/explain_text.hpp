#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace pacedns::control {

/// `GET /api/explain` for people: what is cached, and the flights that brought it. `now_s` is the time of
/// day in seconds since 1970, from which the age of flights is counted.
[[nodiscard]] std::string explain_text(const boost::json::value& explanation, double now_s);

}  // namespace pacedns::control
