#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "pacedns/cache/cache_options.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/name.hpp"

namespace pacedns::cache {

/// The most addresses a merged answer holds: some 600 octets of A, 1000 of AAAA.
inline constexpr std::size_t kMaxPoolSize = 32;

/// What came of a reply that was offered to a pool.
enum class MergeOutcome : std::uint8_t {
  Merged,        ///< its addresses are in the pool now, those that were not there before
  Full,          ///< the same, but for some that the pool had no room for
  Disagrees,     ///< another RCODE, or no address (unspecified ones do not count): ignored
  OtherOwner,    ///< its CNAME chain ends elsewhere: its addresses belong to another name
  NotMergeable,  ///< it carries RRSIGs, or its answer cannot be followed
};

/// The union of the addresses that the upstreams gave for one A or AAAA question: the winner's first and in
/// its order, each once, with the least TTL of all. Unspecified addresses stay out, and a winner that has
/// one is never added to: it means "blocked".
class AddressPool {
 public:
  /// Starts with the reply that answered the client. Nothing if that can not be merged with.
  [[nodiscard]] static std::optional<AddressPool> from_winner(const dns::MessageView& winner);

  MergeOutcome add(const dns::MessageView& reply);

  /// How many addresses others than the winner gave.
  [[nodiscard]] std::size_t additions() const { return addresses_.size() - winner_addresses_; }

  /// The winner's image with the addresses of all others behind its answer, and without authority and
  /// additional sections: what is cut off there leaves just the winner's own answer.
  [[nodiscard]] ResponseImage merge_into(const ResponseImage& winner, const TtlLimits& limits) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  // an IPv4 address fills the first four octets

  /// The addresses at the end of a reply's CNAME chain.
  struct Answer {
    dns::Name owner;
    std::size_t owner_offset = 0;  // of the last address, in the reply
    boost::container::small_vector<Address, 8> addresses;
    std::uint32_t ttl = 0;
    bool blocks = false;  // there was an unspecified address, which is not among `addresses`
    bool authentic = false;
  };

  AddressPool(std::uint16_t type, const Answer& winner);

  [[nodiscard]] static std::optional<Answer> read_answer(const dns::MessageView& reply);

  /// Appends as many as a message has room for and says how many.
  std::size_t append_additions(ResponseImage& image, std::uint32_t ttl) const;

  std::uint16_t type_;
  std::size_t address_size_;
  dns::Name owner_;
  std::uint16_t owner_pointer_;  // a compression pointer to where the winner's message names the owner
  boost::container::small_vector<Address, 16> addresses_;
  std::size_t winner_addresses_ = 0;
  std::uint32_t ttl_ = 0;
  bool authentic_ = false;
};

}  // namespace pacedns::cache
