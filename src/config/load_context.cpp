#include "pacedns/config/load_context.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "pacedns/config/words.hpp"

namespace pacedns::config {
namespace {

std::string unknown_key_message(std::string_view key, const std::vector<std::string>& names) {
  if (const auto nearest = nearest_word(key, names)) return "unknown key (did you mean " + *nearest + "?)";
  return "unknown key (allowed here: " + comma_separated(names) + ")";
}

}  // namespace

std::string_view kind_of(const Value& value) {
  if (value.list()) return "a list";
  return value.map() ? "a map" : "a single value";
}

void LoadContext::fail(Position position, std::string key_path, std::string message) {
  errors_.push_back({file_, position.line, position.column, std::move(key_path), std::move(message)});
}

void LoadContext::fail(Position position, std::string key_path, std::string_view text, const Problem& problem,
                       std::string_view allowed) {
  std::string message = quoted(text) + " " + problem.what + " (" + std::string(allowed);
  if (!problem.hint.empty()) message += "; " + problem.hint;
  fail(position, std::move(key_path), message + ")");
}

void LoadContext::note(std::string_view path, Position position) {
  written_[std::string(path)].push_back(position);
}

const std::vector<Position>& LoadContext::written(std::string_view path) const {
  static const std::vector<Position> kNowhere;
  const auto found = written_.find(path);
  return found == written_.end() ? kNowhere : found->second;
}

bool LoadContext::sound(std::string_view path) const {
  return std::ranges::none_of(errors_, [path](const ConfigError& error) {
    const std::string_view failed = error.key_path;
    return failed == path || (failed.starts_with(path) && failed.substr(path.size()).starts_with('.'));
  });
}

void LoadContext::fail_kind(std::string_view path, const Value& value, std::string_view wanted,
                            std::string_view allowed) {
  const std::string problem =
      value.is_null() ? "has no value" : "is " + std::string(kind_of(value)) + ", not " + std::string(wanted);
  fail(value.position, std::string(path), problem + " (" + std::string(allowed) + ")");
}

const std::string* LoadContext::expect_text(std::string_view path, const Value& value,
                                            std::string_view allowed) {
  if (!value.text()) fail_kind(path, value, "a single value", allowed);
  return value.text();
}

const Value::List* LoadContext::expect_list(std::string_view path, const Value& value,
                                            std::string_view allowed) {
  const Value::List* list = value.list();
  if (!list) {
    fail_kind(path, value, "a list", allowed);
  } else if (list->empty()) {
    fail(value.position, std::string(path), "is an empty list (" + std::string(allowed) + ")");
    return nullptr;
  }
  return list;
}

void LoadContext::for_each_member(const Value::Map& map, std::string_view prefix,
                                  const std::vector<std::string>& names, const TakeMember& take) {
  std::map<std::string_view, Position> seen;
  for (const Member& member : map) {
    const std::string path =
        prefix.empty() ? printable(member.key) : std::string(prefix) + "." + printable(member.key);
    if (const auto [first, is_new] = seen.emplace(member.key, member.position); !is_new) {
      fail(member.position, path,
           "given twice (once; it is on line " + std::to_string(first->second.line) + ")");
    } else if (std::ranges::find(names, member.key) == names.end()) {
      fail(member.position, path, unknown_key_message(member.key, names));
    } else {
      take(member, path);
    }
  }
}

std::vector<ConfigError> LoadContext::sorted_errors() const {
  std::vector<ConfigError> sorted = errors_;
  std::ranges::stable_sort(sorted, {},
                           [](const ConfigError& error) { return std::tie(error.line, error.column); });
  return sorted;
}

}  // namespace pacedns::config
