#pragma once

// The model of a script file: what the process simulates. script_loader fills it, nothing here reads files.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/net/endpoint.hpp"

#include "upstream/behaviour.hpp"
#include "upstream/record_set.hpp"

namespace pacedns::simulator {

/// A period counted from the start of the simulator, `from` included and `to` not.
struct Period {
  Duration from{};
  Duration to{};
};

struct UpstreamScript {
  std::string name;
  net::Endpoint listen;
  Behaviour behaviour;
  std::vector<Period> dark;
  std::string zones = "default";
  /// Records of its own, which extend and override those of `zones`.
  std::vector<Record> answer;
  /// Settings that differ for one name; the key is the name in canonical wire form.
  std::map<std::string, std::vector<Setting>, std::less<>> names;
};

struct Script {
  std::uint64_t seed = 1;
  bool synthesize = true;
  std::vector<UpstreamScript> upstreams;
  std::map<std::string, RecordSet, std::less<>> records;
};

}  // namespace pacedns::simulator
