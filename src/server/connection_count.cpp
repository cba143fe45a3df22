#include "pacedns/server/connection_count.hpp"

namespace pacedns::server {

boost::system::result<ConnectionCount::Place, ConnectionCount::Full> ConnectionCount::admit(
    const ClientIdentity& client, const TcpOptions& limits) {
  const std::lock_guard lock(mutex_);
  if (total_ >= limits.connections) return Full::OfAll;
  const auto open = by_client_.try_emplace(client, 0).first;
  if (open->second >= limits.connections_per_client) return Full::OfClient;  // at least 1: not a new one
  ++open->second;
  ++total_;
  return Place(*this, client);
}

void ConnectionCount::give_back(const ClientIdentity& client) {
  const std::lock_guard lock(mutex_);
  const auto open = by_client_.find(client);
  if (--open->second == 0) by_client_.erase(open);
  --total_;
}

std::size_t ConnectionCount::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::size_t ConnectionCount::clients() const {
  const std::lock_guard lock(mutex_);
  return by_client_.size();
}

}  // namespace pacedns::server
