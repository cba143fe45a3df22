#include "pacedns/app/capabilities.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <gtest/gtest.h>
#include <unistd.h>

namespace pacedns::app {
namespace {

/// Exit code of a child that runs `work`, as capabilities given up cannot be had again.
template <typename Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has_effective(int capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective >> capability & 1U) != 0;
}

TEST(Capabilities, OnlyTheOneToBindLowPortsIsGivenUp) {
  if (!has_effective(CAP_NET_BIND_SERVICE) || !has_effective(CAP_KILL)) GTEST_SKIP() << "needs root";
  EXPECT_EQ(in_child([] {
              if (!drop_bind_capability()) return 1;
              if (has_effective(CAP_NET_BIND_SERVICE)) return 2;
              return has_effective(CAP_KILL) ? 0 : 3;
            }),
            0);
}

TEST(Capabilities, WithoutAnyThereIsNothingToGiveUp) {
  EXPECT_EQ(
      in_child([] { return (::geteuid() != 0 || ::setuid(65534) == 0) && drop_bind_capability() ? 0 : 1; }),
      0);
}

}  // namespace
}  // namespace pacedns::app
