#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pacedns/base/time.hpp"

namespace pacedns::scenario {

/// Scenarios begin here, at a whole second, so that TTLs age at whole seconds of the scenario.
inline constexpr TimePoint kBeginning{std::chrono::hours(1)};

/// What happened, in order, and which of it the scenario has told.
class Story {
 public:
  /// `what` is `asked`, or one of `answered`, `hit`, `refused` and a client.
  void add(TimePoint at, std::string what, std::string text, std::uint32_t ttl = 0);

  /// A failure unless the next untold event of this kind has this text, or it with `ttl N` behind it.
  void tell(const std::string& what, const std::string& text);

  /// Several events of one kind, in this order and no more of them.
  void tell_all(const std::string& what, const std::vector<std::string>& texts);

  /// A failure if something has not been told.
  void check_all_told() const;
  void skip_untold();

  /// Everything, one event a line.
  [[nodiscard]] std::string to_text() const;

 private:
  struct Event {
    TimePoint at;
    std::string what;
    std::string text;
    std::uint32_t ttl = 0;
    bool told = false;
  };

  std::vector<Event> events_;
};

}  // namespace pacedns::scenario
