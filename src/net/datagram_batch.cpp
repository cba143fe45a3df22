#include "pacedns/net/datagram_batch.hpp"

#include <cerrno>

#include <boost/system/error_code.hpp>
#include <poll.h>

namespace pacedns::net {
namespace {

/// A full send buffer drains in microseconds; a client's reply is worth that wait, a dead device is not.
constexpr int kSendPatienceMs = 10;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

bool wait_writable(int socket) {
  pollfd poll_for{.fd = socket, .events = POLLOUT, .revents = 0};
  return ::poll(&poll_for, 1, kSendPatienceMs) > 0;
}

}  // namespace

DatagramBatch::DatagramBatch() : storage_(std::make_unique<Slot[]>(kSlots)) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    receive_buffers_[i] = {storage_[i].received.data(), storage_[i].received.size()};
    received_[i].msg_hdr.msg_iov = &receive_buffers_[i];
    received_[i].msg_hdr.msg_iovlen = 1;
  }
}

boost::system::result<std::size_t> DatagramBatch::receive(int socket) {
  queued_count_ = 0;
  for (std::size_t i = 0; i < kSlots; ++i)
    prepare_receive(storage_[i].peer, received_[i].msg_hdr);
  const int count = ::recvmmsg(socket, received_.data(), kSlots, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (would_block(errno) || errno == EINTR) return std::size_t{0};
    return boost::system::error_code(errno, boost::system::system_category());
  }
  const auto received = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < received; ++i)
    finish_receive(storage_[i].peer, received_[i].msg_hdr);
  return received;
}

void DatagramBatch::queue_reply(std::size_t slot, std::size_t size) {
  reply_buffers_[queued_count_] = {storage_[slot].reply.data(), size};
  msghdr& header = queued_[queued_count_].msg_hdr;
  header = {};
  header.msg_iov = &reply_buffers_[queued_count_];
  header.msg_iovlen = 1;
  prepare_send(storage_[slot].peer, header);
  ++queued_count_;
}

std::size_t DatagramBatch::flush(int socket) {
  std::size_t failed = 0;
  std::size_t done = 0;
  bool waited = false;
  while (done < queued_count_) {
    const int sent =
        ::sendmmsg(socket, &queued_[done], static_cast<unsigned>(queued_count_ - done), MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      waited = false;
    } else if (errno == EINTR || (would_block(errno) && !waited && wait_writable(socket))) {
      waited = errno != EINTR;
    } else {
      ++failed;
      ++done;
      waited = false;
    }
  }
  queued_count_ = 0;
  return failed;
}

bool send_reply(int socket, UdpPeer peer, Bytes reply) {
  iovec buffer{const_cast<std::uint8_t*>(reply.data()), reply.size()};  // NOLINT: sendmsg only reads it
  msghdr header{};
  header.msg_iov = &buffer;
  header.msg_iovlen = 1;
  prepare_send(peer, header);
  if (::sendmsg(socket, &header, MSG_DONTWAIT) >= 0) return true;
  return would_block(errno) && wait_writable(socket) && ::sendmsg(socket, &header, MSG_DONTWAIT) >= 0;
}

}  // namespace pacedns::net
