#include "upstream/control_channel.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <poll.h>
#include <unistd.h>

namespace pacedns::simulator {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kLongestLine = 1 << 20;

}  // namespace

void write_stdout(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

ControlChannel::ControlChannel(asio::io_context& context, Control& control, std::function<void()> on_end)
    : input_(context), control_(control), on_end_(std::move(on_end)) {}

void ControlChannel::start() {
  input_.assign(::dup(STDIN_FILENO));
  asio::co_spawn(input_.get_executor(), read_commands(this), asio::detached);
}

void ControlChannel::stop() {
  boost::system::error_code ignored;
  input_.close(ignored);
}

asio::awaitable<void> ControlChannel::read_commands(ControlChannel* channel) {
  std::string text;
  while (!channel->control_.quit()) {
    const auto [error, size] = co_await asio::async_read_until(
        channel->input_, asio::dynamic_buffer(text, kLongestLine), '\n', asio::as_tuple(asio::use_awaitable));
    if (error) break;
    write_stdout(channel->control_.execute(std::string_view(text).substr(0, size - 1)));
    text.erase(0, size);
  }
  channel->on_end_();
}

}  // namespace pacedns::simulator
