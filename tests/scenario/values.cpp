#include "scenario/values.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <sstream>

#include <ldns/ldns.h>
#undef bool
#undef false
#undef true

#include "scenario/script.hpp"

namespace pacedns::scenario {

Duration read_duration(const std::string& word) {
  using namespace std::chrono_literals;
  static const std::map<std::string, Duration> kUnits{{"us", 1us}, {"ms", 1ms}, {"s", 1s},
                                                      {"m", 1min}, {"h", 1h},   {"d", 24h}};
  Duration::rep count = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, count);
  const auto unit = kUnits.find(std::string(rest, end));
  if (error != std::errc() || unit == kUnits.end()) throw Failure("`" + word + "` is no duration");
  return count * unit->second;
}

std::uint64_t read_number(const std::string& word) {
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || rest != end) throw Failure("`" + word + "` is no number");
  return number;
}

dns::Rcode read_rcode(const std::string& word) {
  using dns::Rcode;
  static const std::map<std::string, Rcode> kCodes{
      {"NOERROR", Rcode::NoError},   {"FORMERR", Rcode::FormErr}, {"SERVFAIL", Rcode::ServFail},
      {"NXDOMAIN", Rcode::NxDomain}, {"NOTIMP", Rcode::NotImp},   {"REFUSED", Rcode::Refused},
      {"BADVERS", Rcode::BadVers},   {"YXDOMAIN", Rcode{6}}};
  const auto found = kCodes.find(word);
  if (found == kCodes.end()) throw Failure("`" + word + "` is no RCODE");
  return found->second;
}

std::uint16_t read_type(const std::string& word) {
  const ldns_rr_type type = ldns_get_rr_type_by_name(word.c_str());
  if (type == 0) throw Failure("`" + word + "` is no RR type");
  return static_cast<std::uint16_t>(type);
}

std::string to_text(Duration duration) {
  std::ostringstream text;
  text << std::chrono::duration<double, std::milli>(duration).count() << "ms";
  return text.str();
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char sign) {
    return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + ('a' - 'A')) : sign;
  });
  return text;
}

}  // namespace pacedns::scenario
