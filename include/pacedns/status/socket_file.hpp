#pragma once

#include <sys/types.h>

#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/result.hpp>

namespace pacedns::status {

/// The file of a Unix socket that this process has bound. Moving from it leaves nothing to remove.
class SocketFile {
 public:
  SocketFile() = default;
  /// The file that is at the path now.
  explicit SocketFile(std::string path);
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  /// If what is at the path is still this file; once.
  void remove();

  /// Whether it is still at its path.
  [[nodiscard]] bool there() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;  // 0: nothing to remove
};

/// A listening Unix socket and its file.
struct BoundSocketFile {
  boost::asio::local::stream_protocol::acceptor acceptor;
  SocketFile file;
};

/// Binds a Unix stream socket to an absolute path, and listens there; mode 0660 whatever the umask, and
/// nothing more at any moment. A socket file that nobody listens at is replaced. Fails with
///   invalid_argument     the path is not absolute
///   filename_too_long    the kernel takes 107 octets
///   address_in_use       somebody listens there
///   not_a_socket         something else is there, which is left alone
/// or with what the kernel says, as where the folder is missing.
[[nodiscard]] boost::system::result<BoundSocketFile> bind_socket_file(boost::asio::io_context& io,
                                                                      const std::string& path);

}  // namespace pacedns::status
