#include "scenario/record_data.hpp"

#include <sstream>

#include "scenario/script.hpp"
#include "scenario/values.hpp"

namespace pacedns::scenario {
namespace {

constexpr std::uint16_t kCname = 5;
constexpr std::uint16_t kRrsig = 46;
constexpr int kLongestChain = 8;
constexpr const char* kSoa = "example. 900 IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 600";

}  // namespace

void RecordData::add(const std::string& text) {
  std::istringstream stream(text);
  std::string owner, ttl, rr_class, type, first;
  if (!(stream >> owner >> ttl >> rr_class >> type >> first))
    throw Failure("an RR is OWNER TTL CLASS TYPE RDATA");
  static_cast<void>(test::record(text));  // throws if it is none
  entries_.push_back({lower(owner), read_type(type), first, text.substr(text.find(' '))});
}

void RecordData::remove(const std::string& owner) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.owner == lower(owner); });
}

bool RecordData::matches(const Entry& entry, const std::string& name) {
  if (!entry.owner.starts_with("*.")) return entry.owner == name;
  return name.ends_with(entry.owner.substr(1));
}

test::Octets RecordData::respond(test::MessageBuilder reply, const std::string& qname, std::uint16_t qtype,
                                 bool dnssec_ok) const {
  bool exists = false;
  bool answered = false;
  std::string owner = lower(qname);
  for (int i = 0; i < kLongestChain; ++i) {
    std::string next;
    for (const Entry& entry : entries_) {
      if (!matches(entry, owner)) continue;
      exists = true;
      const bool signature = entry.type == kRrsig && dnssec_ok && read_type(entry.covered) == qtype;
      const bool chain = entry.type == kCname && qtype != kCname;
      if (entry.type != qtype && !signature && !chain) continue;
      answered |= entry.type == qtype;
      reply.answer(owner + entry.text);
      if (chain) next = lower(entry.covered);
    }
    if (next.empty()) break;
    owner = next;
  }
  if (!exists) reply.response(dns::Rcode::NxDomain);
  if (!answered) reply.authority(kSoa);
  return reply.opt().wire();
}

}  // namespace pacedns::scenario
