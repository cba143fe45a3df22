// Presentation format: any octets as a text of a name or type, as a name, and as a message whose RRs are
// written. What is read from what was written is the same again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/presentation.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/require.hpp"

namespace pacedns {
namespace {

using test::require;
using Octets = std::vector<std::uint8_t>;

bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char sign) { return sign >= 0x20 && sign < 0x7f; });
}

/// A name that is written is read as the same again, in lower case.
void check_name(Bytes name) {
  const std::string text = dns::name_to_text(name);
  require(is_printable(text), "a name is written in printable signs");
  const auto read = dns::Name::read(name, 0);
  if (!read || read->wire().size() != name.size()) {
    require(text == "(malformed)", "what is no name is said to be none");
    return;
  }
  Octets lowered(name.size());
  dns::copy_lowered(name, lowered.data());
  require(dns::name_from_text(text) == lowered, "a name that was written is read again");
}

void check_texts(const std::string& text) {
  if (const auto name = dns::name_from_text(text)) {
    require(name->size() <= dns::kMaxNameSize, "a name has at most 255 octets");
    check_name(*name);
  }
  if (const auto type = dns::type_from_text(text))
    require(dns::type_from_text(dns::type_to_text(*type)) == type, "a type that was written is read again");
}

void check_message(Bytes message) {
  const auto records = dns::records_to_text(message);
  if (!records) return;
  for (const std::string& text : *records)
    require(is_printable(text), "an RR is written on one line, in printable signs");
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  test::FuzzInput input(data, size);
  const unsigned kind = input.below(3);
  const Octets rest = test::copy_of(input.rest());
  if (kind == 0) check_texts(std::string(rest.begin(), rest.end()));
  if (kind == 1) check_name(rest);
  if (kind == 2) check_message(rest);
  return 0;
}
