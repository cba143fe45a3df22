#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace pacedns::test {

/// An assertion that is there in all builds. The fuzzer keeps the input that made it fail.
inline void require(bool holds, std::string_view rule) {
  if (holds) return;
  std::fprintf(stderr, "broken rule: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

}  // namespace pacedns::test
