#include "pacedns/config/servers_key.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "pacedns/config/addresses.hpp"

namespace pacedns::config {
namespace {

using upstream::ServerOptions;

constexpr std::string_view kNameForm = "1 to 64 visible ASCII characters without quotes, each name once";

/// Reads one list; knows the entries before the one at hand.
class ServersReader {
 public:
  ServersReader(const Key& key, LoadContext& context) : key_(key), context_(context) {}

  void read(const Value& item) {
    name_position_ = item.position;
    const auto server = item.map() ? read_map(item) : read_address(key_.path, item);
    if (server) add(item.position, *server);
  }

 private:
  std::optional<ServerOptions> read_address(const std::string& path, const Value& value) {
    const std::string* text = context_.expect_text(path, value, key_.allowed);
    if (!text) return std::nullopt;
    const auto server = parse_server(*text);
    if (server) return server.value();
    context_.fail(value.position, path, *text, server.error(), key_.allowed);
    return std::nullopt;
  }

  std::optional<std::string> read_name(const std::string& path, const Value& value) {
    name_position_ = value.position;
    const std::string* text = context_.expect_text(path, value, kNameForm);
    if (!text) return std::nullopt;
    const auto problem = check_server_name(*text);
    if (!problem) return *text;
    context_.fail(value.position, path, *text, *problem, kNameForm);
    return std::nullopt;
  }

  std::optional<ServerOptions> read_map(const Value& item) {
    std::optional<ServerOptions> server;
    std::optional<std::string> name;
    bool has_address = false;
    const auto take = [&](const Member& member, const std::string& path) {
      if (member.key == "name") {
        name = read_name(path, member.value);
      } else {
        has_address = true;
        server = read_address(path, member.value);
      }
    };
    context_.for_each_member(*item.map(), key_.path, {"address", "name"}, take);
    if (!has_address) {
      context_.fail(item.position, key_.path + ".address", "is missing (" + key_.allowed + ")");
    }
    if (server && name) server->name = *name;
    return server;
  }

  void add(Position position, const ServerOptions& server) {
    const std::string address = to_string(server.endpoint);
    const std::string name_path = key_.path + ".name";
    if (!upstreams_.emplace(server.protocol, address).second) {
      context_.fail(position, key_.path, address, {"is listed twice", {}}, "each upstream once");
    } else if (const auto problem = check_server_name(server.name)) {
      context_.fail(name_position_, name_path, server.name, *problem, kNameForm);
    } else if (!names_.insert(server.name).second) {
      context_.fail(name_position_, name_path, server.name, {"is the name of another upstream", {}},
                    kNameForm);
    } else {
      context_.config.upstream.servers.push_back(server);
      context_.note(key_.path, position);
    }
  }

  const Key& key_;
  LoadContext& context_;
  Position name_position_;  // of the entry at hand
  std::set<std::pair<upstream::Protocol, std::string>> upstreams_;
  std::set<std::string> names_;
};

void read_servers(const Key& key, const Value& value, LoadContext& context) {
  const Value::List* list = context.expect_list(key.path, value, key.allowed);
  if (!list) return;
  if (!upstream::kServerCount.allows(list->size())) {
    const std::string count = std::to_string(list->size());
    return context.fail(value.position, key.path, "has " + count + " entries (" + key.allowed + ")");
  }
  ServersReader reader(key, context);
  for (const Value& item : *list)
    reader.read(item);
}

}  // namespace

Key servers_key() {
  const auto count =
      std::to_string(upstream::kServerCount.minimum) + ".." + std::to_string(upstream::kServerCount.maximum);
  const auto same = [](const Config& left, const Config& right) {
    return left.upstream.servers == right.upstream.servers;
  };
  return {"upstream.servers",
          "list of upstreams",
          "required without resolv_conf",
          count + " of " + std::string(kServerForms),
          Effect::Reload,
          read_servers,
          same};
}

}  // namespace pacedns::config
