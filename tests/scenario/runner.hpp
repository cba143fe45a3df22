#pragma once

#include <string>
#include <vector>

#include "scenario/script.hpp"
#include "scenario/world.hpp"

namespace pacedns::scenario {

/// Plays a scenario. README.md explains the verbs.
class Runner {
 public:
  /// Throws a `Failure` that says what is wrong; then `line()` says where.
  void play(const std::vector<Line>& script);

  /// The number of the line that is being played.
  [[nodiscard]] int line() const { return line_; }

  /// What has happened so far, for a person to read beside a failure.
  [[nodiscard]] std::string story() { return world_.story().to_text(); }

 private:
  void perform(const Line& line);
  [[nodiscard]] bool perform_setup(const Line& line);
  [[nodiscard]] bool perform_action(const Line& line);
  [[nodiscard]] bool perform_check(const Line& line);

  void apply_changes();
  void add_upstream(const Line& line);
  void move_on(const Line& line, bool tell);
  void flood(const Line& line);
  void check_waited(const Line& line);
  [[nodiscard]] ClientQuery make_query(const std::string& client, const std::string& qname, const Line& line,
                                       std::size_t first_flag);
  [[nodiscard]] std::vector<ScriptedUpstream*> upstreams_of(const Line& line);

  World world_;
  std::vector<std::string> upstreams_;  // configured, in order
  bool changed_ = true;                 // since the configuration was applied last
  bool tell_rest_ = true;
  int line_ = 0;
  std::uint16_t next_id_ = 0x1000;
};

}  // namespace pacedns::scenario
