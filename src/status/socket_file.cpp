#include "pacedns/status/socket_file.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <unistd.h>

namespace pacedns::status {
namespace {

namespace asio = boost::asio;
namespace errc = boost::system::errc;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;

/// Clients that wait while the daemon's main thread is at something else.
constexpr int kListenBacklog = 128;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

error_code check_path(const std::string& path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) {
    return make_error_code(errc::invalid_argument);
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return make_error_code(errc::filename_too_long);
  return {};
}

// The kernel gives the file the mode of the socket, less the umask; what that took is given back after.
error_code bind_with_mode(Local::acceptor& acceptor, const std::string& path) {
  error_code error;
  if (::fchmod(acceptor.native_handle(), kMode) != 0) return last_error();
  acceptor.bind(Local::endpoint(path), error);
  if (!error && ::chmod(path.c_str(), kMode) != 0) error = last_error();
  return error;
}

/// Removes a socket file that nobody listens at; no error when the path can be bound now.
error_code remove_stale(asio::io_context& io, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? error_code{} : last_error();
  if (!S_ISSOCK(status.st_mode)) return make_error_code(errc::not_a_socket);
  Local::socket probe(io);
  error_code error;
  probe.open(Local(), error);
  if (!error) probe.non_blocking(true, error);
  if (error) return error;
  // Not Asio's connect: it waits for room in the queue of one who listens and does not accept.
  const Local::endpoint endpoint(path);
  if (::connect(probe.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 ||
      errno == EAGAIN) {
    return asio::error::address_in_use;
  }
  if (errno == ENOENT) return {};
  if (errno != ECONNREFUSED) return last_error();
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? error_code{} : last_error();
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::move(other.path_)), device_(other.device_), inode_(std::exchange(other.inode_, 0)) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::move(other.path_);
  device_ = other.device_;
  inode_ = std::exchange(other.inode_, 0);
  return *this;
}

bool SocketFile::there() const {
  struct stat status {};
  return inode_ != 0 && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

void SocketFile::remove() {
  if (there()) ::unlink(path_.c_str());
  inode_ = 0;
}

boost::system::result<BoundSocketFile> bind_socket_file(asio::io_context& io, const std::string& path) {
  if (const error_code error = check_path(path)) return error;
  Local::acceptor acceptor(io);
  error_code error;
  acceptor.open(Local(), error);
  if (!error) error = bind_with_mode(acceptor, path);
  if (error == asio::error::address_in_use) {
    error = remove_stale(io, path);
    if (!error) error = bind_with_mode(acceptor, path);
  }
  if (error) return error;
  SocketFile file(path);
  acceptor.listen(kListenBacklog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return error;
  // Until we listened, another process that starts may have taken our file for a stale one.
  if (!file.there()) return asio::error::address_in_use;
  return BoundSocketFile{std::move(acceptor), std::move(file)};
}

}  // namespace pacedns::status
