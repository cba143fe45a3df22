#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/ip/udp.hpp>
#include <boost/system/error_code.hpp>

// A connected UDP socket hears by ICMP what became of its datagrams, as errors of later calls.

namespace pacedns::net {

/// Without this a connected socket hears of closed ports only, not of unreachable hosts and networks
/// (ip(7), IP_RECVERR).
[[nodiscard]] boost::system::error_code report_all_icmp_errors(boost::asio::ip::udp::socket& socket);

/// Empties the queue of errors (ip(7), IP_RECVERR), which would wake us up again and again, and returns the
/// first that was in it, if any. It is all that tells of an error in a call that has sent some datagrams and
/// not others.
boost::system::error_code take_queued_error(boost::asio::ip::udp::socket& socket);

/// What was heard while datagrams were sent.
struct SendOutcome {
  std::vector<std::pair<std::size_t, boost::system::error_code>> failures;  ///< those that cannot be sent
  boost::system::error_code
      news;  ///< of all that had left by then: before, and of these those before `unaware`
  std::size_t unaware = 0;
};

/// Sends `datagrams` through a connected socket with one call, unless errors come between. What a full queue
/// of ours does not take is lost as it may be in the network. If the host no longer has the address that the
/// socket sends from, they leave from the one it has now and from another port: replies to what left before
/// are not heard. If it has none, they all fail, and the socket is of no use any more.
[[nodiscard]] SendOutcome send_connected(boost::asio::ip::udp::socket& socket, std::span<mmsghdr> datagrams);

}  // namespace pacedns::net
