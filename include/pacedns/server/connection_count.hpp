#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

#include <boost/system/result.hpp>

#include "pacedns/server/client_identity.hpp"
#include "pacedns/server/server_options.hpp"

namespace pacedns::server {

/// How many TCP connections clients have open: all together, and each of them. Shared by all workers and
/// locked, for connections open and close rarely; queries never look at it.
class ConnectionCount {
 public:
  /// One connection's place, given back when it is destroyed, which must be before the count is.
  class Place {
   public:
    Place(Place&& other) noexcept : count_(std::exchange(other.count_, nullptr)), client_(other.client_) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (count_ != nullptr) count_->give_back(client_);
    }

   private:
    friend class ConnectionCount;
    Place(ConnectionCount& count, const ClientIdentity& client) : count_(&count), client_(client) {}

    ConnectionCount* count_;  // nullptr once moved from
    ClientIdentity client_;
  };

  /// Which limit leaves no place.
  enum class Full { OfAll, OfClient };

  [[nodiscard]] boost::system::result<Place, Full> admit(const ClientIdentity& client,
                                                         const TcpOptions& limits);

  [[nodiscard]] std::size_t total() const;
  /// How many have at least one.
  [[nodiscard]] std::size_t clients() const;

 private:
  void give_back(const ClientIdentity& client);

  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<ClientIdentity, std::size_t> by_client_;  // none is 0; no hash that clients could aim at
};

}  // namespace pacedns::server
