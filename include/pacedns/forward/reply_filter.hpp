#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/forward/forward_options.hpp"

namespace pacedns::forward {

/// What becomes of a usable reply.
struct Filtered {
  bool ignored = false;             ///< it must not be given to anybody
  std::size_t dropped = 0;          ///< RRs that were taken out of the answer
  std::vector<std::uint8_t> reply;  ///< what is left, if any was dropped
};

/// Looks at the addresses in replies: those that only a lying upstream gives (`answers.ignore_addresses`),
/// and private ones from an upstream that is none itself, by which a web page reaches into the network of its
/// reader (DNS rebinding).
class ReplyFilter {
 public:
  explicit ReplyFilter(const AnswerOptions& options) : options_(options) {}

  /// Whether there is anything to look for.
  [[nodiscard]] bool on() const { return options_.rebind_protection || !options_.ignore_addresses.empty(); }

  [[nodiscard]] Filtered apply(const dns::MessageView& reply, const boost::asio::ip::address& upstream) const;

 private:
  [[nodiscard]] bool guards(Bytes name, const boost::asio::ip::address& upstream) const;

  const AnswerOptions& options_;
};

}  // namespace pacedns::forward
