// pacedns-upstream: a process that plays many upstreams, as a script tells it to. See README.md.

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "upstream/control.hpp"
#include "upstream/control_channel.hpp"
#include "upstream/event_log.hpp"
#include "upstream/script_loader.hpp"
#include "upstream/simulator.hpp"

namespace {

using namespace pacedns::simulator;
namespace asio = boost::asio;

constexpr int kRunTimeFailure = 1;
constexpr int kBadUsage = 2;

struct Arguments {
  std::string script;
  std::string log;
  bool control = false;
  bool record = false;
  unsigned max_seconds = 0;
};

std::string read_all(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path);
  if (!file) throw ScriptError(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Owns what ends the process: signals, the time limit, the control channel. All end in `stop`.
class Process {
 public:
  Process(const Script& script, const Arguments& arguments)
      : signals_(context_, SIGINT, SIGTERM), limit_(context_) {
    if (!arguments.log.empty()) log_.open_file(arguments.log);
    if (arguments.record) log_.record();
    simulator_.emplace(context_, script, log_);
    control_.emplace(*simulator_, log_);
    if (arguments.control) channel_.emplace(context_, *control_, [this] { stop(); });
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop();
    });
    if (arguments.max_seconds == 0) return;
    limit_.expires_after(std::chrono::seconds(arguments.max_seconds));
    limit_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      std::fputs("pacedns-upstream: stopped by --max-seconds\n", stderr);
      stop();
    });
  }

  void run() {
    simulator_->start();
    if (channel_) channel_->start();
    write_stdout(simulator_->ready_lines());
    context_.run();
  }

 private:
  void stop() {
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    limit_.cancel();
    simulator_->stop();
    if (channel_) channel_->stop();
  }

  asio::io_context context_{1};
  EventLog log_;
  asio::signal_set signals_;
  asio::steady_timer limit_;
  std::optional<Simulator> simulator_;
  std::optional<Control> control_;
  std::optional<ControlChannel> channel_;
};

int run(const Arguments& arguments) {
  if (arguments.control && arguments.script == "-") {
    std::fputs("pacedns-upstream: --control needs stdin, so the script cannot come from it\n", stderr);
    return kBadUsage;
  }
  Script script;
  try {
    script = load_script(read_all(arguments.script), arguments.script);
  } catch (const ScriptError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kBadUsage;
  }
  try {
    Process(script, arguments).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacedns-upstream: %s\n", error.what());
    return kRunTimeFailure;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Arguments arguments;
  CLI::App app{"Scripted upstream simulator", "pacedns-upstream"};
  app.add_option("-c,--config", arguments.script, "Script file, - for stdin")->required();
  app.add_option("--log", arguments.log, "Write an event log to this file");
  app.add_flag("--control", arguments.control, "Take commands from stdin; its end ends the process");
  app.add_flag("--record", arguments.record, "Keep events for the control command log");
  app.add_option("--max-seconds", arguments.max_seconds, "Stop after this time");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  return run(arguments);
}
