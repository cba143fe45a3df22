// Any text as a configuration: it is valid, or what is wrong with it is said with line and column; and the
// same again when it is loaded again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "pacedns/config/loader.hpp"

#include "fuzz/support/require.hpp"

namespace pacedns {
namespace {

using config::Config;
using config::ConfigError;
using test::require;

void check_error(const ConfigError& error, std::string_view text) {
  const auto lines = static_cast<int>(std::ranges::count(text, '\n')) + 1;
  require(error.line >= 1 && error.line <= lines, "the line is one of the text");
  // yaml-cpp takes what is no UTF-8 for U+FFFD, which is three octets.
  const bool is_ascii = std::ranges::all_of(text, [](char sign) { return (sign & 0x80) == 0; });
  const auto columns = static_cast<int>(text.size() * (is_ascii ? 1 : 3)) + 1;
  require(error.column >= 1 && error.column <= columns, "the column is one of the text");
  require(!error.message.empty(), "it is said what is wrong");
  const std::string line = to_string(error);
  require(std::ranges::all_of(line, [](char sign) { return sign >= 0x20 && sign < 0x7f; }),
          "an error is one printable line");
}

/// What the rest of the program takes for granted.
void check_config(const Config& config) {
  require(config::kWorkers.allows(config.workers), "workers is within its limits");
  const auto& plan = config.plan;
  require(plan.stagger_delay <= plan.fallback_timeout && plan.fallback_timeout < plan.total_collect_timeout,
          "the plan's times are in order");
  require(plan::kActiveTierSize.allows(plan.active_tier_size) && plan::kBatchSize.allows(plan.batch_size) &&
              plan::kTotalCollectTimeout.allows(plan.total_collect_timeout) &&
              plan::kStaggerDelay.allows(plan.stagger_delay) &&
              plan::kFallbackTimeout.allows(plan.fallback_timeout),
          "the plan's options are within their limits");
  const auto& ttl = config.cache.ttl;
  require(ttl.min_ttl <= ttl.max_ttl, "min_ttl is at most max_ttl");
  require(cache::kMinTtl.allows(ttl.min_ttl) && cache::kMaxTtl.allows(ttl.max_ttl) &&
              cache::kNegativeMaxTtl.allows(ttl.negative_max_ttl) &&
              cache::kFailureTtl.allows(ttl.failure_ttl) && cache::kCacheSize.allows(config.cache.size),
          "the cache's options are within their limits");
  require(!config.upstream.servers.empty() || !config.upstream.resolv_conf.empty(), "there is whom to ask");
  require(config.upstream.servers.size() <= 64, "there are at most 64 upstreams");
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  const std::string text(data, data + size);
  const config::LoadResult result = config::load_text(text, "f");
  require(result.errors.empty() == (result.config != nullptr), "a configuration or errors, never both");
  for (const ConfigError& error : result.errors)
    check_error(error, text);
  require(std::ranges::is_sorted(result.errors, {},
                                 [](const auto& error) { return std::tie(error.line, error.column); }),
          "errors come in the order of the text");
  if (result.config) check_config(*result.config);

  const config::LoadResult again = config::load_text(text, "f");
  require(again.errors == result.errors, "the same errors each time");
  if (result.config) require(again.config && *again.config == *result.config, "the same values each time");
  return 0;
}
