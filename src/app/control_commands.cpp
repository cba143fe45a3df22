#include "pacedns/app/control_commands.hpp"

#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include <unistd.h>

#include "pacedns/app/exit_code.hpp"
#include "pacedns/config/loader.hpp"
#include "pacedns/control/client.hpp"
#include "pacedns/control/commands.hpp"
#include "pacedns/control/find_socket.hpp"
#include "pacedns/control/printable.hpp"
#include "pacedns/control/target.hpp"
#include "pacedns/control/watch.hpp"

namespace pacedns::app {
namespace {

constexpr auto kRedraw = std::chrono::seconds(1);

std::string check_path(const std::string& path) {
  return path.empty() ? "it is empty" : "";
}

std::string check_name(const std::string& name) {
  return control::problem_of_name(name).value_or("");
}

double time_of_day() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool wait_a_second() {
  std::this_thread::sleep_for(kRedraw);
  return true;
}

}  // namespace

ControlCommands::ControlCommands(CLI::App& app, const CLI::Option& config) : app_(app), config_(config) {
  add_status();
  add_explain();
  add_flush();
  dump_ = add("dump", "print every response in the cache");
}

CLI::App* ControlCommands::add(const std::string& name, const std::string& description) {
  CLI::App* const command = app_.add_subcommand(name, description);
  command->add_option("--socket", socket_, "control socket, instead of the one in the configuration")
      ->check(check_path);
  command->add_flag("--json", json_, "JSON instead of text");
  return command;
}

void ControlCommands::add_status() {
  status_ = add("status", "show what the running daemon does");
  status_->add_flag("--watch", watch_, "again each second, until interrupted");
}

void ControlCommands::add_explain() {
  explain_ = add("explain", "show how the answer to a question came about");
  explain_->add_option("NAME", name_, "the name that was asked for")->required()->check(check_name);
  explain_->add_option("TYPE", type_, "the type that was asked for")->capture_default_str();
}

void ControlCommands::add_flush() {
  flush_ = add("flush", "remove responses from the cache: exactly one of NAME, --suffix and --all");
  CLI::Option_group* const what = flush_->add_option_group("What to remove");
  what->add_option("NAME", name_, "every type of this name")->check(check_name);
  what->add_option("--suffix", suffix_, "this name and all below it")->check(check_name);
  what->add_flag("--all", all_, "everything");
  what->require_option(1);
}

bool ControlCommands::parsed() const {
  return status_->parsed() || explain_->parsed() || flush_->parsed() || dump_->parsed();
}

std::string ControlCommands::flush_target() const {
  if (all_) return control::flush_target("all", "1");
  return suffix_.empty() ? control::flush_target("name", name_) : control::flush_target("suffix", suffix_);
}

int ControlCommands::run(const std::string& config_file) const {
  control::SocketSources sources{std::nullopt, config_file, std::nullopt};
  if (!socket_.empty()) {
    sources.option = socket_;
  } else if (const auto loaded = config::load_file(sources.config_file)) {
    sources.key = loaded.config->control_socket;
  } else if (!config_.empty()) {
    // Another daemon than the one that was meant must not be asked, let alone flushed.
    for (const config::ConfigError& error : loaded.errors)
      std::cerr << config::to_string(error) << '\n';
    return kUsage;
  }
  const auto socket = control::find_socket(sources);
  if (!socket) {
    std::cerr << "pacedns: " << socket.error().message << '\n';
    return kFailed;
  }
  const control::Client client(*socket);
  const control::Console console{std::cout, std::cerr, json_, ::isatty(STDOUT_FILENO) != 0};
  const auto outcome = [&] {
    if (flush_->parsed()) return flush_cache(client, console, flush_target());
    if (dump_->parsed()) return dump_cache(client, console);
    if (explain_->parsed())
      return show_explanation(client, console, control::explain_target(name_, type_), time_of_day());
    return watch_ ? watch_status(client, console, wait_a_second) : show_status(client, console);
  };
  return outcome() ? kFine : kFailed;
}

}  // namespace pacedns::app
