#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/flight_record.hpp"
#include "pacedns/status/report.hpp"

namespace pacedns::status {

using Records = std::vector<std::shared_ptr<const forward::FlightRecord>>;

/// The daemon, as it is seen from here. Called in the thread of the event loop that serves the status; what
/// only workers know is asked of them one after the other, a short time each.
class Subject {
 public:
  virtual ~Subject() = default;

  [[nodiscard]] virtual Report report() const = 0;
  [[nodiscard]] virtual cache::MessageCache& cache() = 0;
  [[nodiscard]] virtual const cache::KeyHasher& hasher() const = 0;

  /// At most `count` flights that are open or ended last, in the order in which they began, newest first.
  [[nodiscard]] virtual boost::asio::awaitable<Records> recent_flights(std::size_t count) = 0;

  /// All for a question in wire format that are open or remembered, newest first.
  [[nodiscard]] virtual boost::asio::awaitable<Records> flights_for(std::vector<std::uint8_t> question) = 0;

  /// Open flights for which `question` is true store nothing any more. How many there were.
  [[nodiscard]] virtual boost::asio::awaitable<std::size_t> forget(std::function<bool(Bytes)> question) = 0;
};

}  // namespace pacedns::status
