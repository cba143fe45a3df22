#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/time.hpp"

namespace pacedns::app {

/// What inotify(7) has to look at, and for which events, so that nothing happens unseen to the file that a
/// path leads to. A folder in which the file, a symbolic link or the first missing thing on the way stands is
/// watched for all that is done in it, any other folder on the way only for going away itself.
[[nodiscard]] std::map<std::string, std::uint32_t> watch_list(const std::string& path);

/// Tells when something may have happened to the file at a path: it, or a folder or symbolic link on the way
/// to it, is made, written, replaced or taken away. Where inotify cannot be had, the log says so, and the
/// caller is told every `poll_interval` instead.
class PathWatch {
 public:
  /// Between two looks without inotify: a new network is there for seconds before anybody asks.
  static constexpr Duration kPollInterval = std::chrono::seconds(5);

  /// `on_event` runs in `io`, with the watches renewed: it finds the latest, or another event follows. `io`
  /// does not run any more when this is destroyed.
  PathWatch(boost::asio::io_context& io, std::function<void()> on_event,
            Duration poll_interval = kPollInterval);

  /// From now on watches this absolute path, or nothing if it is empty.
  void watch(const std::string& path);

 private:
  void renew();
  [[nodiscard]] int try_renew();
  [[nodiscard]] int add_and_remove(const std::map<std::string, std::uint32_t>& wanted);
  void await_events();
  [[nodiscard]] bool drain();
  void await_poll();

  std::function<void()> on_event_;
  Duration poll_interval_;
  std::string path_;
  boost::asio::posix::stream_descriptor inotify_;  // opened when it is needed, and kept
  std::set<int> watches_;
  boost::asio::steady_timer timer_;
  bool polling_ = false;
};

}  // namespace pacedns::app
