#include "pacedns/config/key_table.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(PACEDNS_SOURCE_DIR "/" + path).rdbuf();
  return text.str();
}

/// The paths of all keys in a document.
void collect_paths(const Value& value, const std::string& path, std::set<std::string>& paths) {
  if (!value.map()) {
    paths.insert(path);
    return;
  }
  for (const Member& member : *value.map()) {
    collect_paths(member.value, path.empty() ? member.key : path + "." + member.key, paths);
  }
}

/// The cells of each row of the page's first table, by key.
std::map<std::string, std::vector<std::string>> documented_keys() {
  std::map<std::string, std::vector<std::string>> rows;
  std::istringstream page(contents("docs/CONFIGURATION.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(2));
    for (std::string cell; std::getline(row, cell, '|');) {
      const auto begin = cell.find_first_not_of(' ');
      if (begin == std::string::npos) continue;
      cells.push_back(cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin));
    }
    const std::string key = cells.front().substr(1, cells.front().size() - 2);
    rows[key] = cells;
  }
  return rows;
}

TEST(KeyTable, IsWhatTheShippedFileHolds) {
  std::set<std::string> expected;
  for (const Key& key : key_table())
    expected.insert(key.path);
  const auto root = parse_document(contents("config/pacedns.yaml"));
  ASSERT_TRUE(root);
  std::set<std::string> shipped;
  collect_paths(root.value(), "", shipped);
  EXPECT_EQ(shipped, expected);
}

TEST(KeyTable, IsWhatTheManualSays) {
  const auto documented = documented_keys();
  EXPECT_EQ(documented.size(), key_table().size());
  for (const Key& key : key_table()) {
    ASSERT_TRUE(documented.contains(key.path)) << key.path;
    const auto& cells = documented.at(key.path);
    ASSERT_EQ(cells.size(), 6U) << key.path;
    EXPECT_EQ(cells[1], key.type) << key.path;
    EXPECT_EQ(cells[2], key.default_text) << key.path;
    EXPECT_EQ(cells[3], key.allowed) << key.path;
    EXPECT_EQ(cells[4], key.effect == Effect::Restart ? "restart" : "reload") << key.path;
  }
}

TEST(KeyTable, TheManualsErrorsAreReal) {
  const std::string page = contents("docs/CONFIGURATION.md");
  const std::string section = page.substr(page.find("## Errors"));
  const std::string fence = "```";
  const auto begin = section.find(fence + "yaml\n") + 8;
  const std::string example = section.substr(begin, section.find(fence, begin) - begin);
  std::string lines;
  for (const ConfigError& error : load_text(example, "pacedns.yaml").errors)
    lines += to_string(error) + "\n";
  EXPECT_THAT(section, testing::HasSubstr(fence + "\n" + lines + fence));
}

TEST(KeyTable, HoldsTheDefaultsTheyDescribe) {
  for (const Key& key : key_table()) {
    if (key.path == "upstream.servers") continue;
    const auto dot = key.path.find('.');
    const bool bare_list = key.type.starts_with("list") && key.default_text != "[]";
    const std::string value = bare_list ? "[" + key.default_text + "]" : key.default_text;
    const std::string name = key.path.substr(dot + 1);
    std::string text = "upstream: { servers: [9.9.9.9] }\n";
    if (key.path == "listen") {
      text += "listen: ['127.0.0.1:53', '[::1]:53']";
    } else if (dot == std::string::npos) {
      text += name + ": " + value;
    } else if (key.path.starts_with("upstream.")) {
      text = "upstream: { servers: [9.9.9.9], " + name + ": " + value + " }";
    } else {
      text += key.path.substr(0, dot) + ": { " + name + ": " + value + " }";
    }
    EXPECT_EQ(config_of(text), config_of(with_server(""))) << text;
  }
}

TEST(KeyTable, WorkersAreANumberOrAuto) {
  EXPECT_EQ(config_of(with_server("workers: 256")).workers, 256U);
  EXPECT_GE(config_of(with_server("workers: auto")).workers, 1U);
  for (const char* text : {"0", "257", "Auto", "-1", "1.5"}) {
    EXPECT_THAT(errors_of(with_server("workers: " + std::string(text))),
                testing::ElementsAre(testing::HasSubstr("(auto or 1..256)")));
  }
}

TEST(KeyTable, AFileOfUpstreamsIsOffOrHasAPath) {
  const auto with = [](const std::string& value) {
    return "upstream: { servers: [9.9.9.9], resolv_conf: " + value + " }";
  };
  EXPECT_EQ(config_of(with("off")).upstream.resolv_conf, "");
  EXPECT_EQ(config_of(with("'/run/a b/resolv.conf'")).upstream.resolv_conf, "/run/a b/resolv.conf");
  for (const char* text : {"on", "''", "resolv.conf", "[/run/resolv.conf]"})
    EXPECT_EQ(errors_of(with(text)).size(), 1U) << text;
}

TEST(KeyTable, StatusIsOffOrHasAnAddress) {
  EXPECT_EQ(config_of(with_server("status: { listen: off }")).status.listen, std::nullopt);
  EXPECT_EQ(to_string(*config_of(with_server("status: { listen: '::1' }")).status.listen), "[::1]:9853");
  EXPECT_EQ(to_string(*config_of(with_server("status: { listen: '0.0.0.0:0' }")).status.listen), "0.0.0.0:0");
  EXPECT_EQ(errors_of(with_server("status: { listen: no }")).size(), 1U);
}

TEST(KeyTable, TheControlSocketIsAutoOffOrHasAPath) {
  const auto with = [](const std::string& value) {
    return with_server("control: { socket: " + value + " }");
  };
  EXPECT_EQ(config_of(with("auto")).control_socket, "auto");
  EXPECT_EQ(config_of(with("off")).control_socket, "off");
  const std::string longest = "/run/" + std::string(102, 's');
  EXPECT_EQ(config_of(with(longest)).control_socket, longest);
  EXPECT_THAT(errors_of(with(longest + "s")),
              testing::ElementsAre(testing::HasSubstr(
                  "' is too long for a socket (auto, off or an absolute path; at most 107 octets)")));
  for (const char* text : {"on", "''", "control.sock", "/run/", "['/run/c.sock']"})
    EXPECT_EQ(errors_of(with(text)).size(), 1U) << text;
}

TEST(KeyTable, TheHistoryIsBoundedAndMayBeOff) {
  const auto with = [](const std::string& value) {
    return with_server("status: { history: " + value + " }");
  };
  EXPECT_EQ(config_of(with_server("")).forward.history, std::size_t{4} << 20);
  EXPECT_EQ(config_of(with("0")).forward.history, 0U);
  EXPECT_EQ(config_of(with("1GiB")).forward.history, std::size_t{1} << 30);
  EXPECT_THAT(errors_of(with("1025MiB")),
              testing::ElementsAre("f:2:20: status.history: '1025MiB' is out of range (0..1GiB)"));
}

TEST(KeyTable, TheQueryLogHasNoZeroes) {
  for (const char* key : {"query_sample", "query_rate"}) {
    for (const char* text : {"0", "1000001", "all"}) {
      EXPECT_EQ(errors_of(with_server("log: { " + std::string(key) + ": " + text + " }")).size(), 1U)
          << key << ' ' << text;
    }
  }
}

}  // namespace
}  // namespace pacedns::config
