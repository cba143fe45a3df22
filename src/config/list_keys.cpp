#include "pacedns/config/list_keys.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "pacedns/config/addresses.hpp"
#include "pacedns/config/defaults.hpp"
#include "pacedns/config/words.hpp"

namespace pacedns::config {
namespace {

/// Calls `take` for each entry that is a text; it returns what is wrong with it, if anything is.
using TakeText = std::function<std::optional<Problem>(const std::string&)>;

void read_texts(const Key& key, const Value& value, LoadContext& context, const TakeText& take) {
  const Value::List* list = context.expect_list(key.path, value, key.allowed);
  if (!list) return;
  for (const Value& entry : *list) {
    const std::string* text = context.expect_text(key.path, entry, key.allowed);
    if (!text) continue;
    if (const auto problem = take(*text)) {
      context.fail(entry.position, key.path, *text, *problem, key.allowed);
    } else {
      context.note(key.path, entry.position);
    }
  }
}

void read_listen(const Key& key, const Value& value, LoadContext& context) {
  auto& listen = context.config.server.listen;
  listen.clear();
  std::set<std::string> seen;
  read_texts(key, value, context, [&](const std::string& text) -> std::optional<Problem> {
    const auto endpoint = parse_listen_address(text, upstream::kDnsPort);
    if (!endpoint) return endpoint.error();
    if (endpoint.value().port != 0 && !seen.insert(to_string(endpoint.value())).second) {
      return Problem{"is listed twice", "each address once"};
    }
    listen.push_back(endpoint.value());
    return std::nullopt;
  });
}

void read_allow(const Key& key, const Value& value, LoadContext& context) {
  auto& allow = context.config.server.allow;
  allow.clear();
  read_texts(key, value, context, [&](const std::string& text) -> std::optional<Problem> {
    const auto prefixes = parse_access_entry(text);
    if (!prefixes) return prefixes.error();
    allow.insert(allow.end(), prefixes.value().begin(), prefixes.value().end());
    return std::nullopt;
  });
}

}  // namespace

Key listen_key() {
  const auto same = [](const Config& left, const Config& right) {
    return left.server.listen == right.server.listen;
  };
  return {"listen",
          "list of addresses",
          comma_separated(kDefaultListen),
          std::string(kListenForms),
          Effect::Reload,
          read_listen,
          same};
}

Key allow_key() {
  const auto same = [](const Config& left, const Config& right) {
    return left.server.allow == right.server.allow;
  };
  return {"access.allow",
          "list of ranges",
          comma_separated(kDefaultAllow),
          "loopback, private, any or CIDR",
          Effect::Reload,
          read_allow,
          same};
}

}  // namespace pacedns::config
