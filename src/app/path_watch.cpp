#include "pacedns/app/path_watch.hpp"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

namespace pacedns::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kGoing = IN_DELETE_SELF | IN_MOVE_SELF;
/// The file is watched itself too: what is written to one that is mounted over another is not seen in the
/// folder that it seems to be in.
constexpr std::uint32_t kFile = kGoing | IN_CLOSE_WRITE | IN_ATTRIB;
constexpr std::uint32_t kFolder = kFile | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

/// As the kernel's own limit (path_resolution(7)).
constexpr int kMostLinks = 40;
/// Looks at a way that changes while it is looked at.
constexpr int kMostLooks = 10;

}  // namespace

std::map<std::string, std::uint32_t> watch_list(const std::string& path) {
  std::map<std::string, std::uint32_t> list;
  const fs::path start = fs::path(path).relative_path();
  std::deque<fs::path> ahead(start.begin(), start.end());
  fs::path folder = "/";  // as far as the way has been gone, without links
  for (int links = 0; !ahead.empty() && links <= kMostLinks;) {
    const fs::path name = ahead.front();
    ahead.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      folder = folder.parent_path();
      continue;
    }
    const fs::path next = folder / name;
    std::error_code error;
    const fs::file_type type = fs::symlink_status(next, error).type();
    if (type == fs::file_type::directory && !ahead.empty()) {
      list[folder] |= kGoing;
      folder = next;
      continue;
    }
    list[folder] |= kFolder;
    if (type != fs::file_type::symlink) {
      if (fs::exists(fs::file_status(type)) && ahead.empty()) list[next] |= kFile;
      break;  // the end of the way, or as far as it goes
    }
    ++links;
    const fs::path target = fs::read_symlink(next, error);
    if (target.is_absolute()) folder = "/";
    const fs::path way = target.relative_path();
    ahead.insert(ahead.begin(), way.begin(), way.end());
  }
  return list;
}

PathWatch::PathWatch(boost::asio::io_context& io, std::function<void()> on_event, Duration poll_interval)
    : on_event_(std::move(on_event)), poll_interval_(poll_interval), inotify_(io), timer_(io) {}

void PathWatch::watch(const std::string& path) {
  path_ = path;
  renew();
}

void PathWatch::renew() {
  const int error = try_renew();
  if (error != 0 && !polling_) {
    spdlog::warn(R"(event=watch_failed path="{}" error="{}" effect="read every {} s instead" )"
                 R"(hint="see fs.inotify in sysctl(8), LimitNOFILE, and the permissions of the folders")",
                 path_, std::strerror(error),
                 std::chrono::duration_cast<std::chrono::seconds>(poll_interval_).count());
    await_poll();
  }
  polling_ = error != 0;
}

int PathWatch::try_renew() {
  if (!inotify_.is_open()) {
    if (path_.empty()) return 0;
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) return errno;
    inotify_.assign(descriptor);
    await_events();
  }
  // What happens between the look and the watch is not told, so it looks again until nothing has.
  auto wanted = path_.empty() ? std::map<std::string, std::uint32_t>() : watch_list(path_);
  for (int look = 0; look < kMostLooks; ++look) {
    if (const int error = add_and_remove(wanted)) return error;
    auto found = path_.empty() ? wanted : watch_list(path_);
    if (found == wanted) return 0;
    wanted = std::move(found);
  }
  return EAGAIN;
}

/// Watches what is wanted and nothing else. What is watched already stays so, for the kernel knows it.
int PathWatch::add_and_remove(const std::map<std::string, std::uint32_t>& wanted) {
  std::set<int> added;
  for (const auto& [path, events] : wanted) {
    const int watch = ::inotify_add_watch(inotify_.native_handle(), path.c_str(), events | IN_DONT_FOLLOW);
    if (watch >= 0) {
      added.insert(watch);
    } else if (errno == ENOENT || errno == ENOTDIR || (errno == EACCES && events != kFolder)) {
      continue;  // the next look finds it gone; or the folder it is in tells when it may be read
    } else {
      const int error = errno;
      watches_.merge(added);
      return error;
    }
  }
  for (const int watch : watches_) {
    if (!added.contains(watch)) ::inotify_rm_watch(inotify_.native_handle(), watch);
  }
  watches_ = std::move(added);
  return 0;
}

void PathWatch::await_events() {
  inotify_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code error) {
                        if (error) return;
                        const bool happened = drain();
                        await_events();
                        if (!happened || path_.empty()) return;
                        renew();
                        on_event_();
                      });
}

/// Reads all events; whether there was one but those that tell that a watch has been removed.
bool PathWatch::drain() {
  alignas(inotify_event) std::array<char, 4096> events{};
  bool happened = false;
  while (true) {
    const ssize_t size = ::read(inotify_.native_handle(), events.data(), events.size());
    if (size <= 0) return happened;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, events.data() + at, sizeof(event));
      happened |= event.mask != IN_IGNORED;
      at += sizeof(event) + event.len;
    }
  }
}

void PathWatch::await_poll() {
  timer_.expires_after(poll_interval_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || !polling_) return;
    renew();
    on_event_();
    if (polling_) await_poll();
  });
}

}  // namespace pacedns::app
