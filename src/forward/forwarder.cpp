#include "pacedns/forward/forwarder.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "pacedns/dns/response_builder.hpp"
#include "pacedns/forward/flight_log.hpp"

namespace pacedns::forward {
namespace {

using metrics::Counter;
using server::Handled;

constexpr std::size_t kMaxReply = 65535;

/// Misses on their way to a worker, when no more are handed to it. One that is this far behind would answer
/// too late.
constexpr std::size_t kMaxExpected = 8192;

std::shared_ptr<const cache::ResponseImage> over_limit(const cache::CacheKey& key) {
  return std::make_shared<const cache::ResponseImage>(
      cache::make_failure_image(key.question(), dns::Rcode::ServFail, dns::ExtendedError::None, {}));
}

}  // namespace

Forwarder::Forwarder(boost::asio::io_context& io, PlanDriver::Place place, cache::MessageCache& cache,
                     const cache::KeyHasher& hasher, metrics::Counters& counters)
    : io_(io),
      place_(place),
      cache_(cache),
      counters_(counters),
      fast_path_(cache, hasher, counters),
      transports_({io, random_, counters, *this}),
      driver_(place, cache, hasher, counters, random_, transports_, *this),
      timer_(io, [this] { on_timer(); }),
      reply_(kMaxReply) {}

void Forwarder::connect(std::vector<Forwarder*> all, server::Listeners& listeners) {
  all_ = std::move(all);
  misses_for_.resize(all_.size());
  listeners_ = &listeners;
}

void Forwarder::apply(const std::shared_ptr<const Settings>& settings) {
  driver_.apply(settings);
  listeners_->apply(settings->allow, settings->tcp);
}

void Forwarder::on_queries(std::span<server::Incoming> batch, TimePoint now) {
  thread_.assert_owner();
  fast_path_.handle(batch, now, [&](server::Incoming& incoming, const FastPath::Attempted& attempted) {
    incoming.handled = on_miss(incoming, attempted, now);
  });
  arm_timer();
  hand_over_misses();
}

Handled Forwarder::on_miss(const server::Incoming& incoming, const FastPath::Attempted& attempted,
                           TimePoint now) {
  if (Upstream* const upstream = driver_.find_loop(attempted.query.question)) {
    counters_.add(Counter::ForwardingLoops);
    flight_log::loop_found(*upstream, now);
    return Handled::now(dns::write_empty_reply(attempted.query, dns::Rcode::Refused, dns::ExtendedError::None,
                                               incoming.reply));
  }
  const cache::CacheKey& key = *attempted.key;
  const std::size_t owner = (key.hash() >> 8) % all_.size();
  Waiter waiter(place_.worker, incoming.client, attempted.query);
  bool taken = true;
  if (owner == place_.worker) {
    taken = driver_.resolve(key, std::move(waiter), now);
  } else if (all_[owner]->expected_ + misses_for_[owner].size() < kMaxExpected) {
    misses_for_[owner].push_back({key, std::move(waiter)});
  } else {
    taken = false;
  }
  if (taken) return Handled::later();
  counters_.add(Counter::OverLimitRefusals);
  return Handled::now(dns::write_empty_reply(attempted.query, dns::Rcode::ServFail, dns::ExtendedError::None,
                                             incoming.reply));
}

void Forwarder::hand_over_misses() {
  for (std::size_t owner = 0; owner < all_.size(); ++owner) {
    if (!misses_for_[owner].empty()) all_[owner]->hand_over(std::exchange(misses_for_[owner], {}));
  }
}

void Forwarder::hand_over(std::vector<Miss> misses) {
  expected_ += misses.size();
  boost::asio::post(io_, [this, misses = std::move(misses)] { on_handed_over(misses); });
}

void Forwarder::hand_back(std::vector<Waiter> waiters, Image image, std::uint32_t age) {
  boost::asio::post(io_, [this, waiters = std::move(waiters), image = std::move(image), age] {
    for (const Waiter& waiter : waiters)
      send(waiter, image->view(), age);
  });
}

void Forwarder::on_handed_over(const std::vector<Miss>& misses) {
  thread_.assert_owner();
  expected_ -= misses.size();
  const TimePoint now = steady_now();
  for (const Miss& miss : misses)
    take(miss, now);
  arm_timer();
}

void Forwarder::take(const Miss& miss, TimePoint now) {
  // The flight may have ended while this was on its way.
  Image cached;
  std::uint32_t cached_age = 0;
  cache_.find(miss.key, now, [&](const dns::ImageView& image, std::uint32_t age) {
    cached = std::make_shared<const cache::ResponseImage>(cache::copy_image(image));
    cached_age = age;
  });
  if (cached) return deliver({&miss.waiter, 1}, std::move(cached), cached_age);
  if (driver_.resolve(miss.key, Waiter(miss.waiter), now)) return;
  counters_.add(Counter::OverLimitRefusals);
  deliver({&miss.waiter, 1}, over_limit(miss.key), 0);
}

void Forwarder::on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) {
  driver_.on_reply(key, reply, now);
  arm_timer();
}

void Forwarder::on_failure(const upstream::ExchangeKey& key, boost::system::error_code error, TimePoint now) {
  driver_.on_failure(key, error, now);
  arm_timer();
}

void Forwarder::on_timer() {
  driver_.on_deadline(steady_now());
  arm_timer();
}

// A datagram may leave through the socket of any worker on the address that was asked. A connection is with
// one worker.
void Forwarder::deliver(std::span<const Waiter> waiters, Image image, std::uint32_t age) {
  std::vector<std::vector<Waiter>> elsewhere;
  for (const Waiter& waiter : waiters) {
    if (waiter.worker() == place_.worker || listeners_->reaches(waiter.client())) {
      send(waiter, image->view(), age);
    } else {
      elsewhere.resize(all_.size());
      elsewhere[waiter.worker()].push_back(waiter);
    }
  }
  for (std::size_t i = 0; i < elsewhere.size(); ++i) {
    if (!elsewhere[i].empty()) all_[i]->hand_back(std::move(elsewhere[i]), image, age);
  }
}

void Forwarder::send(const Waiter& waiter, const dns::ImageView& image, std::uint32_t age) {
  thread_.assert_owner();
  const dns::Query query = waiter.query();
  const std::size_t limit = reply_limit(query, waiter.client().over_tcp());
  const std::size_t size = dns::write_reply(query, image, age, limit, reply_);
  listeners_->send(waiter.client(), Bytes(reply_).first(size));
}

}  // namespace pacedns::forward
