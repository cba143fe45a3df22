#pragma once

// Resource records and named sets of them. The only files of the simulator that know ldns are this one's
// source, answer_builder, event_log (type names) and the tests.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct ldns_struct_rr;

namespace pacedns::simulator {

/// One resource record, never changed after it was read.
using Record = std::shared_ptr<const ldns_struct_rr>;

/// Reads presentation format, `www.example. 300 IN A 192.0.2.1`; the TTL defaults to 300. Throws ValueError.
[[nodiscard]] Record parse_record(const std::string& text);

/// Presentation format of a name to canonical wire form: lower case, uncompressed. Throws ValueError.
[[nodiscard]] std::string canonical_name(const std::string& text);

/// The canonical wire form of the record's owner, or of a CNAME's target.
[[nodiscard]] std::string owner_of(const Record& record);
[[nodiscard]] std::string cname_target_of(const Record& record);

/// RFC 1035 §3.2.2; for an RRSIG also the type it covers, 0 for other records.
[[nodiscard]] std::uint16_t type_of(const Record& record);
[[nodiscard]] std::uint16_t class_of(const Record& record);
[[nodiscard]] std::uint16_t covered_type_of(const Record& record);

/// Records by owner, in the order in which they were given. Copies share the records.
class RecordSet {
 public:
  RecordSet() = default;
  explicit RecordSet(const std::vector<Record>& records);

  /// Adds `records`. Each RRset among them replaces the one that was there, with its RRSIGs; a CNAME replaces
  /// whatever its owner had, and is replaced by anything else for its owner.
  void override_with(const std::vector<Record>& records);

  /// The records of a name in canonical wire form; nullptr when it has none.
  [[nodiscard]] const std::vector<Record>* find(std::string_view name) const;

  /// The SOA record of the nearest enclosing zone, or of `name` itself; nullptr when the set has none.
  [[nodiscard]] Record enclosing_soa(std::string_view name) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void remove_overridden(const Record& by);

  std::unordered_map<std::string, std::vector<Record>, Hash, std::equal_to<>> by_name_;
  bool has_soa_ = false;
};

}  // namespace pacedns::simulator
