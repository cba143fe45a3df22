#include "pacedns/control/watch.hpp"

#include <optional>
#include <ostream>
#include <string>

#include <boost/json/serialize.hpp>

#include "pacedns/control/json_view.hpp"
#include "pacedns/control/printable.hpp"
#include "pacedns/control/status_text.hpp"

namespace pacedns::control {
namespace {

constexpr const char* kClear = "\x1b[H\x1b[2J";

/// Which process answered, to notice that it is another one.
class Restarts {
 public:
  void see(const boost::json::value& status) {
    const auto pid = JsonView(status)["pid"].number();
    if (pid && pid_ && *pid != *pid_) ++count_;
    if (pid) pid_ = pid;
  }

  [[nodiscard]] std::string text() const {
    if (count_ == 0) return "";
    return "\npacedns was restarted while this ran" +
           (count_ == 1 ? std::string() : ", " + std::to_string(count_) + " times") +
           ": its counts began anew\n";
  }

 private:
  std::optional<double> pid_;
  int count_ = 0;
};

std::string block(const Console& console, const std::string& text) {
  return console.terminal ? kClear + text : text + '\n';
}

}  // namespace

bool watch_status(const Client& client, const Console& console, const std::function<bool()>& pause) {
  Restarts restarts;
  bool seen = false;
  do {
    const auto status = client.request_json(Method::Get, "/api/status");
    if (!status && !seen) {
      console.err << "pacedns: " << status.error().message << '\n';
      return false;
    }
    seen = true;
    if (status) restarts.see(*status);
    if (status && console.json)
      console.out << printable_json(boost::json::serialize(*status)) << '\n';
    else if (status)
      console.out << block(console, status_text(*status) + restarts.text());
    else if (console.json)
      console.err << "pacedns: " << status.error().message << '\n';
    else
      console.out << block(console, status.error().message + "\nWaiting for it to come back.\n");
    if (!(console.out << std::flush)) {
      console.err << "pacedns: the output could not be written\n";
      return false;
    }
  } while (pause());
  return true;
}

}  // namespace pacedns::control
