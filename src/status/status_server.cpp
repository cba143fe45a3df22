#include "pacedns/status/status_server.hpp"

#include <utility>

namespace pacedns::status {

using boost::system::error_code;

error_code StatusServer::listen(const net::Endpoint& endpoint) {
  auto listener = HttpListener::open(io_, endpoint, {}, service_);
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  return {};
}

error_code StatusServer::open_control_socket(const std::string& path) {
  // Whoever may open it may take their time, as with `pacedns dump | less`.
  auto control = ControlSocket::open(io_, path, service_, {.write_timeout = std::chrono::hours(1)});
  if (!control) return control.error();
  control_ = std::move(*control);
  return {};
}

void StatusServer::apply(const std::vector<net::Prefix>& allow, Privacy privacy) {
  if (!listener_) return;
  listener_->set_allow(allow);
  const bool far = !listener_->at().address.is_loopback();
  service_.show(far && privacy == Privacy::Hashed ? Privacy::Hidden : privacy);
}

void StatusServer::start() {
  if (listener_) listener_->start();
  if (control_) control_->start();
  sampling_ = is_served();
  if (!sampling_) return;
  timer_.expires_at(steady_now());
  sample();
}

void StatusServer::sample() {
  const TimePoint now = steady_now();
  service_.sample(now);
  timer_.expires_at(Timeline::next_due(timer_.expiry(), now));
  timer_.async_wait([this](error_code error) {
    // Its handler may have been on its way when the timer was cancelled.
    if (!error && sampling_) sample();
  });
}

void StatusServer::close() {
  sampling_ = false;
  timer_.cancel();
  if (listener_) listener_->close();
  if (control_) control_->close();
}

std::optional<net::Endpoint> StatusServer::address() const {
  if (!listener_) return std::nullopt;
  return listener_->at();
}

std::uint64_t StatusServer::refused_connections() const {
  std::uint64_t refused = 0;
  if (listener_) refused += listener_->counts().outside + listener_->counts().over_limit;
  if (control_) refused += control_->counts().over_limit;
  return refused;
}

}  // namespace pacedns::status
