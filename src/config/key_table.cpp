#include "pacedns/config/key_table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pacedns/config/addresses.hpp"
#include "pacedns/config/defaults.hpp"
#include "pacedns/config/list_keys.hpp"
#include "pacedns/config/scalar_key.hpp"
#include "pacedns/config/servers_key.hpp"

namespace pacedns::config {
namespace {

using cache::CacheOptions;
using cache::TtlLimits;
using forward::AnswerOptions;
using forward::CaseRandomization;
using forward::ClientPrivacy;
using forward::ForwardOptions;
using forward::Merge;
using forward::QueryLogOptions;
using forward::SpecialNamePolicy;
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
      field(&Config::status, &StatusOptions::listen));
}

Key status_privacy_key() {
  return choice_key<Privacy>(
      "status.privacy", kReload,
      {{"hashed", Privacy::Hashed}, {"hidden", Privacy::Hidden}, {"full", Privacy::Full}},
      field(&Config::status, &StatusOptions::privacy));
}

Key control_socket_key() {
  const auto parse = [](std::string_view text) {
    using Result = ParseResult<std::string>;
    const bool word = text == kControlSocketAuto || text == kControlSocketOff;
    const auto problem = word ? std::nullopt : check_socket_path(text);
    return problem ? Result(*problem) : Result(boost::system::in_place_value, text);
  };
  return scalar_key({"control.socket",
                     "path",
                     std::string(kControlSocketAuto),
                     "auto, off or an absolute path",
                     kRestart,
                     {},
                     {}},
                    parse, field(&Config::control_socket));
}

/// Those of one section, or of all.
using Keys = std::vector<Key>;

Keys upstream_keys() {
  const auto plan = [](auto member) { return field(&Config::plan, member); };
  return {
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
                        field(&Config::forward, &ForwardOptions::merge)),
      choice_key<CaseRandomization>("upstream.case_randomization", kReload,
                                    {{"auto", CaseRandomization::Auto}, {"off", CaseRandomization::Off}},
                                    field(&Config::forward, &ForwardOptions::case_randomization)),
  };
}

Keys cache_keys() {
  const auto ttl = [](auto member) { return field(&Config::cache, &CacheOptions::ttl, member); };
  return {
      tunable_key<SizeText>("cache.size", kRestart, cache::kCacheSize,
                            field(&Config::cache, &CacheOptions::size)),
      tunable_key<DurationText>("cache.min_ttl", kReload, cache::kMinTtl, ttl(&TtlLimits::min_ttl)),
      tunable_key<DurationText>("cache.max_ttl", kReload, cache::kMaxTtl, ttl(&TtlLimits::max_ttl)),
      tunable_key<DurationText>("cache.negative_max_ttl", kReload, cache::kNegativeMaxTtl,
                                ttl(&TtlLimits::negative_max_ttl)),
      tunable_key<DurationText>("cache.failure_ttl", kReload, cache::kFailureTtl,
                                ttl(&TtlLimits::failure_ttl)),
  };
}

Keys access_keys() {
  return {
      access_allow_key(),
      choice_key<bool>("access.rebind_protection", kReload, {{"false", false}, {"true", true}},
                       field(&Config::forward, &ForwardOptions::answers, &AnswerOptions::rebind_protection)),
      rebind_exceptions_key(),
  };
}

Keys answers_keys() {
  return {
      choice_key<SpecialNamePolicy>(
          "answers.special_names", kReload,
          {{"local", SpecialNamePolicy::Local}, {"forward", SpecialNamePolicy::Forward}},
          field(&Config::forward, &ForwardOptions::answers, &AnswerOptions::special_names)),
      forward_names_key(),
      ignore_addresses_key(),
  };
}

Keys limit_keys() {
  const auto tcp = [](auto member) { return field(&Config::server, &ServerOptions::tcp, member); };
  return {
      tunable_key<IntegerText>("limits.inflight_queries", kReload, forward::kInflightQueries,
                               field(&Config::forward, &ForwardOptions::inflight_queries)),
      tunable_key<IntegerText>("limits.tcp_connections", kReload, server::kTcpConnections,
                               tcp(&TcpOptions::connections)),
      tunable_key<IntegerText>("limits.tcp_connections_per_client", kReload, server::kTcpConnectionsPerClient,
                               tcp(&TcpOptions::connections_per_client)),
      tunable_key<DurationText>("limits.tcp_idle_timeout", kReload, server::kTcpIdleTimeout,
                                tcp(&TcpOptions::idle_timeout)),
      tunable_key<IntegerText>("limits.per_client_qps", kReload, server::kPerClientQps,
                               field(&Config::server, &ServerOptions::per_client_qps)),
  };
}

Keys log_keys() {
  const auto query_log = [](auto member) { return field(&Config::query_log, member); };
  return {
      log_level_key(),
      choice_key<LogTarget>(
          "log.target", kRestart,
          {{"auto", LogTarget::Auto}, {"stderr", LogTarget::Stderr}, {"journal", LogTarget::Journal}},
          field(&Config::log, &LogOptions::target)),
      choice_key<bool>("log.queries", kReload, {{"true", true}, {"false", false}},
                       query_log(&QueryLogOptions::on)),
      tunable_key<IntegerText>("log.query_sample", kReload, forward::kQuerySample,
                               query_log(&QueryLogOptions::sample)),
      tunable_key<IntegerText>("log.query_rate", kReload, forward::kQueryRate,
                               query_log(&QueryLogOptions::rate)),
      choice_key<ClientPrivacy>("log.query_clients", kReload,
                                {{"full", ClientPrivacy::Full},
                                 {"truncated", ClientPrivacy::Truncated},
                                 {"off", ClientPrivacy::Off}},
                                query_log(&QueryLogOptions::clients)),
  };
}

Keys status_keys() {
  return {
      status_listen_key(),
      status_allow_key(),
      status_privacy_key(),
      tunable_key<SizeText>("status.history", kReload, forward::kHistorySize,
                            field(&Config::forward, &ForwardOptions::history)),
  };
}

Keys make_table() {
  Keys table;
  for (Keys section : {Keys{listen_key(), workers_key()}, upstream_keys(), cache_keys(), access_keys(),
                       answers_keys(), limit_keys(), log_keys(), status_keys(), Keys{control_socket_key()}}) {
    for (Key& key : section)
      table.push_back(std::move(key));
  }
  return table;
}

}  // namespace

const std::vector<Key>& key_table() {
  static const std::vector<Key> kTable = make_table();
  return kTable;
}

}  // namespace pacedns::config
