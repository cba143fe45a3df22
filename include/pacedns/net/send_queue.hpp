#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "pacedns/base/bytes.hpp"
#include "pacedns/net/udp_peer.hpp"

namespace pacedns::net {

/// Sends datagrams with as few calls of sendmmsg(2) as it takes, and returns how many of them the kernel
/// would not take. A full send buffer is waited for, up to 10 ms until it takes one more.
std::size_t send_all(int socket, std::span<mmsghdr> messages);

/// Replies that are collected to be sent together. All buffers are allocated once.
class SendQueue {
 public:
  static constexpr std::size_t kSlots = 32;
  static constexpr std::size_t kReplySize = 1232;

  SendQueue();

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == kSlots; }

  /// Not when it is full. `reply` has at most `kReplySize` octets.
  void push(const UdpPeer& peer, Bytes reply);

  /// Sends all and returns how many the kernel would not take.
  std::size_t flush(int socket);

 private:
  struct Slot {
    UdpPeer peer;
    std::array<std::uint8_t, kReplySize> reply;
  };

  std::unique_ptr<Slot[]> slots_;
  std::array<mmsghdr, kSlots> messages_{};
  std::array<iovec, kSlots> parts_{};
  std::size_t size_ = 0;
};

}  // namespace pacedns::net
