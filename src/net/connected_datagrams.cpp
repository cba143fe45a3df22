#include "pacedns/net/connected_datagrams.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <boost/asio/error.hpp>

namespace pacedns::net {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;
namespace errc = boost::system::errc;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

/// Errors that a call may return on account of an earlier datagram.
bool comes_by_icmp(error_code error) {
  return error == errc::connection_refused || error == errc::host_unreachable ||
         error == errc::network_unreachable || error == errc::protocol_error ||
         error == errc::no_protocol_option || error == errc::permission_denied;
}

/// With IP_RECVERR the kernel also tells that a queue of ours was full.
bool is_full_queue(error_code error) {
  return error == errc::no_buffer_space || error == errc::resource_unavailable_try_again ||
         error == errc::operation_would_block;
}

/// What a socket is told whose address the host has no longer. Which of these it is depends on the kernel.
bool may_lack_address(error_code error) {
  return error == errc::invalid_argument || error == errc::network_unreachable ||
         error == errc::address_not_available;
}

/// The kernel chooses address and port once more. After an error the socket has neither.
error_code connect_anew(udp::socket& socket) {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  error_code error;
  const udp::endpoint peer = socket.remote_endpoint(error);
  if (error) return error;
  if (::connect(socket.native_handle(), &nobody, sizeof(nobody)) != 0) return last_error();
  socket.connect(peer, error);
  // It has got a port by then, where it would hear everybody.
  if (error) static_cast<void>(::connect(socket.native_handle(), &nobody, sizeof(nobody)));
  return error;
}

error_code next_queued_error(int socket) {
  alignas(cmsghdr) std::array<std::uint8_t, 512> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return {};
  for (const cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
       each = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(each))) {  // NOLINT: it only reads
    const bool v4 = each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR;
    const bool v6 = each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(each), sizeof(error));
    return {static_cast<int>(error.ee_errno), boost::system::system_category()};
  }
  return {};
}

/// A call may be told what became of earlier datagrams. The one that it was to send is tried again, and only
/// what is said of it twice in a row is its own failure.
class Sending {
 public:
  Sending(udp::socket& socket, std::span<mmsghdr> datagrams) : socket_(socket), datagrams_(datagrams) {}

  [[nodiscard]] SendOutcome run() {
    while (!datagrams_.subspan(done_).empty())
      send_some(datagrams_.subspan(done_));
    return std::move(outcome_);
  }

 private:
  void send_some(std::span<mmsghdr> rest) {
    const int sent =
        ::sendmmsg(socket_.native_handle(), rest.data(), static_cast<unsigned>(rest.size()), MSG_DONTWAIT);
    if (sent <= 0) return on_error(last_error());
    go_on(static_cast<std::size_t>(sent));
    if (done_ < datagrams_.size()) hear(take_queued_error(socket_));
  }

  void on_error(error_code error) {
    if (error == boost::asio::error::interrupted) return;
    if (is_full_queue(error)) return go_on(1);
    if (std::exchange(again_, true)) {
      if (may_lack_address(error) && !std::exchange(renewed_, true)) return renew();
      outcome_.failures.emplace_back(done_, error);
      go_on(1);
    }
    hear(error);
  }

  void renew() {
    if (const error_code error = connect_anew(socket_)) {
      for (; done_ < datagrams_.size(); ++done_)
        outcome_.failures.emplace_back(done_, error);
      outcome_.news = error;
      outcome_.unaware = done_;
    } else {
      again_ = false;
      if (may_lack_address(outcome_.news)) outcome_.news.clear();  // it was no news
    }
  }

  void hear(error_code error) {
    if (!comes_by_icmp(error)) return;
    static_cast<void>(take_queued_error(socket_));
    outcome_.news = error;
    outcome_.unaware = done_;
  }

  void go_on(std::size_t datagrams) {
    done_ += datagrams;
    again_ = false;
  }

  udp::socket& socket_;
  std::span<mmsghdr> datagrams_;
  SendOutcome outcome_;
  std::size_t done_ = 0;
  bool again_ = false;    // the next one has been tried
  bool renewed_ = false;  // the socket, in this run
};

}  // namespace

error_code report_all_icmp_errors(udp::socket& socket) {
  error_code error;
  const bool v6 = socket.local_endpoint(error).protocol() == udp::v6();
  if (error) return error;
  const int enabled = 1;
  const int result =
      v6 ? ::setsockopt(socket.native_handle(), IPPROTO_IPV6, IPV6_RECVERR, &enabled, sizeof(enabled))
         : ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_RECVERR, &enabled, sizeof(enabled));
  return result == 0 ? error_code{} : last_error();
}

error_code take_queued_error(udp::socket& socket) {
  const error_code first = next_queued_error(socket.native_handle());
  for (error_code next = first; next;)
    next = next_queued_error(socket.native_handle());
  return first;
}

SendOutcome send_connected(udp::socket& socket, std::span<mmsghdr> datagrams) {
  return Sending(socket, datagrams).run();
}

}  // namespace pacedns::net
