#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pacedns/cache/cache_options.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/fast_path.hpp"
#include "pacedns/forward/forward_options.hpp"
#include "pacedns/forward/plan_driver.hpp"
#include "pacedns/health/health_table.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/plan/plan_options.hpp"

#include "scenario/scripted_network.hpp"
#include "scenario/story.hpp"

namespace pacedns::scenario {

struct Options {
  plan::PlanOptions plan;
  cache::CacheOptions cache;
  forward::ForwardOptions forward;
};

/// A query that a client sends.
struct ClientQuery {
  std::string client;
  test::Octets message;
  bool over_tcp = false;
};

/// One worker in virtual time: the real fast path, cache, flights, plans and health between scripted
/// upstreams and clients. Time jumps from one event to the next.
class World : private forward::AnswerSink {
 public:
  World();

  [[nodiscard]] Options& options() { return options_; }
  [[nodiscard]] ScriptedNetwork& network() { return network_; }
  [[nodiscard]] Story& story() { return story_; }
  [[nodiscard]] TimePoint now() const { return now_; }

  /// The configuration in force from now on: the options, and these upstreams in this order.
  void apply(const std::vector<std::string>& upstreams);

  void query(ClientQuery query);
  /// The client goes away: nobody hears what it is sent.
  void leave(const std::string& client);

  void query_at(TimePoint at, ClientQuery query);

  /// Lets everything happen that is due until then.
  void run_until(TimePoint end);

  /// Lets everything happen that will, and checks that nothing is left: no flight, no deadline, no exchange,
  /// no client without an answer.
  void run_out();

  [[nodiscard]] std::size_t flights() const { return driver_->flights(); }
  [[nodiscard]] std::uint64_t counter(const std::string& name) const;
  [[nodiscard]] std::string state_of(const std::string& upstream);

  /// How long this client waited; a failure unless it was answered with NOERROR.
  [[nodiscard]] Duration waited(const std::string& client) const;

 private:
  struct Client {
    std::string name;
    test::Octets query{};
    TimePoint asked_at{};
    std::optional<TimePoint> answered_at{};
    std::string answer{};
    bool gone = false;
  };

  void deliver(std::span<const forward::Waiter> waiters, const forward::Answer& answer,
               TimePoint now) override;
  void note_reply(Client& client, const char* how, Bytes reply);
  [[nodiscard]] TimePoint next_event() const;
  void step(TimePoint now);

  TimePoint now_ = kBeginning;
  Options options_;
  Story story_;
  ScriptedNetwork network_;
  health::HealthTable health_;
  std::map<std::string, std::shared_ptr<health::UpstreamHealth>> healths_;
  Random random_;
  cache::KeyHasher hasher_{random_};
  metrics::Counters counters_;
  std::optional<cache::MessageCache> cache_;  // these three from the first configuration on
  std::optional<forward::FastPath> fast_path_;
  std::optional<forward::PlanDriver> driver_;
  std::vector<Client> clients_;
  std::multimap<TimePoint, ClientQuery> agenda_;
  std::vector<std::uint8_t> reply_;
};

}  // namespace pacedns::scenario
