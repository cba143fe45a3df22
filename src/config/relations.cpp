#include "pacedns/config/relations.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "pacedns/base/time.hpp"
#include "pacedns/config/own_address.hpp"
#include "pacedns/config/units.hpp"

namespace pacedns::config {
namespace {

struct NamedDuration {
  std::string_view path;
  Duration value;
};

enum class Order { Less, LessOrEqual };

void check_order(LoadContext& context, const NamedDuration& small, Order order, const NamedDuration& large) {
  const bool strict = order == Order::Less;
  if (strict ? small.value < large.value : small.value <= large.value) return;
  if (!context.sound(small.path) || !context.sound(large.path)) return;

  const bool blame_small = !context.written(small.path).empty();
  const NamedDuration& blamed = blame_small ? small : large;
  const NamedDuration& other = blame_small ? large : small;
  std::string_view limit;
  if (blame_small) {
    limit = strict ? "less than " : "at most ";
  } else {
    limit = strict ? "greater than " : "at least ";
  }
  context.fail(context.written(blamed.path).front(), std::string(blamed.path),
               format_duration(blamed.value) + " is too " + (blame_small ? "long (" : "short (") +
                   std::string(limit) + std::string(other.path) + ", which is " +
                   format_duration(other.value) + ")");
}

void check_loops(LoadContext& context) {
  if (!context.sound("listen")) return;
  const auto& servers = context.config.upstream.servers;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (const net::Endpoint& listen : context.config.server.listen) {
      if (!arrives_at(servers[i].endpoint, listen, {})) continue;
      context.fail(context.written("upstream.servers")[i], "upstream.servers",
                   to_string(servers[i].endpoint) + " is our own listening address " + to_string(listen) +
                       " (the address of another server)");
      break;
    }
  }
}

void check_status_address(LoadContext& context) {
  const auto& status = context.config.status.listen;
  if (!status || status->port == 0 || !context.sound("listen")) return;
  const auto& listen = context.config.server.listen;
  if (std::ranges::find(listen, *status) == listen.end()) return;
  context.fail(context.written("status.listen").front(), "status.listen",
               to_string(*status) + " is taken by DNS (an address that is not in listen)");
}

}  // namespace

void check_relations(LoadContext& context) {
  const plan::PlanOptions& plan = context.config.plan;
  const NamedDuration stagger{"upstream.stagger_delay", plan.stagger_delay};
  const NamedDuration fallback{"upstream.fallback_timeout", plan.fallback_timeout};
  const NamedDuration total{"upstream.total_collect_timeout", plan.total_collect_timeout};
  const cache::TtlLimits& ttl = context.config.cache.ttl;

  check_order(context, stagger, Order::LessOrEqual, fallback);
  check_order(context, fallback, Order::Less, total);
  check_order(context, {"cache.min_ttl", ttl.min_ttl}, Order::LessOrEqual, {"cache.max_ttl", ttl.max_ttl});
  check_loops(context);
  check_status_address(context);
}

}  // namespace pacedns::config
