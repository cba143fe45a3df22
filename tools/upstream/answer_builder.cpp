#include "upstream/answer_builder.hpp"

#include <arpa/inet.h>

#include <cstdlib>
#include <memory>
#include <string>

#include <ldns/ldns.h>

#include "upstream/synthesis.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::size_t kLongestChain = 16;
constexpr std::uint16_t kServFail = 2;  // what does not fit a message
constexpr std::uint16_t kNxDomain = 3;
constexpr std::uint16_t kRefused = 5;

struct Sections {
  std::uint16_t rcode = 0;
  std::vector<Record> answers;
  std::vector<Record> authorities;
};

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};

bool matches_class(const Record& record, const Query& query) {
  return query.qclass == LDNS_RR_CLASS_ANY || class_of(record) == query.qclass;
}

/// Appends the records of `type`, and with DO the signatures over them. False when there are none.
bool append_rrset(const std::vector<Record>& from, std::uint16_t type, const Query& query,
                  std::vector<Record>& to) {
  bool found = false;
  for (const Record& record : from) {
    if (!matches_class(record, query) || (type != LDNS_RR_TYPE_ANY && type_of(record) != type)) continue;
    to.push_back(record);
    found = true;
  }
  if (!found || !query.dnssec_ok || type == LDNS_RR_TYPE_ANY) return found;
  for (const Record& record : from) {
    if (matches_class(record, query) && covered_type_of(record) == type) to.push_back(record);
  }
  return true;
}

/// Presentation format of a canonical name, every octet escaped that could mean something.
std::string name_text(std::string_view wire) {
  std::string text;
  while (!wire.empty() && wire.front() != 0) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(wire.front()));
    for (const char octet : wire.substr(1, length)) {
      const auto value = static_cast<unsigned char>(octet);
      const std::string digits = std::to_string(value);
      text += "\\" + std::string(3 - digits.size(), '0') + digits;
    }
    text += '.';
    wire.remove_prefix(1 + length);
  }
  return text.empty() ? "." : text;
}

Record address_record(std::string_view owner, std::uint32_t ttl, const Synthesis& found, std::size_t index) {
  const bool v4 = found.address_size == 4;
  std::string text = name_text(owner) + " " + std::to_string(ttl) + (v4 ? " IN A " : " IN AAAA ");
  char buffer[INET6_ADDRSTRLEN] = {};
  text += ::inet_ntop(v4 ? AF_INET : AF_INET6, found.addresses[index].data(), buffer, sizeof(buffer));
  return parse_record(text);
}

/// The end of a CNAME chain that leaves the record set: synthesized data, or what kind of nothing there is.
void append_synthesized(std::string_view name, const Query& query, const AnswerOptions& options,
                        const AnswerData& data, Sections& sections) {
  const Synthesis found = data.synthesize ? synthesize(name, query.qtype, data.upstream) : Synthesis{};
  for (std::size_t i = 0; i < found.count; ++i) {
    sections.answers.push_back(address_record(name, options.ttl, found, i));
  }
  const bool exists = found.kind == SynthesisKind::Addresses || found.kind == SynthesisKind::NoData;
  if (!exists) sections.rcode = kNxDomain;
}

void append_soa(std::string_view name, const Query& query, const AnswerData& data, Sections& sections) {
  const Record own = data.records.enclosing_soa(name);
  if (!own) {
    sections.authorities.push_back(default_soa(is_within(name, kExampleZone) ? kExampleZone : kRootZone));
    return;
  }
  append_rrset(*data.records.find(owner_of(own)), LDNS_RR_TYPE_SOA, query, sections.authorities);
}

/// Follows CNAME records from the question's name to the RRset asked for (RFC 1034 §4.3.2), or to where it is
/// missing; RFC 6604: the RCODE is that of the last name. The last name is left in `name`.
Sections look_up(const Query& query, const AnswerOptions& options, const AnswerData& data,
                 std::string& name) {
  Sections sections;
  for (std::size_t hops = 0; hops < kLongestChain; ++hops) {
    const std::vector<Record>* records = data.records.find(name);
    if (records == nullptr) {
      append_synthesized(name, query, options, data, sections);
      return sections;
    }
    if (append_rrset(*records, query.qtype, query, sections.answers)) return sections;
    const std::size_t before = sections.answers.size();
    if (!append_rrset(*records, LDNS_RR_TYPE_CNAME, query, sections.answers)) {
      const bool other_class = query.qclass != LDNS_RR_CLASS_IN && query.qclass != LDNS_RR_CLASS_ANY;
      if (other_class && hops == 0) sections.rcode = kRefused;
      return sections;
    }
    name = cname_target_of(sections.answers[before]);
  }
  return sections;
}

void push_all(ldns_pkt* packet, ldns_pkt_section section, const std::vector<Record>& records) {
  for (const Record& record : records)
    ldns_pkt_push_rr(packet, section, ldns_rr_clone(record.get()));
}

/// ldns compresses names against the question, so the octets behind it fit any response to that question.
std::vector<std::uint8_t> sections_wire(const Query& query, const AnswerOptions& options,
                                        const Sections& sections) {
  const std::unique_ptr<ldns_pkt, FreePacket> packet(ldns_pkt_new());
  if (options.question) {
    ldns_rr* question = ldns_rr_new();
    ldns_rr_set_question(question, true);
    ldns_rr_set_owner(
        question, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, query.canonical_size, query.canonical.data()));
    ldns_rr_set_type(question, static_cast<ldns_rr_type>(query.qtype));
    ldns_rr_set_class(question, static_cast<ldns_rr_class>(query.qclass));
    ldns_pkt_push_rr(packet.get(), LDNS_SECTION_QUESTION, question);
  }
  push_all(packet.get(), LDNS_SECTION_ANSWER, sections.answers);
  push_all(packet.get(), LDNS_SECTION_AUTHORITY, sections.authorities);
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK) return {};
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> owner(wire, std::free);
  const std::size_t behind = kHeaderSize + (options.question ? query.question.size() : 0);
  return {wire + behind, wire + size};
}

}  // namespace

Answer build_answer(const Query& query, const AnswerOptions& options, const AnswerData& data) {
  std::string name(query.canonical_name());
  Sections sections = look_up(query, options, data, name);
  const bool has_terminal_data = !sections.answers.empty() && owner_of(sections.answers.back()) == name;
  const bool negative = sections.rcode == kNxDomain || (sections.rcode == 0 && !has_terminal_data);
  if (negative && options.soa) append_soa(name, query, data, sections);
  Answer answer;
  answer.rcode = sections.rcode;
  answer.answers = static_cast<std::uint16_t>(sections.answers.size());
  answer.authorities = static_cast<std::uint16_t>(sections.authorities.size());
  answer.body = sections_wire(query, options, sections);
  if (answer.body.empty() && answer.answers + answer.authorities > 0) return Answer{kServFail, 0, 0, {}};
  return answer;
}

Record default_soa(std::string_view zone) {
  const bool root = zone == kRootZone;
  return parse_record(std::string(root ? "." : "example.") +
                      " 60 IN SOA ns.example. hostmaster.example. 1 3600 600 86400 60");
}

std::vector<std::uint8_t> record_wire(const Record& record) {
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_rr2wire(&wire, record.get(), LDNS_SECTION_ANSWER, &size) != LDNS_STATUS_OK) return {};
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> owner(wire, std::free);
  return {wire, wire + size};
}

}  // namespace pacedns::simulator
