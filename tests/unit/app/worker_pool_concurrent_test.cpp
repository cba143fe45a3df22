#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "pacedns/app/worker_pool.hpp"

#include "support/loopback.hpp"
#include "support/transport_probe.hpp"

// Real workers on real sockets. A run with ThreadSanitizer selects the suite by its name.

namespace pacedns::app {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using test::Datagrams;
using test::MessageBuilder;
using test::Octets;

class WorkerPoolConcurrent : public testing::Test {
 protected:
  WorkerPoolConcurrent() {
    config_.workers = 2;
    config_.server.allow = server::loopback_prefixes();
  }

  std::shared_ptr<const forward::Settings> settings() {
    auto settings = std::make_shared<forward::Settings>();
    settings->upstreams = {{{upstream::Protocol::Udp, upstream_.at(), "u"}, health_}};
    settings->plan.total_collect_timeout = 1min;
    settings->allow = config_.server.allow;
    return settings;
  }

  /// A pool that answers on the address that is returned.
  net::Endpoint start(WorkerPool& pool) {
    pool.apply(settings());
    auto prepared = pool.addresses().prepare({test::loopback()});
    if (!prepared) throw boost::system::system_error(prepared.error().error);
    const ListenChange change = pool.addresses().commit(std::move(*prepared), kPatience);
    pool.start();
    return change.added.front();
  }

  test::EventLoop loop_;
  Datagrams upstream_{loop_};
  Datagrams client_{loop_};
  std::shared_ptr<health::UpstreamHealth> health_ = std::make_shared<health::UpstreamHealth>();
  config::Config config_;
};

Octets question(unsigned number) {
  return MessageBuilder("n" + std::to_string(number) + ".example.")
      .id(static_cast<std::uint16_t>(number))
      .wire();
}

TEST_F(WorkerPoolConcurrent, AnswersOverUdpAndTcpAndCounts) {
  WorkerPool pool(config_);
  const net::Endpoint at = start(pool);
  client_.send(question(7), at);
  const auto asked = upstream_.receive();
  upstream_.send(test::reply_to(asked.message), asked.from);
  EXPECT_EQ(test::id_of(client_.receive().message), 7U);

  test::Stream stream(loop_, at);
  stream.write(MessageBuilder("n7.example.").id(8).frame());
  EXPECT_EQ(test::id_of(stream.read()), 8U);
  pool.stop(10s);
  EXPECT_EQ(pool.counters()[Counter::QueriesUdp], 1U);
  EXPECT_EQ(pool.counters()[Counter::QueriesTcp], 1U);
  EXPECT_EQ(pool.counters()[Counter::CacheHits], 1U);
  EXPECT_EQ(pool.cache().usage().entries, 1U);
}

TEST_F(WorkerPoolConcurrent, StoppingAnswersWhatIsInFlight) {
  constexpr unsigned kQuestions = 20;
  WorkerPool pool(config_);
  const net::Endpoint at = start(pool);
  for (unsigned i = 0; i < kQuestions; ++i)
    client_.send(question(i), at);
  std::vector<Datagrams::Received> asked;
  for (unsigned i = 0; i < kQuestions; ++i)
    asked.push_back(upstream_.receive());

  std::thread stopping([&] { pool.stop(test::kPatience); });
  for (const auto& query : asked)
    upstream_.send(test::reply_to(query.message), query.from);
  for (unsigned i = 0; i < kQuestions; ++i)
    EXPECT_LT(test::id_of(client_.receive().message), kQuestions);
  stopping.join();
  client_.send(question(100), at);
  EXPECT_FALSE(upstream_.take().has_value());
}

TEST_F(WorkerPoolConcurrent, StoppingWaitsNoLongerThanItsPatience) {
  WorkerPool pool(config_);
  const net::Endpoint at = start(pool);
  client_.send(question(1), at);
  static_cast<void>(upstream_.receive());
  const TimePoint before = steady_now();
  pool.stop(20ms);
  // Far from the flight's minute, on any machine.
  EXPECT_LT(steady_now() - before, 20s);
}

TEST_F(WorkerPoolConcurrent, StoppingTwiceOrWithoutAStartIsHarmless) {
  WorkerPool never_started(config_);
  WorkerPool pool(config_);
  start(pool);
  pool.stop(10s);
  pool.stop(0s);
}

TEST_F(WorkerPoolConcurrent, NewSettingsAreInForceForTheNextQuestion) {
  WorkerPool pool(config_);
  const net::Endpoint at = start(pool);
  client_.send(question(1), at);
  const auto asked = upstream_.receive();
  auto refusing = std::make_shared<forward::Settings>(*settings());
  refusing->allow.clear();
  pool.apply(refusing);
  // Over the workers' queues the new settings have come when a question is refused.
  Octets refused;
  for (std::uint16_t id = 100; refused.empty(); ++id) {
    client_.send(question(id), at);
    loop_.until([&] {
      if (const auto query = upstream_.take()) upstream_.send(test::reply_to(query->message), query->from);
      const auto reply = client_.take();
      if (!reply) return false;
      if ((reply->message[3] & 15U) == 5U) refused = reply->message;
      return true;
    });
  }
  upstream_.send(test::reply_to(asked.message), asked.from);
  EXPECT_EQ(test::id_of(client_.receive().message), 1U) << "what was in flight is still answered";
}

}  // namespace
}  // namespace pacedns::app
