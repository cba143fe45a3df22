#include "pacedns/plan/response_verdict.hpp"

namespace pacedns::plan {
namespace {

using dns::Rcode;

/// No answer, no SOA, but name servers of somebody else to ask (RFC 2308 §2.1): NODATA from a server that
/// recurses looks different, it has RA set or an SOA.
bool is_referral(const dns::MessageView& reply) {
  const auto& header = reply.header();
  if (header.answer_count != 0 || header.has(dns::kRa) || header.has(dns::kAa)) return false;
  bool name_servers = false;
  auto records = reply.records();
  while (const auto record = records.next()) {
    if (record->section != dns::Section::Authority) continue;
    if (record->is(dns::RrType::Soa)) return false;
    name_servers |= record->is(dns::RrType::Ns);
  }
  return name_servers;
}

/// Whether an RR of the answer is at QNAME, or a DNAME above it (RFC 1034 §5.3.3, RFC 5452 §6). What follows
/// a CNAME is at other names, but not what comes first.
bool is_about_the_question(const dns::MessageView& reply) {
  const Bytes qname = reply.question().name();
  auto records = reply.records();
  while (const auto record = records.next()) {
    if (record->section != dns::Section::Answer) break;
    const auto owner = dns::Name::read(reply.wire(), record->owner_offset);
    if (!owner) continue;
    if (record->is(dns::RrType::Dname) ? dns::is_at_or_below(qname, owner->wire())
                                       : dns::equal_ignoring_case(qname, owner->wire()))
      return true;
  }
  return false;
}

int preference(Rcode rcode) {
  switch (rcode) {
    case Rcode::ServFail:
      return 4;
    case Rcode::Refused:
      return 3;
    case Rcode::NotImp:
      return 2;
    case Rcode::FormErr:
      return 1;
    case Rcode::NoError:
    case Rcode::NxDomain:
      // What made this reply useless, such as being a referral, is not in its RCODE.
      return 0;
    default:
      // Others, such as YXDOMAIN (RFC 6672 §2.2), say something about the name. Those above 15 are about
      // EDNS.
      return static_cast<std::uint16_t>(rcode) > 15 ? 0 : 5;
  }
}

}  // namespace

ResponseVerdict judge(const dns::MessageView& reply, bool with_edns, bool over_tcp) {
  const Rcode rcode = reply.rcode();
  if (with_edns && (rcode == Rcode::FormErr || rcode == Rcode::BadVers || rcode == Rcode::NotImp)) {
    return ResponseVerdict::NoEdns;
  }
  if (reply.header().has(dns::kTc)) return over_tcp ? ResponseVerdict::Failure : ResponseVerdict::Truncated;
  if (rcode != Rcode::NoError && rcode != Rcode::NxDomain) return ResponseVerdict::Failure;
  if (reply.header().answer_count != 0 && !is_about_the_question(reply)) return ResponseVerdict::Failure;
  if (rcode == Rcode::NoError && is_referral(reply)) return ResponseVerdict::Failure;
  return ResponseVerdict::Usable;
}

bool better_failure(Rcode candidate, Rcode current) {
  return preference(candidate) > preference(current);
}

}  // namespace pacedns::plan
