#pragma once

#include <cstddef>

namespace pacedns::test {

/// How often this thread has called into the C library for what a hit shall do without.
struct Calls {
  std::size_t allocations = 0;      ///< malloc and its kin, and so `new`
  std::size_t clock_readings = 0;   ///< clock_gettime
  std::size_t mutexes = 0;          ///< pthread_mutex_lock
  std::size_t exclusive_locks = 0;  ///< pthread_rwlock_wrlock

  friend Calls operator-(const Calls& now, const Calls& before) {
    return {now.allocations - before.allocations, now.clock_readings - before.clock_readings,
            now.mutexes - before.mutexes, now.exclusive_locks - before.exclusive_locks};
  }
};

/// Until now. The source defines those functions for the whole program, its libraries included.
[[nodiscard]] Calls calls_so_far();

}  // namespace pacedns::test
