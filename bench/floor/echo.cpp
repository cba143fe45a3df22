/// The floor of the benchmarks: answers every query with itself and QR=1, in the two system calls a batch
/// that any UDP server needs, and in a read and a write over TCP. No parsing, no cache, no error handling.
///
///     pacedns-echo PORT      on 127.0.0.1, until it is killed

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <unistd.h>

namespace {

constexpr std::size_t kSlots = 32;
constexpr std::size_t kSize = 4096;
constexpr std::uint8_t kQr = 0x80;

int bound_socket(int type, std::uint16_t port) {
  const int fd = ::socket(AF_INET, type, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  std::perror("bind");
  std::exit(1);
}

class Datagrams {
 public:
  Datagrams() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      parts_[i] = {octets_[i].data(), kSize};
      messages_[i].msg_hdr.msg_name = &peers_[i];
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void echo(int fd) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      parts_[i].iov_len = kSize;
      messages_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
    const int received = ::recvmmsg(fd, messages_.data(), kSlots, MSG_DONTWAIT, nullptr);
    if (received <= 0) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
      octets_[i][2] |= kQr;
      parts_[i].iov_len = messages_[i].msg_len;
    }
    ::sendmmsg(fd, messages_.data(), static_cast<unsigned>(received), 0);
  }

 private:
  std::array<std::array<std::uint8_t, kSize>, kSlots> octets_{};
  std::array<sockaddr_in, kSlots> peers_{};
  std::array<iovec, kSlots> parts_{};
  std::array<mmsghdr, kSlots> messages_{};
};

/// One TCP connection: frames go back as they are once they are complete.
class Stream {
 public:
  /// False when the client has gone.
  bool echo(int fd) {
    const ssize_t size = ::read(fd, octets_.data() + held_, octets_.size() - held_);
    if (size <= 0) return false;
    held_ += static_cast<std::size_t>(size);
    std::size_t whole = 0;
    while (held_ - whole >= 2) {
      const std::size_t frame = 2 + static_cast<std::size_t>(octets_[whole] << 8 | octets_[whole + 1]);
      if (held_ - whole < frame) break;
      octets_[whole + 4] |= kQr;
      whole += frame;
    }
    if (whole > 0 && ::write(fd, octets_.data(), whole) != static_cast<ssize_t>(whole)) return false;
    std::copy(octets_.begin() + static_cast<std::ptrdiff_t>(whole),
              octets_.begin() + static_cast<std::ptrdiff_t>(held_), octets_.begin());
    held_ -= whole;
    return true;
  }

 private:
  std::vector<std::uint8_t> octets_ = std::vector<std::uint8_t>(std::size_t{2} * 65537);
  std::size_t held_ = 0;
};

void watch(int poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: pacedns-echo PORT\n", stderr);
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  const int udp = bound_socket(SOCK_DGRAM, port);
  const int tcp = bound_socket(SOCK_STREAM, port);
  ::listen(tcp, SOMAXCONN);
  const int poll = ::epoll_create1(0);
  watch(poll, udp);
  watch(poll, tcp);

  static Datagrams datagrams;
  std::vector<Stream> streams;  // by descriptor
  std::array<epoll_event, 64> events{};
  while (true) {
    const int ready = ::epoll_wait(poll, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == udp) {
        datagrams.echo(fd);
      } else if (fd == tcp) {
        const int client = ::accept(tcp, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (streams.size() <= static_cast<std::size_t>(client))
          streams.resize(static_cast<std::size_t>(client) + 1);
        streams[static_cast<std::size_t>(client)] = {};
        watch(poll, client);
      } else if (!streams[static_cast<std::size_t>(fd)].echo(fd)) {
        ::close(fd);
      }
    }
  }
}
