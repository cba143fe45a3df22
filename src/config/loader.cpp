#include "pacedns/config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "pacedns/config/defaults.hpp"
#include "pacedns/config/document.hpp"
#include "pacedns/config/key_table.hpp"
#include "pacedns/config/load_context.hpp"
#include "pacedns/config/relations.hpp"
#include "pacedns/config/units.hpp"
#include "pacedns/config/words.hpp"

namespace pacedns::config {
namespace {

LoadResult failure(const std::string& file, Position position, std::string message) {
  return {nullptr, {{file, position.line, position.column, {}, std::move(message)}}};
}

/// The names that may stand below `prefix`, each once, in the order of the table.
std::vector<std::string> names_below(const std::string& prefix) {
  const std::string start = prefix.empty() ? prefix : prefix + ".";
  std::vector<std::string> names;
  for (const Key& key : key_table()) {
    if (!key.path.starts_with(start)) continue;
    const std::string rest = key.path.substr(start.size());
    const std::string name = rest.substr(0, rest.find('.'));
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

/// Reads a section and all below it. A section without a value is one whose keys are all left out.
void read_section(const Value& value, const std::string& prefix, LoadContext& context) {
  if (value.is_null()) return;
  const auto names = names_below(prefix);
  if (!value.map()) {
    return context.fail(
        value.position, prefix,
        "is " + std::string(kind_of(value)) + ", not a map (with the keys " + comma_separated(names) + ")");
  }
  context.for_each_member(*value.map(), prefix, names, [&](const Member& member, const std::string& path) {
    const auto key = std::ranges::find(key_table(), path, &Key::path);
    if (key != key_table().end()) {
      key->read(*key, member.value, context);
    } else {
      read_section(member.value, path, context);
    }
  });
}

/// Without servers and without a file that names them: fails where the key would have gone, or at the start
/// when not even its section is there.
void require_servers(const Value& root, LoadContext& context) {
  constexpr std::string_view kPath = "upstream.servers";
  constexpr std::string_view kFilePath = "upstream.resolv_conf";
  if (!context.written(kPath).empty() || !context.sound(kPath)) return;
  if (!context.config.upstream.resolv_conf.empty() || !context.sound(kFilePath)) return;
  Position position;
  if (root.map()) {
    const auto section = std::ranges::find(*root.map(), "upstream", &Member::key);
    if (section != root.map()->end()) {
      if (!section->value.map() && !section->value.is_null()) return;  // has failed already
      position = section->position;
    }
  }
  const auto key = std::ranges::find(key_table(), kPath, &Key::path);
  const std::string problem = root.is_null() ? "is missing, the file is empty" : "is missing";
  context.fail(position, key->path, problem + " (" + key->allowed + "; or " + std::string(kFilePath) + ")");
}

std::string size_message() {
  return "is too large (at most " + format_size(kMaxFileSize) + ")";
}

}  // namespace

LoadResult load_text(std::string_view text, const std::string& file_name) {
  if (text.size() > kMaxFileSize) return failure(file_name, {}, size_message());
  const auto document = parse_document(text);
  if (!document) return failure(file_name, document.error().position, document.error().message);
  const Value& root = document.value();

  LoadContext context(default_config(), file_name);
  read_section(root, {}, context);
  if (root.map() || root.is_null()) require_servers(root, context);
  check_relations(context);
  auto errors = context.sorted_errors();
  if (!errors.empty()) return {nullptr, std::move(errors)};
  return {std::make_shared<const Config>(std::move(context.config)), {}};
}

LoadResult load_file(const std::string& path) {
  const auto unreadable = [&path] {
    return failure(path, {}, std::string("cannot be read: ") + std::strerror(errno) + " (a readable file)");
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) return unreadable();

  // One octet more than allowed tells a file that is too large, and ends the reading of an endless one.
  std::string text(kMaxFileSize + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) return unreadable();
  return load_text(text, path);
}

}  // namespace pacedns::config
