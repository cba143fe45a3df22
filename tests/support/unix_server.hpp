#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace pacedns::test {

/// A path for a socket of this test: nothing is there.
inline std::string socket_path() {
  static int number = 0;
  std::string path =
      testing::TempDir() + "pacedns_" + std::to_string(::getpid()) + "_" + std::to_string(number++);
  std::filesystem::remove(path);
  return path;
}

/// A Unix socket that listens, and does nothing else.
class ListeningUnixSocket {
 public:
  explicit ListeningUnixSocket(int backlog = 16) : path_(socket_path()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path_.begin(), path_.end(), address.sun_path);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path_;
    EXPECT_EQ(::listen(descriptor_, backlog), 0);
  }
  ListeningUnixSocket(const ListeningUnixSocket&) = delete;
  ListeningUnixSocket& operator=(const ListeningUnixSocket&) = delete;
  ~ListeningUnixSocket() {
    ::close(descriptor_);
    std::filesystem::remove(path_);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  std::string path_;
  int descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

/// Answers one connection after the other with the octets it was given, in a thread of its own.
class UnixServer {
 public:
  explicit UnixServer(std::vector<std::string> replies)
      : replies_(std::move(replies)), thread_([this] { serve(); }) {}
  UnixServer(const UnixServer&) = delete;
  UnixServer& operator=(const UnixServer&) = delete;
  ~UnixServer() { finish(); }

  [[nodiscard]] const std::string& path() const { return socket_.path(); }

  /// What it was asked, as it came. Nothing is served after this.
  const std::vector<std::string>& requests() {
    finish();
    return requests_;
  }

 private:
  void finish() {
    ::shutdown(socket_.descriptor(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  void serve() {
    for (const std::string& reply : replies_) {
      const int connection = ::accept(socket_.descriptor(), nullptr, nullptr);
      if (connection < 0) return;
      requests_.push_back(read_head(connection));
      for (std::size_t sent = 0; sent < reply.size();) {
        const auto size = ::send(connection, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) break;
        sent += static_cast<std::size_t>(size);
      }
      ::close(connection);
    }
  }

  static std::string read_head(int connection) {
    std::string head;
    std::array<char, 4096> piece{};
    while (head.find("\r\n\r\n") == std::string::npos) {
      const auto size = ::recv(connection, piece.data(), piece.size(), 0);
      if (size <= 0) break;
      head.append(piece.data(), static_cast<std::size_t>(size));
    }
    return head;
  }

  ListeningUnixSocket socket_;
  std::vector<std::string> replies_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

/// An HTTP response with this body.
inline std::string http(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace pacedns::test
