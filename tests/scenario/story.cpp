#include "scenario/story.hpp"

#include <algorithm>
#include <utility>

#include "scenario/script.hpp"
#include "scenario/values.hpp"

namespace pacedns::scenario {

void Story::add(TimePoint at, std::string what, std::string text, std::uint32_t ttl) {
  events_.push_back({at, std::move(what), std::move(text), ttl});
}

void Story::tell(const std::string& what, const std::string& text) {
  const auto event =
      std::ranges::find_if(events_, [&](const Event& each) { return !each.told && each.what == what; });
  if (event == events_.end()) throw Failure("expected: " + what + " " + text + "\n    seen: nothing of it");
  event->told = true;
  const std::string with_ttl = event->text + " ttl " + std::to_string(event->ttl);
  if (text != event->text && text != with_ttl) {
    throw Failure("expected: " + what + " " + text + "\n    seen: " + what + " " + with_ttl);
  }
}

void Story::tell_all(const std::string& what, const std::vector<std::string>& texts) {
  std::string expected, seen;
  for (const std::string& text : texts)
    expected += " " + text;
  for (Event& event : events_) {
    if (event.told || event.what != what) continue;
    event.told = true;
    seen += " " + event.text;
  }
  if (expected != seen) throw Failure("expected: " + what + expected + "\n    seen: " + what + seen);
}

void Story::check_all_told() const {
  for (const Event& event : events_) {
    if (event.told) continue;
    throw Failure("not told: at " + scenario::to_text(event.at - kBeginning) + " " + event.what + " " +
                  event.text);
  }
}

void Story::skip_untold() {
  for (Event& event : events_)
    event.told = true;
}

std::string Story::to_text() const {
  std::string text;
  for (const Event& event : events_) {
    text += "  " + scenario::to_text(event.at - kBeginning) + " " + event.what + " " + event.text + "\n";
  }
  return text;
}

}  // namespace pacedns::scenario
