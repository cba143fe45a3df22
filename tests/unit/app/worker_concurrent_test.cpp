#include <memory>

#include <gtest/gtest.h>

#include "pacedns/app/worker.hpp"
#include "pacedns/net/listening_socket.hpp"

#include "support/cache_messages.hpp"
#include "support/loopback.hpp"
#include "support/message_builder.hpp"

// One worker on its own thread. A run with ThreadSanitizer selects the suite by its name.

namespace pacedns::app {
namespace {

using test::MessageBuilder;

class WorkerConcurrent : public testing::Test {
 protected:
  WorkerConcurrent() {
    options_.allow = server::loopback_prefixes();
    settings_->upstreams = {
        {{upstream::Protocol::Udp, upstream_.at(), "u"}, std::make_shared<health::UpstreamHealth>()}};
    settings_->plan.total_collect_timeout = std::chrono::minutes(1);
    settings_->allow = options_.allow;
  }

  std::unique_ptr<Worker> make_worker() {
    auto worker = std::make_unique<Worker>(forward::PlanDriver::Place{}, options_,
                                           Shared{cache_, test::hasher(), connections_});
    worker->connect({&worker->forwarder()});
    return worker;
  }

  /// It answers at the address that is returned.
  net::Endpoint start(Worker& worker) {
    const net::Endpoint at = net::claim_endpoint(test::loopback()).value();
    worker.apply(settings_);
    worker.add_address(0, net::open_both(worker.io(), at).value());
    worker.start();
    return at;
  }

  test::EventLoop loop_;
  test::Datagrams upstream_{loop_};
  test::Datagrams client_{loop_};
  cache::MessageCache cache_{cache::kMiB};
  server::ConnectionCount connections_;
  server::ServerOptions options_;
  std::shared_ptr<forward::Settings> settings_ = std::make_shared<forward::Settings>();
};

TEST_F(WorkerConcurrent, KnowsHowManyClientsWait) {
  const auto worker = make_worker();
  const net::Endpoint at = start(*worker);
  EXPECT_EQ(worker->waiters(), 0U);
  client_.send(MessageBuilder("a.example.").wire(), at);
  client_.send(MessageBuilder("b.example.").wire(), at);
  static_cast<void>(upstream_.receive());
  static_cast<void>(upstream_.receive());
  EXPECT_EQ(worker->waiters(), 2U);
  EXPECT_EQ(worker->counters().get(metrics::Counter::QueriesUdp), 2U);
}

TEST_F(WorkerConcurrent, TakesNoQueriesOnceItHasStoppedAccepting) {
  const auto worker = make_worker();
  const net::Endpoint at = start(*worker);
  worker->stop_accepting();
  EXPECT_EQ(worker->waiters(), 0U);
  client_.send(MessageBuilder("a.example.").wire(), at);
  EXPECT_EQ(worker->waiters(), 0U);
  EXPECT_EQ(worker->counters().get(metrics::Counter::QueriesUdp), 0U);
}

TEST_F(WorkerConcurrent, ClosesItsConnectionsWhenItStops) {
  const auto worker = make_worker();
  const net::Endpoint at = start(*worker);
  test::Stream stream(loop_, at);
  loop_.until([&] { return connections_.total() == 1; });
  worker->stop();
  worker->stop();
  loop_.until([&] { return stream.ended(); });
}

TEST_F(WorkerConcurrent, RespondsOncePerQuestionIfItRuns) {
  const auto worker = make_worker();
  EXPECT_TRUE(worker->has_responded()) << "a beginning";
  EXPECT_FALSE(worker->has_responded()) << "it does not run yet";
  start(*worker);
  static_cast<void>(worker->waiters());  // by now it has run
  EXPECT_TRUE(worker->has_responded());
}

TEST_F(WorkerConcurrent, EndsWithoutEverHavingStarted) {
  EXPECT_NO_THROW(make_worker()->stop());
}

}  // namespace
}  // namespace pacedns::app
