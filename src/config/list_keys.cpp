#include "pacedns/config/list_keys.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pacedns/config/addresses.hpp"
#include "pacedns/config/defaults.hpp"
#include "pacedns/config/words.hpp"

namespace pacedns::config {
namespace {

/// The default of lists that may be empty, as it is written.
constexpr const char* kEmpty = "[]";

/// Calls `take` for each entry that is a text; it returns what is wrong with it, if anything is.
using TakeText = std::function<std::optional<Problem>(const std::string&)>;

void read_texts(const Key& key, const Value& value, LoadContext& context, const TakeText& take) {
  const bool may_be_empty = key.default_text == kEmpty;
  if (may_be_empty && value.list() != nullptr && value.list()->empty()) return;
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

/// A list whose entries each stand for one or more values; `field` says where in Config it goes.
template <typename T, typename Field>
Key list_key(Key description, ParseResult<std::vector<T>> (*parse)(std::string_view), Field field) {
  description.effect = Effect::Reload;
  description.read = [field, parse](const Key& key, const Value& value, LoadContext& context) {
    std::vector<T>& values = field(context.config);
    values.clear();
    read_texts(key, value, context, [&](const std::string& text) -> std::optional<Problem> {
      const auto parsed = parse(text);
      if (!parsed) return parsed.error();
      values.insert(values.end(), parsed.value().begin(), parsed.value().end());
      return std::nullopt;
    });
  };
  description.same = [field](const Config& left, const Config& right) { return field(left) == field(right); };
  return description;
}

template <typename Field>
Key ranges_key(std::string path, const std::string& default_text, Field field) {
  return list_key<net::Prefix>(
      {std::move(path), "list of ranges", default_text, "loopback, private, any or CIDR", {}, {}, {}},
      parse_access_entry, field);
}

template <typename Field>
Key names_key(std::string path, Field field) {
  return list_key<forward::WireName>({std::move(path), "list of names", kEmpty, "domain names", {}, {}, {}},
                                     parse_name, field);
}

auto answers_field(auto member) {
  return field(&Config::forward, &forward::ForwardOptions::answers, member);
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

Key access_allow_key() {
  return ranges_key("access.allow", comma_separated(kDefaultAllow),
                    field(&Config::server, &server::ServerOptions::allow));
}

Key rebind_exceptions_key() {
  return names_key("access.rebind_exceptions", answers_field(&forward::AnswerOptions::rebind_exceptions));
}

Key ignore_addresses_key() {
  return list_key<net::Prefix>(
      {"answers.ignore_addresses", "list of ranges", kEmpty, "IP or CIDR", {}, {}, {}}, parse_range,
      answers_field(&forward::AnswerOptions::ignore_addresses));
}

Key forward_names_key() {
  return names_key("answers.forward_names", answers_field(&forward::AnswerOptions::forward_names));
}

Key status_allow_key() {
  return ranges_key("status.allow", comma_separated(kDefaultStatusAllow),
                    field(&Config::status, &StatusOptions::allow));
}

}  // namespace pacedns::config
