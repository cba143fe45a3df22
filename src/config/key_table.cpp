#include "pacedns/config/key_table.hpp"

#include <optional>
#include <string>

#include "pacedns/config/addresses.hpp"
#include "pacedns/config/defaults.hpp"
#include "pacedns/config/list_keys.hpp"
#include "pacedns/config/scalar_key.hpp"
#include "pacedns/config/servers_key.hpp"

namespace pacedns::config {
namespace {

using cache::CacheOptions;
using cache::TtlLimits;
using forward::ForwardOptions;
using forward::Merge;
using plan::Collect;
using plan::PlanOptions;
using server::ServerOptions;
using server::TcpOptions;

constexpr Effect kReload = Effect::Reload;
constexpr Effect kRestart = Effect::Restart;

Key workers_key() {
  Key key = tunable_key<IntegerText>("workers", kRestart, kWorkers, field(&Config::workers));
  key.type = "integer or auto";
  key.default_text = "auto";
  key.allowed = "auto or " + key.allowed;
  key.read = [number = key.read](const Key& self, const Value& value, LoadContext& context) {
    if (!value.text() || *value.text() != "auto") return number(self, value, context);
    context.config.workers = usable_cpus();
    context.note(self.path, value.position);
  };
  return key;
}

Key log_level_key() {
  return choice_key<LogLevel>("log.level", kReload,
                              {{"debug", LogLevel::Debug},
                               {"info", LogLevel::Info},
                               {"warning", LogLevel::Warning},
                               {"error", LogLevel::Error}},
                              field(&Config::log, &LogOptions::level));
}

Key resolv_conf_key() {
  const auto parse = [](std::string_view text) {
    using Result = ParseResult<std::string>;
    constexpr auto kPath = boost::system::in_place_value;
    if (text == "off") return Result(kPath);
    const auto problem = check_file_path(text);
    return problem ? Result(*problem) : Result(kPath, text);
  };
  return scalar_key({"upstream.resolv_conf", "path", "off", "off or an absolute path", kReload, {}, {}},
                    parse, field(&Config::upstream, &upstream::UpstreamOptions::resolv_conf));
}

Key status_listen_key() {
  const auto parse = [](std::string_view text) -> ParseResult<std::optional<net::Endpoint>> {
    if (text == "off") return std::optional<net::Endpoint>();
    const auto endpoint = parse_listen_address(text, kStatusPort);
    if (!endpoint) return endpoint.error();
    return std::optional(endpoint.value());
  };
  return scalar_key(
      {"status.listen", "address", "off", "off, " + std::string(kListenForms), kRestart, {}, {}}, parse,
      field(&Config::status_listen));
}

std::vector<Key> make_table() {
  const auto plan = [](auto member) { return field(&Config::plan, member); };
  const auto ttl = [](auto member) { return field(&Config::cache, &CacheOptions::ttl, member); };
  const auto tcp = [](auto member) { return field(&Config::server, &ServerOptions::tcp, member); };
  const auto forward = [](auto member) { return field(&Config::forward, member); };
  const auto log = [](auto member) { return field(&Config::log, member); };

  return {
      listen_key(),
      workers_key(),

      servers_key(),
      resolv_conf_key(),
      tunable_key<IntegerText>("upstream.active_tier_size", kReload, plan::kActiveTierSize,
                               plan(&PlanOptions::active_tier_size)),
      tunable_key<DurationText>("upstream.fallback_timeout", kReload, plan::kFallbackTimeout,
                                plan(&PlanOptions::fallback_timeout)),
      tunable_key<IntegerText>("upstream.batch_size", kReload, plan::kBatchSize,
                               plan(&PlanOptions::batch_size)),
      tunable_key<DurationText>("upstream.stagger_delay", kReload, plan::kStaggerDelay,
                                plan(&PlanOptions::stagger_delay)),
      tunable_key<DurationText>("upstream.total_collect_timeout", kReload, plan::kTotalCollectTimeout,
                                plan(&PlanOptions::total_collect_timeout)),
      choice_key<Collect>("upstream.collect", kReload, {{"all", Collect::All}, {"answer", Collect::Answer}},
                          plan(&PlanOptions::collect)),
      choice_key<Merge>("upstream.merge", kReload, {{"addresses", Merge::Addresses}, {"off", Merge::Off}},
                        forward(&ForwardOptions::merge)),

      tunable_key<SizeText>("cache.size", kRestart, cache::kCacheSize,
                            field(&Config::cache, &CacheOptions::size)),
      tunable_key<DurationText>("cache.min_ttl", kReload, cache::kMinTtl, ttl(&TtlLimits::min_ttl)),
      tunable_key<DurationText>("cache.max_ttl", kReload, cache::kMaxTtl, ttl(&TtlLimits::max_ttl)),
      tunable_key<DurationText>("cache.negative_max_ttl", kReload, cache::kNegativeMaxTtl,
                                ttl(&TtlLimits::negative_max_ttl)),
      tunable_key<DurationText>("cache.failure_ttl", kReload, cache::kFailureTtl,
                                ttl(&TtlLimits::failure_ttl)),

      allow_key(),

      tunable_key<IntegerText>("limits.inflight_queries", kReload, forward::kInflightQueries,
                               forward(&ForwardOptions::inflight_queries)),
      tunable_key<IntegerText>("limits.tcp_connections", kReload, server::kTcpConnections,
                               tcp(&TcpOptions::connections)),
      tunable_key<DurationText>("limits.tcp_idle_timeout", kReload, server::kTcpIdleTimeout,
                                tcp(&TcpOptions::idle_timeout)),

      log_level_key(),
      choice_key<LogTarget>(
          "log.target", kRestart,
          {{"auto", LogTarget::Auto}, {"stderr", LogTarget::Stderr}, {"journal", LogTarget::Journal}},
          log(&LogOptions::target)),
      choice_key<bool>("log.queries", kReload, {{"true", true}, {"false", false}}, log(&LogOptions::queries)),

      status_listen_key(),
  };
}

}  // namespace

const std::vector<Key>& key_table() {
  static const std::vector<Key> kTable = make_table();
  return kTable;
}

}  // namespace pacedns::config
