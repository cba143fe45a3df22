#pragma once

// Control commands from stdin, their output to stdout.

#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "upstream/control.hpp"

namespace pacedns::simulator {

/// Writes all of `text` to stdout at once. A reader that has gone away is not an error.
void write_stdout(const std::string& text);

class ControlChannel {
 public:
  /// `control` outlives this object; `on_end` is called once, after `quit` or at the end of stdin.
  ControlChannel(boost::asio::io_context& context, Control& control, std::function<void()> on_end);

  void start();
  void stop();

 private:
  static boost::asio::awaitable<void> read_commands(ControlChannel* channel);

  boost::asio::posix::stream_descriptor input_;
  Control& control_;
  std::function<void()> on_end_;
};

}  // namespace pacedns::simulator
