#include "pacedns/dns/query_builder.hpp"

#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"

namespace pacedns::dns {

UpstreamQuery build_query(const UpstreamQuestion& asked, bool with_edns) {
  const std::size_t size = kHeaderSize + asked.question.size();
  UpstreamQuery query(with_edns ? size + kOptSize : size, boost::container::default_init);
  const Header header{.flags = static_cast<std::uint16_t>(kRd | kAd | (asked.checking_disabled ? kCd : 0)),
                      .question_count = 1,
                      .additional_count = static_cast<std::uint16_t>(with_edns ? 1 : 0)};
  header.write(query);
  copy_octets(asked.question, query.data() + kHeaderSize);
  if (with_edns) write_opt(query, size, Rcode::NoError, asked.dnssec_ok, ExtendedError::None);
  return query;
}

}  // namespace pacedns::dns
