#pragma once

namespace pacedns::app {

inline constexpr int kFine = 0;
inline constexpr int kFailed = 1;  ///< at run time
inline constexpr int kUsage = 2;   ///< the command line or the configuration is wrong

}  // namespace pacedns::app
