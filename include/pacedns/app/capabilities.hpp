#pragma once

namespace pacedns::app {

/// Gives up what is only needed to bind ports below 1024 (CAP_NET_BIND_SERVICE), for good. Threads started
/// from now on do not have it either. False, with `errno` set, if the kernel refuses.
[[nodiscard]] bool drop_bind_capability();

}  // namespace pacedns::app
