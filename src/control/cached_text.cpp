#include "pacedns/control/cached_text.hpp"

#include "pacedns/control/amounts.hpp"

namespace pacedns::control {
namespace {

std::string filled_by(JsonView entry) {
  const auto flight = entry["flight"].number();
  if (!flight) return "  it is not known which flight filled it\n";
  std::string text = "  filled by flight " + decimal_text(flight, 0);
  if (entry["remembered"].boolean() == false) text += ", which is no longer remembered";
  return text + '\n';
}

}  // namespace

std::string flags_text(JsonView question) {
  const bool dnssec_ok = question["do"].is_true();
  const bool checking_disabled = question["cd"].is_true();
  if (!dnssec_ok && !checking_disabled) return "";
  return dnssec_ok && checking_disabled ? " (DO, CD)" : dnssec_ok ? " (DO)" : " (CD)";
}

std::string cached_text(JsonView entry) {
  std::string text = "cached" + flags_text(entry) + ": " + entry["rcode"].shown() + ", for " +
                     duration_text(entry["stored_ago_s"].number()) + "; expires in " +
                     duration_text(entry["expires_in_s"].number()) + '\n' + filled_by(entry);
  const auto answer = entry["answer"].items();
  for (const JsonView record : answer)
    text += "    " + record.shown() + '\n';
  if (answer.empty()) text += "    no records in the answer\n";
  return text;
}

}  // namespace pacedns::control
