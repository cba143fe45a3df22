#include "pacedns/control/commands.hpp"

#include <ostream>

#include <boost/json/serialize.hpp>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/explain_text.hpp"
#include "pacedns/control/json_view.hpp"
#include "pacedns/control/line_filter.hpp"
#include "pacedns/control/printable.hpp"
#include "pacedns/control/status_text.hpp"

namespace pacedns::control {
namespace {

bool fail(const Console& console, const Failure& failure) {
  console.err << "pacedns: " << failure.message << '\n';
  return false;
}

bool write(const Console& console, const std::string& text) {
  if (console.out << text << std::flush) return true;
  return fail(console, {Failure::Kind::Output, "the output could not be written"});
}

/// Asks, and writes what comes: as it is, or as the text that `shown` makes of it.
template <typename Shown>
bool ask(const Client& client, const Console& console, Method method, const std::string& target,
         Shown shown) {
  const auto reply = client.request_json(method, target);
  if (!reply) return fail(console, reply.error());
  return write(console, console.json ? printable_json(boost::json::serialize(*reply)) + '\n' : shown(*reply));
}

std::string flushed_text(const boost::json::value& value) {
  const JsonView reply(value);
  const auto detached = reply["flights_detached"].number();
  std::string text =
      counted(reply["removed"].number(), "response", "responses") + " removed from the cache\n";
  if (detached && *detached > 0)
    text += "flights under way whose answers will not go into the cache: " + count_text(detached) + '\n';
  return text;
}

std::string unchanged(std::string_view line) {
  return printable(line);
}

std::string unchanged_json(std::string_view line) {
  return printable_json(line);
}

}  // namespace

bool show_status(const Client& client, const Console& console) {
  return ask(client, console, Method::Get, "/api/status", status_text);
}

bool show_explanation(const Client& client, const Console& console, const std::string& target, double now_s) {
  return ask(client, console, Method::Get, target,
             [now_s](const boost::json::value& value) { return explain_text(value, now_s); });
}

bool flush_cache(const Client& client, const Console& console, const std::string& target) {
  return ask(client, console, Method::Post, target, flushed_text);
}

bool dump_cache(const Client& client, const Console& console) {
  LineFilter lines(console.out, console.json ? unchanged_json : unchanged);
  const auto failure = client.stream(console.json ? "/api/dump?format=json" : "/api/dump",
                                     [&lines](std::string_view piece) { return lines.take(piece); });
  const bool written = lines.finish();
  if (failure) return fail(console, *failure);
  return written || write(console, "");
}

}  // namespace pacedns::control
