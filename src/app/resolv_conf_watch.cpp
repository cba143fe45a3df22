#include "pacedns/app/resolv_conf_watch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "pacedns/net/local_address.hpp"

namespace pacedns::app {
namespace {

/// Such a file has a few lines.
constexpr std::size_t kMaxSize = std::size_t{64} << 10;

std::string last_error() {
  return std::strerror(errno);
}

/// The text of a file, or nothing and the reason. Does not wait, whatever is there.
std::string read_file(const std::string& path, std::string& problem) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) {
    problem = last_error();
    return {};
  }
  std::string text(kMaxSize + 1, '\0');
  std::size_t size = 0;
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode)) {
    problem = "it is not a regular file";
  } else {
    ssize_t count = 0;
    while ((count = ::read(descriptor, text.data() + size, text.size() - size)) > 0)
      size += static_cast<std::size_t>(count);
    if (count < 0) problem = last_error();
    if (size > kMaxSize) problem = "it is larger than " + std::to_string(kMaxSize) + " octets";
  }
  ::close(descriptor);
  text.resize(problem.empty() ? size : 0);
  return text;
}

/// Those of their addresses that are this machine's.
std::vector<boost::asio::ip::address> local_ones(const std::vector<upstream::ServerOptions>& servers) {
  std::vector<boost::asio::ip::address> addresses;
  for (const auto& server : servers) {
    if (net::is_local(server.endpoint.address)) addresses.push_back(server.endpoint.address);
  }
  return addresses;
}

std::string names_of(const std::vector<upstream::ServerOptions>& servers) {
  std::string names;
  for (const auto& server : servers)
    names.append(names.empty() ? "" : ",").append(server.name);
  return names;
}

}  // namespace

ResolvConfReading read_resolv_conf(const config::Config& config) {
  ResolvConfReading reading;
  reading.found = config::parse_resolv_conf(read_file(config.upstream.resolv_conf, reading.problem));
  const auto& named = reading.found.servers;
  reading.chosen = config::select_file_servers(named, config, local_ones(named));
  return reading;
}

ResolvConfWatch::ResolvConfWatch(boost::asio::io_context& io, std::function<void()> on_change,
                                 Duration poll_interval)
    : on_change_(std::move(on_change)),
      watch_(
          io,
          [this] {
            if (update()) on_change_();
          },
          poll_interval) {}

void ResolvConfWatch::follow(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  if (const std::string& path = config_->upstream.resolv_conf; path != path_) {
    path_ = path;
    named_.clear();
    servers_.clear();
    problem_.reset();
    skipped_.clear();
    left_out_.clear();
  }
  watch_.watch(path_);
  if (!path_.empty()) static_cast<void>(update());
}

/// Reads the file; whether `servers_` is another one now.
bool ResolvConfWatch::update() {
  auto [found, chosen, problem] = read_resolv_conf(*config_);
  log_skipped(found.skipped);
  log_left_out(chosen.left_out);
  if (!chosen.only_ourselves) {
    named_ = found.servers;
  } else {
    if (problem.empty()) {
      problem = found.servers.empty() ? "it names no server" : "it names no server but ourselves";
    }
    chosen = config::select_file_servers(named_, *config_, local_ones(named_));
  }
  const bool changed = chosen.servers != servers_;
  servers_ = std::move(chosen.servers);
  log_outcome(problem, changed);
  return changed;
}

void ResolvConfWatch::log_skipped(const std::vector<std::string>& skipped) {
  if (skipped == skipped_) return;
  for (const std::string& line : skipped)
    spdlog::warn(R"(event=resolv_conf_line_skipped path="{}" reason="{}")", path_, line);
  skipped_ = skipped;
}

void ResolvConfWatch::log_left_out(const std::vector<config::FileServers::LeftOut>& left_out) {
  for (const auto& each : left_out) {
    if (std::ranges::find(left_out_, each) != left_out_.end()) continue;
    spdlog::warn(R"(event=resolv_conf_left_out path="{}" address={} reason="{}")", path_, each.name,
                 each.reason);
  }
  left_out_ = left_out;
}

void ResolvConfWatch::log_outcome(const std::string& problem, bool changed) {
  if (problem == problem_ && !changed) return;
  if (problem.empty()) {
    spdlog::info(R"(event=resolv_conf_read path="{}" upstreams={} addresses={})", path_, servers_.size(),
                 names_of(servers_));
  } else {
    spdlog::warn(R"(event=resolv_conf_not_used path="{}" reason="{}" kept_upstreams={} addresses={} )"
                 R"(hint="it is read again when it changes")",
                 path_, problem, servers_.size(), names_of(servers_));
  }
  problem_ = problem;
}

}  // namespace pacedns::app
