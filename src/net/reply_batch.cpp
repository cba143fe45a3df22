#include "pacedns/net/reply_batch.hpp"

#include <cerrno>

#include <boost/system/error_code.hpp>

namespace pacedns::net {

ReplyBatch::ReplyBatch() : storage_(std::make_unique_for_overwrite<std::uint8_t[]>(kSlots * kSlotSize)) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    parts_[i] = {&storage_[i * kSlotSize], kSlotSize};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

boost::system::result<std::size_t> ReplyBatch::receive(int socket) {
  const int count = ::recvmmsg(socket, messages_.data(), kSlots, MSG_DONTWAIT, nullptr);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
  return boost::system::error_code(errno, boost::system::system_category());
}

}  // namespace pacedns::net
