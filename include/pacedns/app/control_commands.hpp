#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace pacedns::app {

/// The commands that talk to a running daemon over its control socket: `status`, `explain`, `flush`, `dump`.
/// What they do is in the module control; here are their words on the command line.
class ControlCommands {
 public:
  /// Adds them to `app`, whose option `config` names the configuration file. Both must outlive it.
  ControlCommands(CLI::App& app, const CLI::Option& config);
  ~ControlCommands() = default;
  ControlCommands(const ControlCommands&) = delete;
  ControlCommands& operator=(const ControlCommands&) = delete;

  /// Whether one of them was on the command line.
  [[nodiscard]] bool parsed() const;

  /// Runs that one. `config_file` is where it may find the socket. Returns the exit code.
  [[nodiscard]] int run(const std::string& config_file) const;

 private:
  CLI::App* add(const std::string& name, const std::string& description);
  void add_status();
  void add_explain();
  void add_flush();

  [[nodiscard]] std::string flush_target() const;

  CLI::App& app_;
  const CLI::Option& config_;
  std::string socket_;
  bool json_ = false;
  bool watch_ = false;
  std::string name_;
  std::string type_ = "A";
  std::string suffix_;
  bool all_ = false;
  CLI::App* status_ = nullptr;
  CLI::App* explain_ = nullptr;
  CLI::App* flush_ = nullptr;
  CLI::App* dump_ = nullptr;
};

}  // namespace pacedns::app
