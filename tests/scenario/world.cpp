#include "scenario/world.hpp"

#include <algorithm>
#include <utility>

#include "pacedns/dns/response_builder.hpp"

#include "scenario/client_reply.hpp"
#include "scenario/script.hpp"
#include "scenario/values.hpp"

namespace pacedns::scenario {
namespace {

/// More events at one point in time than any scenario has: somebody asks to be called again and again.
constexpr int kEndless = 100000;

}  // namespace

World::World()
    : network_([this](const std::string& asked) { story_.add(now_, "asked", asked); }), reply_(65535) {}

void World::apply(const std::vector<std::string>& upstreams) {
  auto settings = std::make_shared<forward::Settings>();
  for (const std::string& name : upstreams) {
    const bool tcp = network_.find(name).tcp_only;
    healths_[name] = health_.of(name);
    settings->upstreams.push_back(
        {{tcp ? upstream::Protocol::Tcp : upstream::Protocol::Udp, network_.endpoint_of(name), name},
         healths_[name]});
  }
  settings->plan = options_.plan;
  settings->ttl = options_.cache.ttl;
  settings->forward = options_.forward;
  if (!driver_) {
    cache_.emplace(options_.cache.size);
    fast_path_.emplace(*cache_, hasher_, counters_);
    driver_.emplace(forward::PlanDriver::Place{}, *cache_, hasher_, counters_, random_, network_,
                    static_cast<forward::AnswerSink&>(*this));
  }
  driver_->apply(std::move(settings));
}

void World::query(ClientQuery query) {
  const auto number = static_cast<std::uint32_t>(clients_.size());
  clients_.push_back({.name = query.client, .query = std::move(query.message), .asked_at = now_});
  server::Incoming incoming{
      .query = clients_.back().query,
      .client = {.listener = number, .session = query.over_tcp ? 1U : 0U, .peer = {}},
      .allowed = true,
      .reply = reply_,
      .handled = server::Handled::later(),
  };
  const std::uint64_t hits = counters_.get(metrics::Counter::CacheHits);
  fast_path_->handle({&incoming, 1}, now_, [&](const server::Incoming& missed, const auto& attempted) {
    if (driver_->resolve(*attempted.key, forward::Waiter(0, missed.client, attempted.query, now_), now_))
      return;
    clients_[number].answered_at = now_;
    story_.add(now_, "refused", query.client);
  });
  if (incoming.handled.when != server::Handled::When::Now) return;
  const bool hit = counters_.get(metrics::Counter::CacheHits) > hits;
  note_reply(clients_[number], hit ? "hit " : "answered ", Bytes(reply_).first(incoming.handled.size));
}

void World::leave(const std::string& client) {
  const auto found = std::ranges::find(clients_, client, &Client::name);
  if (found == clients_.end()) throw Failure(client + " has not asked anything");
  found->gone = true;
}

void World::query_at(TimePoint at, ClientQuery query) {
  agenda_.emplace(at, std::move(query));
}

void World::deliver(std::span<const forward::Waiter> waiters, const forward::Answer& answer, TimePoint) {
  for (const forward::Waiter& waiter : waiters) {
    const dns::Query query = waiter.query();
    const std::size_t limit = forward::reply_limit(query, waiter.client().over_tcp());
    const std::size_t size = dns::write_reply(query, answer.image->view(), answer.age, limit, reply_);
    note_reply(clients_[waiter.client().listener], "answered ", Bytes(reply_).first(size));
  }
}

void World::note_reply(Client& client, const char* how, Bytes reply) {
  if (client.answered_at) throw Failure(client.name + " was answered twice");
  const ClientReply read = read_client_reply(client.query, reply);
  client.answered_at = now_;
  client.answer = read.text;
  if (!client.gone) story_.add(now_, how + client.name, read.text, read.ttl);
}

TimePoint World::next_event() const {
  const TimePoint scheduled = agenda_.empty() ? kNever : agenda_.begin()->first;
  return std::min({scheduled, network_.next_arrival(), driver_->next_deadline()});
}

// One event, and then a wake-up for no reason, which must change nothing.
void World::step(TimePoint now) {
  if (now < now_) throw Failure("a deadline that lies in the past is still set");
  now_ = now;
  if (!agenda_.empty() && agenda_.begin()->first <= now) {
    auto scheduled = agenda_.extract(agenda_.begin());
    query(std::move(scheduled.mapped()));
  } else if (network_.next_arrival() <= now) {
    network_.deliver_one(*driver_, now);
  } else {
    driver_->on_deadline(now);
    const auto told = story_.to_text().size();
    driver_->on_deadline(now);
    if (story_.to_text().size() != told) throw Failure("a spurious wake-up had an effect");
  }
}

void World::run_until(TimePoint end) {
  int events = 0;
  for (TimePoint next = next_event(); next <= end; next = next_event()) {
    if (++events > kEndless) throw Failure("events without end at " + to_text(now_ - kBeginning));
    step(next);
  }
  now_ = end;
}

void World::run_out() {
  while (next_event() != kNever)
    run_until(next_event());
  if (driver_->flights() != 0 || driver_->waiters() != 0) throw Failure("a flight is left at the end");
  if (network_.open_exchanges() != 0) throw Failure("an exchange that nobody waits for was not cancelled");
  for (const Client& client : clients_) {
    if (!client.answered_at) throw Failure(client.name + " was never answered");
  }
}

std::uint64_t World::counter(const std::string& name) const {
  for (std::size_t i = 0; i < metrics::kCounterCount; ++i) {
    const auto counter = static_cast<metrics::Counter>(i);
    if (metrics::name(counter) == name) return counters_.get(counter);
  }
  throw Failure("there is no counter `" + name + "`");
}

std::string World::state_of(const std::string& upstream) {
  static_cast<void>(network_.find(upstream));
  return std::string(health::name(healths_[upstream]->state()));
}

Duration World::waited(const std::string& client) const {
  const auto found = std::ranges::find(clients_, client, &Client::name);
  if (found == clients_.end() || !found->answered_at) throw Failure(client + " has not been answered");
  if (!found->answer.starts_with("NOERROR")) throw Failure(client + " was answered " + found->answer);
  return *found->answered_at - found->asked_at;
}

}  // namespace pacedns::scenario
