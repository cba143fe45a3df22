#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace pacedns::test {

/// JSON as the control socket gives it, with five upstreams.
inline constexpr std::string_view kStatus = R"({
 "version":"0.1.0","pid":4711,"uptime_s":7384.4,"workers":2,"config":"/etc/pacedns/pacedns.yaml",
 "queries":{"udp":1234567,"tcp":2345},
 "cache":{"hits":300,"misses":100,"entries":1,"bytes":23456789,"size":67108864,"evictions":12},
 "flights":{"open":3,"started":130000,"joined":4567,"remembered":100},
 "rates":{"over_s":10,"queries_per_s":1212.5,"hit_ratio":0.912,"miss_p50_ms":50.1,"miss_p99_ms":180.0},
 "indicators":{"over_s":300,"list":[
  {"id":"active_tier_answers","title":"long","value":0.97,"unit":"ratio","target":"above","limit":0.8,"met":true},
  {"id":"second_tier_before_answer","title":"long","value":0.25,"unit":"ratio","target":"below","limit":0.2,"met":false},
  {"id":"background_collected","title":"long","value":null,"unit":"ratio","target":"above","limit":0.5,"met":null},
  {"id":"launch_peak","title":"long","value":0.4,"unit":"ratio","target":"below","limit":0.5,"met":true},
  {"id":"miss_latency","title":"long","value":80.0,"unit":"ms","target":"below","limit":100,"p50":50.2,"met":true}]},
 "upstreams":[
  {"name":"fast50","state":"up","smoothed_rtt_ms":50.2,"queries":{"active":130000,"second":1,"probe":0},"wins":120000,"failures":3},
  {"name":"fast80","state":"up","smoothed_rtt_ms":80.4,"queries":{"active":129000,"second":2,"probe":0},"wins":9000,"failures":0},
  {"name":"mid120","state":"suspect","smoothed_rtt_ms":120.0,"queries":{"active":100,"second":3,"probe":0},"wins":12,"failures":4},
  {"name":"slow160","state":"up","smoothed_rtt_ms":1600.3,"queries":{"active":0,"second":4,"probe":0},"wins":0,"failures":0},
  {"name":"dark.of-a-very-long-name.example","state":"down","smoothed_rtt_ms":null,"queries":{"active":0,"second":0,"probe":17},
   "wins":0,"failures":120}]})";

/// The flight of README.md's chart.
inline constexpr std::string_view kFlight = R"({
 "id":17,"name":"www.example.com.","type":"A","do":false,"cd":false,"started_s":1000.0,"open":false,"clients":3,
 "second_tier":{"at_ms":50.0,"reason":"first_reply"},
 "answered_ms":50.0,"answered_by":"fast50","rcode":"NOERROR","finished_ms":300.0,
 "attempts":[
  {"upstream":"fast50","tier":"active","launched_ms":0.0,"ended_ms":50.0,"outcome":"usable","rcode":"NOERROR","error":null,
   "transport":"udp","edns":true,"retransmissions":0,"winner":true,"merge":"winner","why":null,"addresses":["192.0.2.1"]},
  {"upstream":"fast80","tier":"active","launched_ms":0.0,"ended_ms":80.0,"outcome":"usable","rcode":"NOERROR","error":null,
   "transport":"udp","edns":true,"retransmissions":0,"winner":false,"merge":"merged","why":null,"addresses":["192.0.2.2"]},
  {"upstream":"mid120","tier":"second","launched_ms":50.0,"ended_ms":170.0,"outcome":"usable","rcode":"NXDOMAIN","error":null,
   "transport":"udp","edns":true,"retransmissions":0,"winner":false,"merge":"disagrees",
   "why":"the first reply has addresses, this one says that there is no such name","addresses":[]},
  {"upstream":"slow160","tier":"second","launched_ms":50.0,"ended_ms":210.0,"outcome":"failure","rcode":"SERVFAIL","error":null,
   "transport":"tcp","edns":false,"retransmissions":2,"winner":false,"merge":null,"why":null,"addresses":[]},
  {"upstream":"slow200","tier":"second","launched_ms":100.0,"ended_ms":300.0,"outcome":"network_error","rcode":null,
   "error":"Connection \u001b[31mrefused","transport":"udp","edns":true,"retransmissions":0,"winner":false,"merge":null,
   "why":null,"addresses":[]}],
 "addresses":[{"address":"192.0.2.1","from":["fast50","fast80"]},
              {"address":"2001:db8:1111:2222:3333:4444:5555:6666","from":["fast80"]}]})";

inline constexpr std::string_view kEntry = R"({
 "do":false,"cd":false,"rcode":"NOERROR","stored_ago_s":12,"expires_in_s":288,"flight":17,"remembered":true,
 "answer":["www.example.com. 288 IN A 192.0.2.1","www.example.com. 288 IN A 192.0.2.2"]})";

inline boost::json::value json(std::string_view text) {
  return boost::json::parse({text.data(), text.size()});
}

/// `{"name":...,"cached":[...],"flights":[...]}`
inline boost::json::value explanation(std::string_view cached, std::string_view flights) {
  return json(R"({"name":"www.example.com.","type":"A","flights_remembered":100,"cached":[)" +
              std::string(cached) + R"(],"flights":[)" + std::string(flights) + "]}");
}

/// The value with one part of it after the other missing, null, or of another type, at any depth: what a
/// program must survive that was written for another version.
inline std::vector<boost::json::value> damaged(const boost::json::value& value);

inline void damage_object(const boost::json::object& object, std::vector<boost::json::value>& all) {
  for (const auto& [key, member] : object) {
    boost::json::object without = object;
    without.erase(key);
    all.emplace_back(without);
    for (const auto& other : damaged(member)) {
      boost::json::object changed = object;
      changed[key] = other;
      all.emplace_back(changed);
    }
  }
}

inline std::vector<boost::json::value> damaged(const boost::json::value& value) {
  std::vector<boost::json::value> all{nullptr,
                                      true,
                                      -1e300,
                                      1e300,
                                      "\x1b[31m\xc2\x9b",
                                      boost::json::array{nullptr, 7},
                                      boost::json::object{{"x", 1}}};
  if (const auto* object = value.if_object()) damage_object(*object, all);
  if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      for (const auto& other : damaged((*array)[i])) {
        boost::json::array changed = *array;
        changed[i] = other;
        all.emplace_back(changed);
      }
  }
  return all;
}

/// Whether a terminal would show it as it is: printable ASCII and line breaks.
inline bool is_plain(std::string_view text) {
  for (const char sign : text)
    if (sign != '\n' && (sign < 0x20 || sign > 0x7e)) return false;
  return true;
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

inline std::size_t widest(std::string_view text) {
  std::size_t width = 0;
  for (const std::string& line : lines_of(text))
    width = std::max(width, line.size());
  return width;
}

}  // namespace pacedns::test
