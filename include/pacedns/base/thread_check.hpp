#pragma once

#include <cassert>
#include <thread>

namespace pacedns {

/// Asserts, in builds with assertions, that an object is used by one thread only: the first that calls
/// `assert_owner`. Costs nothing otherwise.
class ThreadCheck {
 public:
#ifdef NDEBUG
  void assert_owner() {}
#else
  void assert_owner() {
    if (owner_ == std::thread::id{}) owner_ = std::this_thread::get_id();
    assert(owner_ == std::this_thread::get_id() && "used from a thread that does not own it");
  }

 private:
  std::thread::id owner_;
#endif
};

}  // namespace pacedns
