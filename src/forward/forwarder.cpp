#include "pacedns/forward/forwarder.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/question.hpp"
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

/// With the upper bits, if there are any.
dns::Rcode rcode_of(Bytes reply) {
  const auto view = dns::MessageView::parse(reply);
  return view ? view->rcode() : static_cast<dns::Rcode>(dns::Header::read(reply).low_rcode());
}

/// In lower case.
dns::Question canonical_question(const FastPath::Attempted& attempted) {
  return {attempted.key->question(), attempted.query.question.type, attempted.query.question.rr_class};
}

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
      reply_(kMaxReply),
      query_log_(place.workers) {}

void Forwarder::connect(std::vector<Forwarder*> all, server::Listeners& listeners) {
  all_ = std::move(all);
  misses_for_.resize(all_.size());
  listeners_ = &listeners;
}

void Forwarder::apply(const std::shared_ptr<const Settings>& settings) {
  driver_.apply(settings);
  fast_path_.limit_clients(settings->client_limiter);
  special_names_.reset();
  const AnswerOptions& answers = settings->forward.answers;
  if (answers.special_names == SpecialNamePolicy::Local) special_names_.emplace(answers.forward_names);
  query_log_.apply(settings->query_log, settings->query_logger);
  listeners_->apply(settings->allow, settings->tcp);
}

void Forwarder::on_queries(std::span<server::Incoming> batch, TimePoint now) {
  thread_.assert_owner();
  std::bitset<server::kMaxBatch> special;
  const auto hits =
      fast_path_.handle(batch, now, [&](server::Incoming& incoming, const FastPath::Attempted& attempted) {
        if (answer_special(incoming, attempted)) {
          special.set(static_cast<std::size_t>(&incoming - batch.data()));
        } else {
          incoming.handled = on_miss(incoming, attempted, now);
        }
      });
  if (hits.any() || query_log_.on()) {
    const TimePoint done = steady_now();
    if (hits.any()) counters_.hit_latency.observe(done - now, hits.count());
    if (query_log_.on()) log_answered(batch, hits, special, now, done);
  }
  arm_timer();
  hand_over_misses();
}

void Forwarder::log_answered(std::span<const server::Incoming> batch,
                             const std::bitset<server::kMaxBatch>& hits,
                             const std::bitset<server::kMaxBatch>& special, TimePoint received_at,
                             TimePoint now) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const server::Incoming& incoming = batch[i];
    if (incoming.handled.when != Handled::When::Now || !query_log_.wanted(now)) continue;
    const auto question = dns::read_question(incoming.query);
    query_log_.write({.client = incoming.client.peer.address(),
                      .over_tcp = incoming.client.over_tcp(),
                      .question = question ? question->wire : Bytes{},
                      .rcode = rcode_of(Bytes(incoming.reply).first(incoming.handled.size)),
                      .from = hits[i] ? "cache" : (special[i] ? "local" : "refused"),
                      .took = now - received_at});
  }
}

bool Forwarder::answer_special(server::Incoming& incoming, const FastPath::Attempted& attempted) {
  if (!special_names_) return false;
  const dns::Query& query = attempted.query;
  const auto image = special_names_->answer(canonical_question(attempted));
  if (!image) return false;
  counters_.add(Counter::SpecialNames);
  counters_.add(metrics::responses_by_rcode(dns::Header::read(image->wire).low_rcode()));
  const std::size_t limit = reply_limit(query, incoming.client.over_tcp());
  incoming.handled = Handled::now(dns::write_reply(query, image->view(), 0, limit, incoming.reply));
  return true;
}

Handled Forwarder::on_miss(const server::Incoming& incoming, const FastPath::Attempted& attempted,
                           TimePoint now) {
  if (Upstream* const upstream = driver_.find_loop(canonical_question(attempted))) {
    counters_.add(Counter::ForwardingLoops);
    flight_log::loop_found(*upstream, now);
    return refuse(incoming, attempted.query, dns::Rcode::Refused);
  }
  const cache::CacheKey& key = *attempted.key;
  const std::size_t owner = (key.hash() >> 8) % all_.size();
  Waiter waiter(place_.worker, incoming.client, attempted.query, now);
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
  return refuse(incoming, attempted.query, dns::Rcode::ServFail);
}

Handled Forwarder::refuse(const server::Incoming& incoming, const dns::Query& query, dns::Rcode rcode) {
  counters_.add(metrics::responses_by_rcode(static_cast<std::uint16_t>(rcode)));
  return Handled::now(dns::write_empty_reply(query, rcode, dns::ExtendedError::None, incoming.reply));
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

void Forwarder::hand_back(std::vector<Waiter> waiters, Image image, std::uint32_t age, std::string from) {
  boost::asio::post(
      io_, [this, waiters = std::move(waiters), image = std::move(image), age, from = std::move(from)] {
        const TimePoint now = steady_now();
        for (const Waiter& waiter : waiters)
          send(waiter, {image, age, from}, now);
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
  if (cached) return deliver({&miss.waiter, 1}, {std::move(cached), cached_age, "cache"}, now);
  if (driver_.resolve(miss.key, Waiter(miss.waiter), now)) return;
  counters_.add(Counter::OverLimitRefusals);
  deliver({&miss.waiter, 1}, {over_limit(miss.key)}, now);
}

void Forwarder::on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) {
  driver_.on_reply(key, reply, now);
  arm_timer();
}

void Forwarder::on_suspicion(const upstream::Suspicion& suspicion, TimePoint now) {
  driver_.on_suspicion(suspicion, now);
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
void Forwarder::deliver(std::span<const Waiter> waiters, const Answer& answer, TimePoint now) {
  std::vector<std::vector<Waiter>> elsewhere;
  for (const Waiter& waiter : waiters) {
    if (waiter.worker() == place_.worker || listeners_->reaches(waiter.client())) {
      send(waiter, answer, now);
    } else {
      elsewhere.resize(all_.size());
      elsewhere[waiter.worker()].push_back(waiter);
    }
  }
  for (std::size_t i = 0; i < elsewhere.size(); ++i) {
    if (elsewhere[i].empty()) continue;
    all_[i]->hand_back(std::move(elsewhere[i]), answer.image, answer.age, std::string(answer.from));
  }
}

void Forwarder::send(const Waiter& waiter, const Answer& answer, TimePoint now) {
  thread_.assert_owner();
  const dns::Query query = waiter.query();
  const std::size_t limit = reply_limit(query, waiter.client().over_tcp());
  const std::size_t size = dns::write_reply(query, answer.image->view(), answer.age, limit, reply_);
  counters_.add(metrics::responses_by_rcode(dns::Header::read(reply_).low_rcode()));
  const Duration took = now - waiter.received_at();
  counters_.miss_latency.observe(took);
  if (query_log_.wanted(now)) {
    query_log_.write({.client = waiter.client().peer.address(),
                      .over_tcp = waiter.client().over_tcp(),
                      .question = query.question.wire,
                      .rcode = rcode_of(Bytes(reply_).first(size)),
                      .from = answer.from,
                      .took = took});
  }
  listeners_->send(waiter.client(), Bytes(reply_).first(size));
}

}  // namespace pacedns::forward
