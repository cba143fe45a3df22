#include "scenario/client_reply.hpp"

#include <algorithm>
#include <sstream>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/wire.hpp"

#include "scenario/script.hpp"
#include "support/cache_messages.hpp"

namespace pacedns::scenario {
namespace {

using dns::MessageView;

void check(bool holds, const char* what) {
  if (!holds) throw Failure(std::string("a reply with the wrong ") + what);
}

void check_frame(const MessageView& query, const MessageView& reply) {
  const auto& asked = query.header();
  const auto& header = reply.header();
  check(header.id == asked.id, "ID");
  check(std::ranges::equal(reply.question().wire, query.question().wire), "question, or letter case");
  check(header.has(dns::kQr) && header.has(dns::kRa) && !header.has(dns::kAa), "QR, RA or AA");
  check(header.has(dns::kRd) == asked.has(dns::kRd), "RD");
  check(header.has(dns::kCd) == asked.has(dns::kCd), "CD");
  check(reply.opt().has_value() == query.opt().has_value(), "OPT");
}

/// What stands behind OWNER TTL CLASS TYPE.
std::string rdata_of(const std::string& record) {
  std::istringstream stream(record);
  std::string skipped, rdata;
  stream >> skipped >> skipped >> skipped >> skipped;
  std::getline(stream >> std::ws, rdata);
  return rdata;
}

}  // namespace

ClientReply read_client_reply(const test::Octets& query, Bytes reply) {
  const auto view = MessageView::parse(reply);
  if (!view) throw Failure("a reply that does not parse");
  check_frame(MessageView::parse(query).value(), *view);
  const test::LdnsMessage message(reply);
  ClientReply read{.text = dns::rcode_to_text(view->rcode())};
  for (const std::string& record : message.answer())
    read.text += " " + rdata_of(record);
  if (message.tc()) read.text += " tc";
  if (message.ad()) read.text += " ad";
  // RFC 8914 §2: OPTION-CODE 15, OPTION-LENGTH, INFO-CODE.
  if (view->opt() && view->opt()->rdata.size() >= 6) {
    read.text += " ede " + std::to_string(dns::load_u16(view->opt()->rdata, 4));
  }
  const auto ttls = message.ttls();
  if (!ttls.empty()) read.ttl = *std::ranges::min_element(ttls);
  return read;
}

}  // namespace pacedns::scenario
