#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/message_builder.hpp"

namespace pacedns::scenario {

/// What an upstream knows: RRs in presentation format, `OWNER TTL CLASS TYPE RDATA`. An owner may begin with
/// `*.`, which stands for any labels.
class RecordData {
 public:
  void add(const std::string& text);

  /// Forgets the RRs with this owner.
  void remove(const std::string& owner);

  /// The response of somebody who resolves: the CNAME chain from the question's name and the RRs of its type
  /// at the end; NODATA or NXDOMAIN with an SOA if there are none. With `dnssec_ok` RRSIGs of the type too.
  [[nodiscard]] test::Octets respond(test::MessageBuilder reply, const std::string& qname,
                                     std::uint16_t qtype, bool dnssec_ok) const;

 private:
  struct Entry {
    std::string owner;  // in lower case
    std::uint16_t type;
    std::string covered;  // by an RRSIG
    std::string text;     // behind the owner
  };

  [[nodiscard]] static bool matches(const Entry& entry, const std::string& name);

  std::vector<Entry> entries_;
};

}  // namespace pacedns::scenario
