#include "upstream/control.hpp"

#include <algorithm>
#include <exception>

#include "upstream/script_loader.hpp"
#include "upstream/values.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::uint32_t kMostForgeries = 1'000'000;

/// Takes the first word off `text`, and the blanks on either side of it.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return word;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlank);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

ForgedId parse_forged_id(std::string_view text) {
  if (text == "random") return ForgedId::Random;
  if (text == "wrong") return ForgedId::Wrong;
  if (text == "right") return ForgedId::Right;
  if (text == "sequential") return ForgedId::Sequential;
  throw ValueError("'" + std::string(text) + "' is not an ID mode (random, wrong, right, sequential)");
}

}  // namespace

std::string Control::execute(std::string_view line) {
  if (trimmed(line).empty()) return {};
  try {
    return run(line) + "ok\n";
  } catch (const std::exception& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    return "error " + what + "\n";
  }
}

std::string Control::run(std::string_view line) {
  const std::string_view command = take_word(line);
  if (command == "set") {
    set(line);
  } else if (command == "forge") {
    forge(line);
  } else if (command == "count") {
    return count();
  } else if (command == "log") {
    if (!log_.recording()) throw ValueError("nothing is recorded without --record");
    return log_.take();
  } else if (command == "quit") {
    quit_ = true;
  } else {
    throw ValueError("unknown command '" + std::string(command) + "' (set, log, count, forge, quit)");
  }
  return {};
}

void Control::set(std::string_view arguments) {
  const auto nodes = simulator_.select(take_word(arguments));
  const std::string_view key = take_word(arguments);
  const std::string_view value = trimmed(arguments);
  if (key.empty() || value.empty()) throw ValueError("usage: set NAME KEY VALUE");
  if (key == "answer") {
    const auto records = parse_record_list(std::string(value));
    for (Simulator::Node* node : nodes)
      node->upstream.set_answer(records);
    return;
  }
  for (Simulator::Node* node : nodes) {
    node->upstream.set(key, value);
    node->udp.update();
    node->tcp.update();
  }
}

void Control::forge(std::string_view arguments) {
  const auto nodes = simulator_.select(take_word(arguments));
  const std::uint32_t count = parse_number(take_word(arguments), 1, kMostForgeries);
  const ForgedId mode = parse_forged_id(trimmed(arguments));
  const TimePoint now = steady_now();
  Reply reply;
  for (Simulator::Node* node : nodes) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!node->upstream.forge(mode, i, reply)) {
        throw ValueError("upstream '" + node->upstream.name() + "' has seen no UDP query yet");
      }
      node->udp.send(reply, now);
    }
    node->udp.flush();
  }
}

std::string Control::count() const {
  std::string lines;
  for (const Simulator::Node* node : simulator_.select("*")) {
    lines += "count name=" + node->upstream.name() + " udp=" + std::to_string(node->upstream.udp_count()) +
             " tcp=" + std::to_string(node->upstream.tcp_count()) + "\n";
  }
  return lines;
}

}  // namespace pacedns::simulator
