#include "upstream/datagram_batch.hpp"

#include <cerrno>

#include <poll.h>

namespace pacedns::simulator {
namespace {

constexpr int kPatienceMs = 20;

}  // namespace

ReceiveBatch::ReceiveBatch() : buffers_(kBatchSize * kBufferSize) {}

std::size_t ReceiveBatch::receive(int socket) {
  for (std::size_t i = 0; i < kBatchSize; ++i) {
    vectors_[i] = {buffers_.data() + i * kBufferSize, kBufferSize};
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_name = peers_[i].data();
    header.msg_namelen = static_cast<socklen_t>(peers_[i].capacity());
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
  }
  const int count = ::recvmmsg(socket, headers_.data(), kBatchSize, MSG_DONTWAIT, nullptr);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

Bytes ReceiveBatch::octets(std::size_t index) const {
  return {buffers_.data() + index * kBufferSize, headers_[index].msg_len};
}

std::vector<std::uint8_t>& SendBatch::add(const boost::asio::ip::udp::endpoint& peer) {
  peers_[size_] = peer;
  return octets_[size_++];
}

void SendBatch::flush(int socket) {
  for (std::size_t i = 0; i < size_; ++i) {
    vectors_[i] = {octets_[i].data(), octets_[i].size()};
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_name = peers_[i].data();
    header.msg_namelen = static_cast<socklen_t>(peers_[i].size());
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
  }
  std::size_t sent = 0;
  while (sent < size_) {
    const int count = ::sendmmsg(socket, &headers_[sent], static_cast<unsigned>(size_ - sent), MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    pollfd writable{socket, POLLOUT, 0};
    const bool again = errno == EAGAIN && ::poll(&writable, 1, kPatienceMs) > 0;
    if (!again && errno != EINTR) ++sent;
  }
  size_ = 0;
}

}  // namespace pacedns::simulator
