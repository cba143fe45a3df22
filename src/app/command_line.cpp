#include "pacedns/app/command_line.hpp"

#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "pacedns/app/check.hpp"
#include "pacedns/app/control_commands.hpp"
#include "pacedns/app/daemon.hpp"
#include "pacedns/app/exit_code.hpp"
#include "pacedns/config/loader.hpp"

namespace pacedns::app {
namespace {

constexpr const char* kDefaultConfig = "/etc/pacedns/pacedns.yaml";

/// The configuration, or nothing when its errors have been printed.
std::shared_ptr<const config::Config> load(const std::string& path) {
  const auto loaded = config::load_file(path);
  for (const config::ConfigError& error : loaded.errors)
    std::cerr << config::to_string(error) << '\n';
  return loaded.config;
}

int check(const std::string& path, bool quiet, bool probe) {
  const auto config = load(path);
  if (!config) return kUsage;
  if (quiet) return kFine;
  std::cout << path << ": the configuration is valid\n";
  // What stands in the way of the addresses is no fault of the configuration, and may be a daemon that has
  // them.
  report_addresses(*config, std::cout);
  return !probe || report_upstreams(*config, std::cout) ? kFine : kFailed;
}

int run(const std::string& path) {
  const auto config = load(path);
  if (!config) return kUsage;
  try {
    return Daemon(path, config).run();
  } catch (const std::exception& error) {
    std::cerr << "pacedns: cannot run: " << error.what() << '\n';
    return kFailed;
  }
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app("pacedns, a DNS forwarder that asks upstreams in paced tiers");
  std::string path = kDefaultConfig;
  app.set_version_flag("--version", std::string("pacedns ") + PACEDNS_VERSION);
  const CLI::Option* const config =
      app.add_option("-c,--config", path, "configuration file")->capture_default_str();
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("run", "run in the foreground (the default)");
  CLI::App* const check_command =
      app.add_subcommand("check", "check the configuration, tell what is in the way of it, and exit");
  bool quiet = false;
  bool probe = false;
  auto* const quiet_flag = check_command->add_flag("--quiet", quiet, "errors of the configuration only");
  check_command->add_flag("--probe", probe, "ask each upstream one query")->excludes(quiet_flag);
  const ControlCommands control_commands(app, *config);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kUsage;
  }
  if (control_commands.parsed()) return control_commands.run(path);
  return check_command->parsed() ? check(path, quiet, probe) : run(path);
}

}  // namespace pacedns::app
