#include "pacedns/net/send_queue.hpp"

#include <cassert>
#include <cerrno>

#include <poll.h>

namespace pacedns::net {
namespace {

/// A full send buffer drains in microseconds; a client's reply is worth that wait, a dead device is not.
constexpr int kSendPatienceMs = 10;

bool is_full(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

void wait_writable(int socket) {
  pollfd poll_for{.fd = socket, .events = POLLOUT, .revents = 0};
  static_cast<void>(::poll(&poll_for, 1, kSendPatienceMs));
}

}  // namespace

std::size_t send_all(int socket, std::span<mmsghdr> messages) {
  std::size_t failed = 0;
  bool waited = false;
  while (!messages.empty()) {
    const int sent =
        ::sendmmsg(socket, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT);
    if (sent > 0) {
      messages = messages.subspan(static_cast<std::size_t>(sent));
      waited = false;
    } else if (errno == EINTR) {
      continue;
    } else if (is_full(errno) && !waited) {
      waited = true;  // once: a device that is stuck must not hold up everybody else for each datagram
      wait_writable(socket);
    } else {
      ++failed;
      messages = messages.subspan(1);
    }
  }
  return failed;
}

SendQueue::SendQueue() : slots_(std::make_unique<Slot[]>(kSlots)) {}

void SendQueue::push(const UdpPeer& peer, Bytes reply) {
  assert(!full() && reply.size() <= kReplySize);
  Slot& slot = slots_[size_];
  slot.peer = peer;
  copy_octets(reply, slot.reply.data());
  parts_[size_] = {slot.reply.data(), reply.size()};
  prepare_send(slot.peer, parts_[size_], messages_[size_].msg_hdr);
  ++size_;
}

std::size_t SendQueue::flush(int socket) {
  const std::size_t failed = send_all(socket, std::span(messages_).first(size_));
  size_ = 0;
  return failed;
}

}  // namespace pacedns::net
