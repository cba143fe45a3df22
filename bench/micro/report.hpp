#pragma once

#include <cstddef>
#include <string>

#include <benchmark/benchmark.h>

namespace pacedns::micro {

/// Adds to the report how long each of the `count` items took that every iteration deals with.
inline void report_each(benchmark::State& state, const std::string& item, std::size_t count = 1) {
  state.counters["per_" + item] =
      benchmark::Counter(static_cast<double>(count),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace pacedns::micro
