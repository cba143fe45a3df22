#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pacedns/dns/message_view.hpp"

namespace pacedns::dns {

/// A reply with less in it: header and question, and the CNAME, A and AAAA RRs of the answer that are not
/// `unwanted`, which says so of each RR of the answer in order. Whatever else was there is gone, AD too: what
/// is left is not what was signed. Nothing if a name is malformed, or if it is more than a hostile upstream
/// should be granted.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> reduce(const MessageView& reply,
                                                              const std::vector<bool>& unwanted);

}  // namespace pacedns::dns
