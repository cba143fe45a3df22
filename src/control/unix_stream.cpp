#include "pacedns/control/unix_stream.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <boost/asio/error.hpp>
#include <unistd.h>

namespace pacedns::control {
namespace {

boost::system::error_code last_error() {
  // What a socket with a time limit says when it has passed.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS) return boost::asio::error::timed_out;
  return {errno, boost::system::system_category()};
}

template <typename Call>
auto uninterrupted(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR)
    outcome = call();
  return outcome;
}

timeval time_limit(Duration patience) {
  const auto us = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(patience).count(), 1);  // 0 is no limit at all
  return {.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

}  // namespace

UnixStream::~UnixStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void UnixStream::connect(const std::string& path, Duration patience, boost::system::error_code& error) {
  error.clear();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    error = boost::asio::error::name_too_long;
    return;
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) {
    error = last_error();
    return;
  }
  const timeval limit = time_limit(patience);
  for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (::setsockopt(descriptor_, SOL_SOCKET, direction, &limit, sizeof limit) != 0) {
      error = last_error();
      return;
    }
  }
  // SO_SNDTIMEO is also the limit of waiting for room in the queue of the other side.
  const auto connected = uninterrupted(
      [&] { return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address); });
  if (connected != 0) error = last_error();
}

std::size_t UnixStream::receive(boost::asio::mutable_buffer buffer, boost::system::error_code& error) const {
  error.clear();
  if (buffer.size() == 0) return 0;
  const auto size = uninterrupted([&] { return ::recv(descriptor_, buffer.data(), buffer.size(), 0); });
  if (size > 0) return static_cast<std::size_t>(size);
  error = size == 0 ? boost::system::error_code(boost::asio::error::eof) : last_error();
  return 0;
}

std::size_t UnixStream::send(boost::asio::const_buffer buffer, boost::system::error_code& error) const {
  error.clear();
  if (buffer.size() == 0) return 0;
  const auto size =
      uninterrupted([&] { return ::send(descriptor_, buffer.data(), buffer.size(), MSG_NOSIGNAL); });
  if (size >= 0) return static_cast<std::size_t>(size);
  error = last_error();
  return 0;
}

}  // namespace pacedns::control
