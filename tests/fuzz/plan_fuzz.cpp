// A whole flight in which options, upstreams and events are the fuzzer's choice. The rules P1 to P10 hold at
// each step of it.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/require.hpp"
#include "support/random_flight.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pacedns::test::FuzzInput input(data, size);
  pacedns::test::RandomFlight flight([&](unsigned bound) { return input.below(bound); });
  const std::string complaint = flight.run();
  if (!complaint.empty()) std::fputs(flight.story().c_str(), stderr);
  pacedns::test::require(complaint.empty(), complaint);
  return 0;
}
