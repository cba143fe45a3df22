#include "pacedns/net/datagram_batch.hpp"

#include <cerrno>
#include <span>

#include <boost/system/error_code.hpp>

#include "pacedns/net/send_queue.hpp"

namespace pacedns::net {
namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
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
  prepare_send(storage_[slot].peer, reply_buffers_[queued_count_], queued_[queued_count_].msg_hdr);
  ++queued_count_;
}

std::size_t DatagramBatch::flush(int socket) {
  const std::size_t failed = send_all(socket, std::span(queued_).first(queued_count_));
  queued_count_ = 0;
  return failed;
}

}  // namespace pacedns::net
