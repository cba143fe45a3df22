#include "pacedns/app/capabilities.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstdint>

#include <unistd.h>

namespace pacedns::app {

// capabilities(7): the ambient set follows when a capability leaves the permitted or the inheritable one.
bool drop_bind_capability() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  constexpr std::uint32_t kKept = ~(std::uint32_t{1} << CAP_NET_BIND_SERVICE);
  sets[0].effective &= kKept;
  sets[0].permitted &= kKept;
  sets[0].inheritable &= kKept;
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

}  // namespace pacedns::app
