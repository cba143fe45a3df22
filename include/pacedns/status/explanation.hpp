#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include "pacedns/status/subject.hpp"
#include "pacedns/status/wall_clock.hpp"

namespace pacedns::status {

/// `/api/explain` for a question of class IN in wire format: what the cache has for it, whatever DO and CD,
/// and the newest flights for it that are open or remembered. Names and addresses are shown.
[[nodiscard]] boost::asio::awaitable<boost::json::object> explain(Subject* subject,
                                                                  std::vector<std::uint8_t> question,
                                                                  WallClock clock);

}  // namespace pacedns::status
