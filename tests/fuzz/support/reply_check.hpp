#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/question.hpp"

#include "fuzz/support/require.hpp"
#include "support/ldns_comparison.hpp"

namespace pacedns::test {

/// What a client asked, as far as its message can be read: worked out anew, for nothing of `dns::Query`.
struct Asked {
  explicit Asked(Bytes query) : header(dns::Header::read(query)), view(dns::MessageView::parse(query)) {
    if (header.question_count == 1) question = dns::read_question(query);
    if (view && view->opt()) edns = dns::Edns::read(*view->opt());
  }

  /// The largest reply over UDP (RFC 1035 §4.2.1, RFC 6891 §6.2.3).
  [[nodiscard]] std::size_t udp_limit() const {
    if (!edns) return 512;
    return std::min<std::size_t>(std::max<std::size_t>(edns->udp_payload_size, 512), 1232);
  }

  dns::Header header;
  std::optional<dns::Question> question;
  std::optional<dns::MessageView> view;  // nothing if the message is malformed
  std::optional<dns::Edns> edns;
};

/// ID, Opcode, RD and CD are the query's, QR and RA are set, AA is not (RFC 1035 §4.1.1, RFC 4035 §3.2.2), AD
/// only for who understands it (RFC 6840 §5.8).
inline void check_reply_header(const Asked& asked, const dns::Header& header) {
  constexpr std::uint16_t kCopied = dns::kOpcodeMask | dns::kRd | dns::kCd;
  require(header.has(dns::kQr), "QR is set");
  require(header.has(dns::kRa), "RA is set");
  require(!header.has(dns::kAa), "AA is not set");
  require(header.id == asked.header.id, "the ID is the query's");
  require((header.flags & kCopied) == (asked.header.flags & kCopied), "Opcode, RD and CD are the query's");
  const bool understands_ad = asked.header.has(dns::kAd) || (asked.edns && asked.edns->dnssec_ok);
  require(understands_ad || !header.has(dns::kAd), "AD is for who understands it");
}

/// OPT is there exactly when the query had one (RFC 6891 §6.1.1), of version 0, with DO as in the query and
/// no option but an Extended DNS Error.
inline void check_reply_opt(const Asked& asked, const std::optional<dns::Record>& opt) {
  require(opt.has_value() == asked.edns.has_value(), "OPT is there exactly when the query had one");
  if (!opt) return;
  const dns::Edns edns = dns::Edns::read(*opt);
  require(edns.version == 0, "the EDNS version is 0");
  require(edns.dnssec_ok == asked.edns->dnssec_ok, "DO is the query's");
  require(edns.udp_payload_size == dns::kUdpPayloadSize, "the EDNS size is ours");
  require(opt->rdata.empty() || opt->rdata.size() == 6, "no options but an Extended DNS Error");
}

/// What every reply to `query` must be like, whatever that is; the query has a header. Where the RRs come
/// from an upstream ldns may find fault with them, so it is asked with `for_ldns` only.
inline void check_reply(Bytes query, Bytes reply, std::size_t limit, bool for_ldns = true) {
  const Asked asked(query);
  require(reply.size() <= limit, "the reply is within the limit");
  require(reply.size() >= dns::kHeaderSize, "the reply has a header");
  check_reply_header(asked, dns::Header::read(reply));
  if (for_ldns) require(ldns_parse(reply) != nullptr, "ldns takes the reply");
  if (!asked.question) {
    const dns::Header header = dns::Header::read(reply);
    require(header.question_count == 0 && reply.size() == dns::kHeaderSize,
            "where there was no question that could be read, there is nothing but a header");
    return;
  }
  const auto view = dns::MessageView::parse(reply);
  require(view.has_value(), "the reply can be read");
  require(view->wire().size() == reply.size(), "nothing stands behind the last RR");
  require(std::ranges::equal(view->question().wire, asked.question->wire),
          "the question is the query's, its letter case included");
  check_reply_opt(asked, view->opt());
  const dns::Header& header = view->header();
  if (header.has(dns::kTc)) {
    require(header.answer_count == 0 && header.authority_count == 0 &&
                header.additional_count == (view->opt() ? 1 : 0),
            "with TC there are no RRs but OPT");
  }
}

}  // namespace pacedns::test
