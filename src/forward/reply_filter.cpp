#include "pacedns/forward/reply_filter.hpp"

#include <algorithm>
#include <optional>

#include "pacedns/dns/name.hpp"
#include "pacedns/dns/reduce.hpp"
#include "pacedns/server/server_options.hpp"

namespace pacedns::forward {
namespace {

using boost::asio::ip::address;
using dns::RrType;

/// The address that an RR gives.
std::optional<address> address_in(const dns::Record& record) {
  if (record.is(RrType::A) && record.rdata.size() == 4) {
    return boost::asio::ip::address_v4(dns::load_u32(record.rdata, 0));
  }
  if (record.is(RrType::Aaaa) && record.rdata.size() == 16) {
    boost::asio::ip::address_v6::bytes_type octets;
    copy_octets(record.rdata, octets.data());
    return boost::asio::ip::address_v6(octets);
  }
  return std::nullopt;
}

bool is_in(const std::vector<net::Prefix>& ranges, const address& value) {
  return std::ranges::any_of(ranges, [&](const net::Prefix& range) { return range.contains(value); });
}

/// Where this host or its network is: nothing that the public DNS has to say anything about. `0.0.0.0` and
/// `::` reach this host as well.
bool is_private(const address& value) {
  static const net::Prefix kThisNetwork = net::Prefix::parse("0.0.0.0/8").value();
  return is_in(server::private_prefixes(), value) || is_in(server::loopback_prefixes(), value) ||
         kThisNetwork.contains(value) || value.is_unspecified();
}

}  // namespace

Filtered ReplyFilter::apply(const dns::MessageView& reply, const address& upstream) const {
  std::optional<bool> guarded;
  std::vector<bool> unwanted;
  Filtered filtered;
  auto records = reply.records();
  for (std::uint16_t left = reply.header().answer_count; left > 0; --left) {
    unwanted.push_back(false);
    const auto found = address_in(*records.next());
    if (!found) continue;
    if (is_in(options_.ignore_addresses, *found)) return {.ignored = true, .dropped = 0, .reply = {}};
    if (!is_private(*found)) continue;
    if (!guarded) guarded = guards(reply.question().name(), upstream);
    if (!*guarded) continue;
    unwanted.back() = true;
    ++filtered.dropped;
  }
  if (filtered.dropped == 0) return filtered;
  auto rest = dns::reduce(reply, unwanted);
  if (!rest) return {.ignored = true, .dropped = 0, .reply = {}};
  filtered.reply = *std::move(rest);
  return filtered;
}

bool ReplyFilter::guards(Bytes name, const address& upstream) const {
  if (!options_.rebind_protection || is_private(upstream)) return false;
  std::vector<std::uint8_t> lowered(name.size());
  dns::copy_lowered(name, lowered.data());
  return std::ranges::none_of(options_.rebind_exceptions,
                              [&](const WireName& each) { return dns::is_at_or_below(lowered, each); });
}

}  // namespace pacedns::forward
