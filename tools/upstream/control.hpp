#pragma once

// The commands of the control interface: text in, text out. What each does is described in README.md.

#include <string>
#include <string_view>

#include "upstream/event_log.hpp"
#include "upstream/simulator.hpp"

namespace pacedns::simulator {

class Control {
 public:
  /// Both outlive this object.
  Control(Simulator& simulator, EventLog& log) : simulator_(simulator), log_(log) {}

  /// Carries out one line. The output ends with a line `ok` or `error <what is wrong>`. An empty line is
  /// nothing and gives nothing.
  [[nodiscard]] std::string execute(std::string_view line);

  /// `quit` was among the commands.
  [[nodiscard]] bool quit() const { return quit_; }

 private:
  std::string run(std::string_view line);
  void set(std::string_view arguments);
  void forge(std::string_view arguments);
  [[nodiscard]] std::string count() const;

  Simulator& simulator_;
  EventLog& log_;
  bool quit_ = false;
};

}  // namespace pacedns::simulator
