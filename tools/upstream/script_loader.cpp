#include "upstream/script_loader.hpp"

#include <set>
#include <string_view>

#include <yaml-cpp/yaml.h>

#include "upstream/values.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::size_t kMostUpstreams = 256;  // the synthesis formula has one octet for the number

/// A node and where it is, so that whatever is wrong with it can be said precisely.
class Place {
 public:
  Place(const YAML::Node& node, std::string path, const std::string& source)
      : node_(node), path_(std::move(path)), source_(&source) {}

  [[noreturn]] void fail(const std::string& what) const {
    const YAML::Mark mark = node_.Mark();
    throw ScriptError(*source_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) +
                      ": " + (path_.empty() ? "" : path_ + ": ") + what);
  }

  [[nodiscard]] Place child(const YAML::Node& node, const std::string& key) const {
    return {node, path_.empty() ? key : path_ + "." + key, *source_};
  }

  [[nodiscard]] std::string text() const {
    if (!node_.IsScalar()) fail("must be a single value");
    return node_.Scalar();
  }

  /// Calls `convert(text)` and puts what it throws in its place.
  template <typename Convert>
  auto parse(Convert convert) const {
    try {
      return convert(text());
    } catch (const ValueError& error) {
      fail(error.what());
    }
  }

  /// Calls `visit(key, place of the value)` for each entry of a map; a key given twice is an error.
  template <typename Visit>
  void each_entry(Visit visit) const {
    if (!node_.IsMap()) fail("must be a map");
    std::set<std::string> seen;
    for (const auto& entry : node_) {
      if (!entry.first.IsScalar()) child(entry.first, "?").fail("must be a single value");
      const std::string key = entry.first.Scalar();
      if (!seen.insert(key).second) child(entry.first, key).fail("given twice");
      visit(key, child(entry.second, key));
    }
  }

  template <typename Visit>
  void each_element(Visit visit) const {
    if (!node_.IsSequence()) fail("must be a list");
    std::size_t index = 0;
    for (const auto& element : node_) {
      visit(Place(element, path_ + "[" + std::to_string(index++) + "]", *source_));
    }
  }

  [[nodiscard]] bool is_list() const { return node_.IsSequence(); }

 private:
  YAML::Node node_;
  std::string path_;
  const std::string* source_;
};

std::vector<Record> read_records(const Place& place) {
  std::vector<Record> records;
  place.each_element([&](const Place& element) {
    records.push_back(element.parse([](const std::string& text) { return parse_record(text); }));
  });
  return records;
}

std::vector<Period> read_periods(const Place& place) {
  std::vector<Period> periods;
  place.each_element([&](const Place& element) {
    Period period{Duration::zero(), Duration::max()};
    element.each_entry([&](const std::string& key, const Place& value) {
      if (key == "from") {
        period.from = value.parse(parse_duration);
      } else if (key == "to") {
        period.to = value.parse(parse_duration);
      } else {
        value.fail("unknown key (allowed: from, to)");
      }
    });
    if (period.to <= period.from) element.fail("must end after it begins");
    periods.push_back(period);
  });
  return periods;
}

std::vector<Setting> read_overrides(const Place& place) {
  std::vector<Setting> settings;
  place.each_entry([&](const std::string& key, const Place& value) {
    if (is_socket_setting(key)) value.fail("applies to a whole upstream, not to a name");
    Behaviour scratch;
    value.parse([&](const std::string& text) {
      apply_setting(scratch, key, text);
      return 0;
    });
    settings.emplace_back(key, value.text());
  });
  return settings;
}

void read_names(const Place& place, UpstreamScript& upstream) {
  place.each_entry([&](const std::string& key, const Place& value) {
    try {
      upstream.names[canonical_name(key)] = read_overrides(value);
    } catch (const ValueError& error) {
      value.fail(error.what());
    }
  });
}

net::Endpoint read_endpoint(const std::string& text) {
  const auto endpoint = net::parse_endpoint(text, 0, true);
  if (!endpoint) throw ValueError("'" + text + "' is not an address (such as 127.0.0.1:0 or [::1]:5300)");
  return *endpoint;
}

std::string read_name(const std::string& text) {
  if (text.empty() || text == "*" || text.find_first_of(" \t\r\n=") != std::string::npos) {
    throw ValueError("'" + text + "' is not a name (no spaces, no '=', not '*')");
  }
  return text;
}

UpstreamScript read_upstream(const Place& place, const Script& script) {
  UpstreamScript upstream;
  place.each_entry([&](const std::string& key, const Place& value) {
    if (key == "name") {
      upstream.name = value.parse(read_name);
    } else if (key == "listen") {
      upstream.listen = value.parse(read_endpoint);
    } else if (key == "zones") {
      upstream.zones = value.text();
      if (!script.records.contains(upstream.zones)) value.fail("no such record set");
    } else if (key == "answer") {
      upstream.answer = read_records(value);
    } else if (key == "names") {
      read_names(value, upstream);
    } else if (key == "dark" && value.is_list()) {
      upstream.dark = read_periods(value);
    } else if (is_setting(key)) {
      value.parse([&](const std::string& text) {
        apply_setting(upstream.behaviour, key, text);
        return 0;
      });
    } else {
      value.fail("unknown key");
    }
  });
  if (upstream.name.empty()) place.fail("name is missing");
  if (upstream.listen == net::Endpoint{}) place.fail("listen is missing");
  return upstream;
}

void read_upstreams(const Place& place, Script& script) {
  std::set<std::string> names;
  place.each_element([&](const Place& element) {
    script.upstreams.push_back(read_upstream(element, script));
    const UpstreamScript& upstream = script.upstreams.back();
    if (!names.insert(upstream.name).second) element.fail("the name '" + upstream.name + "' is given twice");
    if (script.upstreams.size() > kMostUpstreams) element.fail("too many upstreams (at most 256)");
  });
}

Script read_script(const Place& root) {
  Script script;
  script.records["default"];
  // Upstreams refer to record sets, which may come later in the file.
  root.each_entry([&](const std::string& key, const Place& value) {
    if (key != "records") return;
    value.each_entry([&](const std::string& name, const Place& list) {
      script.records[name] = RecordSet(read_records(list));
    });
  });
  root.each_entry([&](const std::string& key, const Place& value) {
    if (key == "seed") {
      script.seed = value.parse([](const std::string& text) { return parse_number(text, 0, 0xffffffff); });
    } else if (key == "synthesize") {
      script.synthesize = value.parse(parse_switch);
    } else if (key == "upstreams") {
      read_upstreams(value, script);
    } else if (key != "records") {
      value.fail("unknown key (allowed: seed, synthesize, upstreams, records)");
    }
  });
  if (script.upstreams.empty()) root.fail("upstreams is missing");
  return script;
}

}  // namespace

Script load_script(const std::string& yaml, const std::string& source) {
  try {
    return read_script(Place(YAML::Load(yaml), "", source));
  } catch (const YAML::ParserException& error) {
    throw ScriptError(source + ":" + std::to_string(error.mark.line + 1) + ":" +
                      std::to_string(error.mark.column + 1) + ": " + error.msg);
  }
}

std::vector<Record> parse_record_list(const std::string& yaml) {
  const std::string source = "answer";
  try {
    return read_records(Place(YAML::Load(yaml), "", source));
  } catch (const YAML::Exception& error) {
    throw ValueError(error.what());
  } catch (const ScriptError& error) {
    throw ValueError(error.what());
  }
}

}  // namespace pacedns::simulator
