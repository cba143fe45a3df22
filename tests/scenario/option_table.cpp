#include "scenario/option_table.hpp"

#include <functional>
#include <map>
#include <sstream>

#include "scenario/script.hpp"
#include "scenario/values.hpp"

namespace pacedns::scenario {
namespace {

std::chrono::seconds seconds_of(const std::string& value) {
  return std::chrono::duration_cast<std::chrono::seconds>(read_duration(value));
}

bool is(const std::string& value, const char* yes, const char* no) {
  if (value != yes && value != no) throw Failure("`" + value + "` is neither " + yes + " nor " + no);
  return value == yes;
}

using Setter = std::function<void(Options&, const std::string&)>;

const std::map<std::string, Setter> kOptions{
    {"active_tier_size",
     [](auto& o, auto& v) { o.plan.active_tier_size = static_cast<unsigned>(read_number(v)); }},
    {"fallback_timeout", [](auto& o, auto& v) { o.plan.fallback_timeout = read_duration(v); }},
    {"batch_size", [](auto& o, auto& v) { o.plan.batch_size = static_cast<unsigned>(read_number(v)); }},
    {"stagger_delay", [](auto& o, auto& v) { o.plan.stagger_delay = read_duration(v); }},
    {"total_collect_timeout", [](auto& o, auto& v) { o.plan.total_collect_timeout = read_duration(v); }},
    {"collect",
     [](auto& o, auto& v) {
       o.plan.collect = is(v, "all", "answer") ? plan::Collect::All : plan::Collect::Answer;
     }},
    {"merge",
     [](auto& o, auto& v) {
       o.forward.merge = is(v, "addresses", "off") ? forward::Merge::Addresses : forward::Merge::Off;
     }},
    {"inflight_queries", [](auto& o, auto& v) { o.forward.inflight_queries = read_number(v); }},
    {"size", [](auto& o, auto& v) { o.cache.size = read_number(v); }},
    {"min_ttl", [](auto& o, auto& v) { o.cache.ttl.min_ttl = seconds_of(v); }},
    {"max_ttl", [](auto& o, auto& v) { o.cache.ttl.max_ttl = seconds_of(v); }},
    {"negative_max_ttl", [](auto& o, auto& v) { o.cache.ttl.negative_max_ttl = seconds_of(v); }},
    {"failure_ttl", [](auto& o, auto& v) { o.cache.ttl.failure_ttl = seconds_of(v); }},
};

using Flag = bool Behaviour::*;

const std::map<std::string, Flag> kFlags{
    {"silent", &Behaviour::silent},
    {"refuses", &Behaviour::refuses},
    {"unreachable", &Behaviour::unreachable},
    {"truncates", &Behaviour::truncates},
    {"refuses-tcp", &Behaviour::refuses_tcp},
    {"silent-over-tcp", &Behaviour::silent_tcp},
    {"loses-case", &Behaviour::loses_case},
    {"late", &Behaviour::late},
    {"authenticates", &Behaviour::authenticates},
};

}  // namespace

void set_option(Options& options, const std::string& key, const std::string& value) {
  const auto option = kOptions.find(key);
  if (option == kOptions.end()) throw Failure("there is no option `" + key + "`");
  option->second(options, value);
}

void set_behaviour(ScriptedUpstream& upstream, const std::string& text) {
  std::istringstream stream(text);
  std::string word, value;
  const auto next = [&]() -> const std::string& {
    if (!(stream >> value)) throw Failure("`" + word + "` needs a value");
    return value;
  };
  while (stream >> word) {
    if (const auto flag = kFlags.find(word); flag != kFlags.end()) {
      upstream.behaviour.*(flag->second) = true;
    } else if (word == "normal") {
      upstream.behaviour = {};
    } else if (word == "rtt") {
      upstream.rtt = read_duration(next());
    } else if (word == "rcode") {
      upstream.behaviour.rcode = read_rcode(next());
    } else if (word == "to-edns") {
      upstream.behaviour.to_edns = read_rcode(next());
    } else if (word == "loses") {
      upstream.behaviour.loses = read_number(next());
    } else {
      throw Failure("an upstream cannot be `" + word + "`");
    }
  }
}

}  // namespace pacedns::scenario
