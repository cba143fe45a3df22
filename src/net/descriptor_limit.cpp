#include "pacedns/net/descriptor_limit.hpp"

#include <sys/resource.h>

#include <limits>

namespace pacedns::net {

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  return limit.rlim_cur;
}

}  // namespace pacedns::net
