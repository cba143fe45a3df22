// MessageView and the reading of queries against ldns, on any octets. What each takes and the other refuses
// is listed in support/ldns_comparison.hpp.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/query.hpp"

#include "fuzz/support/require.hpp"
#include "support/ldns_comparison.hpp"

namespace pacedns {
namespace {

using dns::MessageView;
using test::require;

/// Where both take it, they see the same, but for what comes after ldns has read on at the wrong place.
void compare(Bytes message, const std::optional<MessageView>& view, const ldns_pkt* packet) {
  if (packet == nullptr || test::ldns_lost_its_way(message, packet)) return;
  if (view) {
    const test::Comparison comparison(*view, packet);
    require(comparison.difference().empty(), comparison.difference());
  } else {
    require(test::is_ours_to_refuse(message), "what ldns takes is refused for a reason");
  }
}

/// The same with RDATA that has nothing to be understood, and there ldns takes all that MessageView takes.
void compare_frame(const MessageView& view) {
  require(test::ldns_takes_the_frame(view), "ldns takes what MessageView takes, but for RDATA and owners");
  const test::Octets opaque = test::with_opaque_rdata(view);
  compare(opaque, MessageView::parse(opaque), test::ldns_parse(opaque).get());
}

/// A query that is accepted is one that can be read as a message.
void check_query(Bytes message, const std::optional<MessageView>& view) {
  dns::Query query;
  if (dns::read_query(message, query) != dns::QueryVerdict::Accept) return;
  const auto question = dns::read_question(message);
  require(question && question->wire.data() == query.question.wire.data(), "the question is read in place");
  require(view.has_value(), "what is accepted is well-formed");
  require(query.edns.has_value() == view->opt().has_value(), "EDNS is there when OPT is");
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pacedns::Bytes message(data, size);
  const auto view = pacedns::dns::MessageView::parse(message);
  pacedns::compare(message, view, pacedns::test::ldns_parse(message).get());
  if (view) pacedns::compare_frame(*view);
  pacedns::check_query(message, view);
  return 0;
}
