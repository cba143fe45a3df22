#pragma once

#include <sys/resource.h>

#include <stdexcept>

namespace pacedns::test {

/// This process may have fewer descriptors for a while.
class DescriptorLimitGuard {
 public:
  explicit DescriptorLimitGuard(rlim_t limit) {
    if (::getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::runtime_error("getrlimit");
    const rlimit lower{limit, before_.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &lower) != 0) throw std::runtime_error("setrlimit");
  }
  ~DescriptorLimitGuard() { static_cast<void>(::setrlimit(RLIMIT_NOFILE, &before_)); }
  DescriptorLimitGuard(const DescriptorLimitGuard&) = delete;
  DescriptorLimitGuard& operator=(const DescriptorLimitGuard&) = delete;

 private:
  rlimit before_{};
};

}  // namespace pacedns::test
