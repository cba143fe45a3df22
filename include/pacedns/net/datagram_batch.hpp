#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <boost/system/result.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/net/send_queue.hpp"
#include "pacedns/net/udp_peer.hpp"

namespace pacedns::net {

/// Receives datagrams and sends their replies many at a time (recvmmsg(2), sendmmsg(2)): receive, write
/// replies into the slots, flush. All buffers are allocated once.
class DatagramBatch {
 public:
  static constexpr std::size_t kSlots = 32;
  static constexpr std::size_t kReceiveSize = 4096;  ///< a longer query is cut, and then malformed
  static constexpr std::size_t kReplySize = SendQueue::kReplySize;

  DatagramBatch();

  /// How many datagrams have come, none if the socket would block. Forgets the round before.
  [[nodiscard]] boost::system::result<std::size_t> receive(int socket);

  [[nodiscard]] Bytes datagram(std::size_t slot) const {
    return {storage_[slot].received.data(), received_[slot].msg_len};
  }
  [[nodiscard]] const UdpPeer& peer(std::size_t slot) const { return storage_[slot].peer; }

  /// Where the reply to the datagram in `slot` may be written.
  [[nodiscard]] MutableBytes reply_space(std::size_t slot) { return storage_[slot].reply; }

  /// The first `size` octets of `reply_space(slot)` are to be sent with the next flush.
  void queue_reply(std::size_t slot, std::size_t size);

  /// Sends what is queued and returns how many replies the kernel would not take.
  std::size_t flush(int socket);

 private:
  struct Slot {
    UdpPeer peer;
    std::array<std::uint8_t, kReceiveSize> received;
    std::array<std::uint8_t, kReplySize> reply;
  };

  std::unique_ptr<Slot[]> storage_;
  std::array<mmsghdr, kSlots> received_{};
  std::array<iovec, kSlots> receive_buffers_{};
  std::array<mmsghdr, kSlots> queued_{};
  std::array<iovec, kSlots> reply_buffers_{};
  std::size_t queued_count_ = 0;
};

}  // namespace pacedns::net
