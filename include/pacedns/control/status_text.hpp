#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace pacedns::control {

/// `GET /api/status` as a screenful: what runs, its rates, the indicators against their targets, and a line
/// an upstream. With five upstreams it fits 24 lines of 80 columns.
[[nodiscard]] std::string status_text(const boost::json::value& status);

}  // namespace pacedns::control
