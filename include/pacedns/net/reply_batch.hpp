#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <boost/system/result.hpp>

#include "pacedns/base/bytes.hpp"

namespace pacedns::net {

/// Receives datagrams of any size from a connected socket, many at a time (recvmmsg(2)). The buffers are
/// allocated once; memory is taken only as far as datagrams have filled them.
class ReplyBatch {
 public:
  static constexpr std::size_t kSlots = 16;

  ReplyBatch();

  /// How many datagrams have come, none if the socket would block. Forgets the round before.
  [[nodiscard]] boost::system::result<std::size_t> receive(int socket);

  [[nodiscard]] Bytes datagram(std::size_t slot) const {
    return {&storage_[slot * kSlotSize], messages_[slot].msg_len};
  }

 private:
  static constexpr std::size_t kSlotSize = 65536;

  std::unique_ptr<std::uint8_t[]> storage_;
  std::array<mmsghdr, kSlots> messages_{};
  std::array<iovec, kSlots> parts_{};
};

}  // namespace pacedns::net
