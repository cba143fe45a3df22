#include "upstream/record_set.hpp"

#include <algorithm>

#include <ldns/ldns.h>

#include "upstream/values.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::uint32_t kDefaultTtl = 300;

char lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet - 'A' + 'a') : octet;
}

/// A length octet is at most 63, so lower-casing the whole wire form leaves it alone.
std::string canonical(const ldns_rdf* name) {
  std::string wire(reinterpret_cast<const char*>(ldns_rdf_data(name)), ldns_rdf_size(name));
  std::transform(wire.begin(), wire.end(), wire.begin(), lower);
  return wire;
}

}  // namespace

Record parse_record(const std::string& text) {
  ldns_rr* rr = nullptr;
  const ldns_status status = ldns_rr_new_frm_str(&rr, text.c_str(), kDefaultTtl, nullptr, nullptr);
  if (status != LDNS_STATUS_OK) {
    throw ValueError("'" + text + "' is not a record: " + ldns_get_errorstr_by_id(status));
  }
  return {rr, [](const ldns_rr* owned) {
            ldns_rr_free(
                const_cast<ldns_rr*>(owned));  // NOLINT(cppcoreguidelines-pro-type-const-cast): it was ours
          }};
}

std::string canonical_name(const std::string& text) {
  const std::unique_ptr<ldns_rdf, decltype(&ldns_rdf_deep_free)> name(ldns_dname_new_frm_str(text.c_str()),
                                                                      ldns_rdf_deep_free);
  if (!name) throw ValueError("'" + text + "' is not a domain name");
  return canonical(name.get());
}

std::string owner_of(const Record& record) {
  return canonical(ldns_rr_owner(record.get()));
}

std::string cname_target_of(const Record& record) {
  return canonical(ldns_rr_rdf(record.get(), 0));
}

std::uint16_t type_of(const Record& record) {
  return static_cast<std::uint16_t>(ldns_rr_get_type(record.get()));
}

std::uint16_t class_of(const Record& record) {
  return static_cast<std::uint16_t>(ldns_rr_get_class(record.get()));
}

std::uint16_t covered_type_of(const Record& record) {
  if (type_of(record) != LDNS_RR_TYPE_RRSIG) return 0;
  const ldns_rdf* covered = ldns_rr_rrsig_typecovered(record.get());
  return covered == nullptr ? std::uint16_t{0} : ldns_rdf2native_int16(covered);
}

RecordSet::RecordSet(const std::vector<Record>& records) {
  for (const Record& record : records) {
    by_name_[owner_of(record)].push_back(record);
    has_soa_ = has_soa_ || type_of(record) == LDNS_RR_TYPE_SOA;
  }
}

void RecordSet::override_with(const std::vector<Record>& records) {
  for (const Record& record : records)
    remove_overridden(record);
  for (const Record& record : records) {
    by_name_[owner_of(record)].push_back(record);
    has_soa_ = has_soa_ || type_of(record) == LDNS_RR_TYPE_SOA;
  }
}

void RecordSet::remove_overridden(const Record& by) {
  const auto found = by_name_.find(owner_of(by));
  if (found == by_name_.end()) return;
  const std::uint16_t type = type_of(by);
  std::erase_if(found->second, [&](const Record& old) -> bool {
    if (class_of(old) != class_of(by)) return false;
    const std::uint16_t old_type = type_of(old);
    const std::uint16_t old_subject = old_type == LDNS_RR_TYPE_RRSIG ? covered_type_of(old) : old_type;
    if (type == LDNS_RR_TYPE_RRSIG) return old_type == type && old_subject == covered_type_of(by);
    return type == LDNS_RR_TYPE_CNAME || old_subject == LDNS_RR_TYPE_CNAME || old_subject == type;
  });
  if (found->second.empty()) by_name_.erase(found);
}

const std::vector<Record>* RecordSet::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

Record RecordSet::enclosing_soa(std::string_view name) const {
  if (!has_soa_) return nullptr;
  while (!name.empty()) {
    if (const auto* records = find(name)) {
      for (const Record& record : *records) {
        if (type_of(record) == LDNS_RR_TYPE_SOA) return record;
      }
    }
    const std::size_t label = 1 + static_cast<std::size_t>(static_cast<unsigned char>(name.front()));
    name.remove_prefix(std::min(label, name.size()));
  }
  return nullptr;
}

}  // namespace pacedns::simulator
