#include "pacedns/control/attempt_table.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/columns.hpp"

namespace pacedns::control {
namespace {

constexpr std::size_t kNoteIndent = 6;

std::string line(const std::string& upstream, const std::string& tier, const std::string& asked,
                 const std::string& took, const std::string& said) {
  return "  " + left(upstream, 18) + ' ' + left(tier, 6) + ' ' + right(asked, 9) + ' ' + right(took, 9) +
         "  " + said + '\n';
}

std::string outcome_text(JsonView attempt) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTexts{{
      {"network_error", "network error"},
      {"no_reply", "no reply"},
      {"not_sent", "could not be sent"},
      {"abandoned", "given up before a reply"},
      {"pending", "no reply so far"},
  }};
  const std::string outcome = attempt["outcome"].shown();
  for (const auto& [known, text] : kTexts)
    if (outcome == known) return std::string(text);
  return attempt["rcode"].text().value_or(outcome);
}

std::string merge_text(JsonView attempt) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTexts{{
      {"winner", ", answered the client"},
      {"merged", ", merged"},
      {"disagrees", ", not merged: disagrees"},
      {"other_owner", ", not merged: other name"},
      {"not_mergeable", ", not merged"},
  }};
  if (attempt["winner"].is_true()) return std::string(kTexts.front().second);
  const auto merge = attempt["merge"].text();
  if (!merge) return "";
  for (const auto& [known, text] : kTexts)
    if (*merge == known) return std::string(text);
  return ", " + *merge;
}

std::string took_text(JsonView attempt) {
  const auto launched = attempt["launched_ms"].number();
  const auto ended = attempt["ended_ms"].number();
  return launched && ended ? ms_text(*ended - *launched) : "-";
}

/// What is out of the ordinary, as sentences.
std::vector<std::string> notes_on(JsonView attempt) {
  std::vector<std::string> notes;
  if (const auto why = attempt["why"].text()) notes.push_back(*why);
  if (const auto error = attempt["error"].text()) notes.push_back(*error);
  if (attempt["transport"].text() == "tcp") notes.emplace_back("over TCP");
  if (attempt["edns"].boolean() == false) notes.emplace_back("without EDNS");
  if (const auto times = attempt["retransmissions"].number(); times && *times > 0)
    notes.push_back("sent again " + counted(times, "time", "times"));
  return notes;
}

}  // namespace

std::string attempt_table(JsonView attempts) {
  std::string text = line("upstream", "tier", "asked at", "took", "said");
  for (const JsonView attempt : attempts.items()) {
    text +=
        line(attempt["upstream"].shown(), attempt["tier"].shown(), ms_text(attempt["launched_ms"].number()),
             took_text(attempt), outcome_text(attempt) + merge_text(attempt));
    for (const std::string& note : notes_on(attempt))
      text += wrapped(note, kNoteIndent);
  }
  return text;
}

}  // namespace pacedns::control
