#include "upstream/behaviour.hpp"

#include <array>
#include <initializer_list>

#include "upstream/values.hpp"

namespace pacedns::simulator {
namespace {

constexpr unsigned kMostDuplicates = 100;
constexpr std::uint32_t kLargestTtl = 0x7fffffff;  // RFC 2181 §8

template <typename Enum>
Enum parse_choice(std::string_view text, std::initializer_list<std::pair<std::string_view, Enum>> choices) {
  std::string allowed;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  throw ValueError("'" + std::string(text) + "' is not one of " + allowed);
}

using Setter = void (*)(Behaviour&, std::string_view);

constexpr auto kSetters = std::to_array<std::pair<std::string_view, Setter>>({
    {"delay", [](Behaviour& b, std::string_view v) { b.delay = parse_duration(v); }},
    {"jitter", [](Behaviour& b, std::string_view v) { b.jitter = parse_duration(v); }},
    {"loss", [](Behaviour& b, std::string_view v) { b.loss = parse_share(v); }},
    {"mutate", [](Behaviour& b, std::string_view v) { b.mutate = parse_share(v); }},
    {"dark", [](Behaviour& b, std::string_view v) { b.dark = parse_switch(v); }},
    {"refuse", [](Behaviour& b, std::string_view v) { b.refuse = parse_switch(v); }},
    {"qr", [](Behaviour& b, std::string_view v) { b.qr = parse_switch(v); }},
    {"soa", [](Behaviour& b, std::string_view v) { b.soa = parse_switch(v); }},
    {"authentic_data", [](Behaviour& b, std::string_view v) { b.authentic_data = parse_switch(v); }},
    {"rcode", [](Behaviour& b, std::string_view v) { b.rcode = parse_rcode(v); }},
    {"duplicate", [](Behaviour& b, std::string_view v) { b.duplicate = parse_number(v, 1, kMostDuplicates); }},
    {"ttl", [](Behaviour& b, std::string_view v) { b.ttl = parse_number(v, 0, kLargestTtl); }},
    {"truncate",
     [](Behaviour& b, std::string_view v) {
       b.truncate = parse_choice<Truncate>(
           v, {{"never", Truncate::Never}, {"always", Truncate::Always}, {"size", Truncate::Size}});
     }},
    {"tcp",
     [](Behaviour& b, std::string_view v) {
       b.tcp = parse_choice<TcpMode>(v, {{"answer", TcpMode::Answer},
                                         {"refuse", TcpMode::Refuse},
                                         {"silent", TcpMode::Silent},
                                         {"close", TcpMode::Close},
                                         {"split", TcpMode::Split}});
     }},
    {"edns",
     [](Behaviour& b, std::string_view v) {
       b.edns = parse_choice<EdnsMode>(v, {{"answer", EdnsMode::Answer},
                                           {"formerr", EdnsMode::FormErr},
                                           {"badvers", EdnsMode::BadVers},
                                           {"ignore", EdnsMode::Ignore}});
     }},
    {"question",
     [](Behaviour& b, std::string_view v) {
       b.question = parse_choice<QuestionMode>(
           v, {{"echo", QuestionMode::Echo}, {"other", QuestionMode::Other}, {"none", QuestionMode::None}});
     }},
    {"id",
     [](Behaviour& b, std::string_view v) {
       b.id = parse_choice<IdMode>(v, {{"echo", IdMode::Echo}, {"wrong", IdMode::Wrong}});
     }},
});

}  // namespace

bool is_setting(std::string_view key) {
  for (const auto& [name, setter] : kSetters) {
    if (name == key) return true;
  }
  return false;
}

bool is_socket_setting(std::string_view key) {
  return key == "refuse" || key == "tcp";
}

void apply_setting(Behaviour& behaviour, std::string_view key, std::string_view value) {
  for (const auto& [name, setter] : kSetters) {
    if (name == key) return setter(behaviour, value);
  }
  std::string allowed;
  for (const auto& [name, setter] : kSetters)
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  throw ValueError("unknown key '" + std::string(key) + "' (allowed: " + allowed + ")");
}

}  // namespace pacedns::simulator
