#pragma once

// recvmmsg(2) and sendmmsg(2) over buffers that are allocated once.

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "pacedns/base/bytes.hpp"

namespace pacedns::simulator {

inline constexpr std::size_t kBatchSize = 64;

class ReceiveBatch {
 public:
  ReceiveBatch();

  /// Reads what has come, up to `kBatchSize` datagrams, and returns their number.
  std::size_t receive(int socket);

  /// A datagram larger than any query comes out cut.
  [[nodiscard]] Bytes octets(std::size_t index) const;
  [[nodiscard]] const boost::asio::ip::udp::endpoint& peer(std::size_t index) const { return peers_[index]; }

 private:
  static constexpr std::size_t kBufferSize = 4096;

  std::vector<std::uint8_t> buffers_;
  std::array<boost::asio::ip::udp::endpoint, kBatchSize> peers_;
  std::array<iovec, kBatchSize> vectors_{};
  std::array<mmsghdr, kBatchSize> headers_{};
};

class SendBatch {
 public:
  [[nodiscard]] bool full() const { return size_ == kBatchSize; }

  /// The slot for the next datagram; not when full.
  [[nodiscard]] std::vector<std::uint8_t>& add(const boost::asio::ip::udp::endpoint& peer);

  /// Sends everything, waiting a moment where the kernel's buffer is full; a datagram that the kernel does
  /// not take is dropped. Afterwards the batch is empty.
  void flush(int socket);

 private:
  std::size_t size_ = 0;
  std::array<std::vector<std::uint8_t>, kBatchSize> octets_;
  std::array<boost::asio::ip::udp::endpoint, kBatchSize> peers_;
  std::array<iovec, kBatchSize> vectors_{};
  std::array<mmsghdr, kBatchSize> headers_{};
};

}  // namespace pacedns::simulator
