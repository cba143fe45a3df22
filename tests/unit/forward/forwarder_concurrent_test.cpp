#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "pacedns/forward/forwarder.hpp"
#include "pacedns/net/listening_socket.hpp"
#include "pacedns/server/listeners.hpp"

#include "support/loopback.hpp"
#include "support/transport_probe.hpp"
#include "unit/forward/forwarding.hpp"

// Two workers on two threads. A run with ThreadSanitizer selects the suite by its name.

namespace pacedns::forward {
namespace {

using metrics::Counter;
using test::Datagrams;
using test::MessageBuilder;
using test::Octets;

constexpr unsigned kWorkers = 2;

/// A worker without sockets for queries: tests hand it queries themselves.
struct Worker {
  Worker(unsigned number, cache::MessageCache& cache, const net::Endpoint& at)
      : forwarder(io, {.worker = number, .workers = kWorkers}, cache, test::hasher(), counters),
        listeners(server::ServerOptions{}, open_connections, forwarder, counters) {
    if (const auto error = listeners.bind(io, at)) throw boost::system::system_error(error);
  }

  /// Runs `work` on the worker's thread and waits for it.
  template <typename Work>
  void run(Work work) {
    std::promise<void> done;
    boost::asio::post(io, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running{io.get_executor()};
  metrics::Counters counters;
  server::ConnectionCount open_connections{0};
  Forwarder forwarder;
  server::Listeners listeners;
  std::thread thread;
};

class ForwarderConcurrent : public testing::Test {
 protected:
  ForwarderConcurrent() {
    const net::Endpoint at = net::claim_endpoint(test::loopback()).value();
    std::vector<Forwarder*> all;
    for (unsigned i = 0; i < kWorkers; ++i) {
      workers_.push_back(std::make_unique<Worker>(i, cache_, at));
      all.push_back(&workers_.back()->forwarder);
    }
    for (const auto& worker : workers_)
      worker->forwarder.connect(all, worker->listeners);
    for (const auto& worker : workers_) {
      worker->thread = std::thread([&io = worker->io] { io.run(); });
    }
    apply();
  }

  ~ForwarderConcurrent() override {
    for (const auto& worker : workers_)
      worker->io.stop();
    for (const auto& worker : workers_)
      worker->thread.join();
  }

  void apply() {
    auto settings = std::make_shared<Settings>();
    settings->upstreams = {{{upstream::Protocol::Udp, upstream_.at(), "u"}, health_}};
    // A slow machine must not make the flight time out.
    settings->plan.total_collect_timeout = std::chrono::minutes(1);
    for (const auto& worker : workers_)
      worker->run([&] { worker->forwarder.apply(settings); });
  }

  /// Hands `worker` a query as if `client` had sent it. True if the answer comes later.
  static bool ask(Worker& worker, const Octets& query, const Datagrams& client) {
    server::Incoming incoming = from(client);
    std::vector<std::uint8_t> reply(1232);
    incoming.query = query;
    incoming.reply = reply;
    worker.forwarder.on_queries({&incoming, 1}, steady_now());
    return incoming.handled.when == server::Handled::When::Later;
  }

  static server::Incoming from(const Datagrams& client) {
    server::Incoming incoming;
    const auto endpoint = client.at().udp();
    std::memcpy(&incoming.client.peer.remote, endpoint.data(), endpoint.size());
    incoming.client.peer.remote_size = static_cast<socklen_t>(endpoint.size());
    incoming.allowed = true;
    return incoming;
  }

  std::uint64_t count(Counter counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_)
      sum += worker->counters.get(counter);
    return sum;
  }

  test::EventLoop loop_;
  Datagrams upstream_{loop_};
  std::shared_ptr<health::UpstreamHealth> health_ = std::make_shared<health::UpstreamHealth>();
  cache::MessageCache cache_{cache::kMiB};
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// The same name in as many letter cases as it has letters to choose for.
std::string spelled(std::string name, unsigned number) {
  for (char& letter : name) {
    if (letter < 'a' || letter > 'z') continue;
    if (number & 1U) letter = static_cast<char>(letter - 'a' + 'A');
    number >>= 1U;
  }
  return name;
}

MessageBuilder question(unsigned number, const std::string& name) {
  MessageBuilder query(spelled(name, number));
  query.id(static_cast<std::uint16_t>(0x4000 + number));
  if (number % 3 == 0) query.opt(1232);
  if (number % 5 == 0) query.flags(0);  // without RD
  return query;
}

void expect_own_reply(const Octets& query, const Octets& reply) {
  const test::Reply asked(query);
  const test::Reply heard(reply);
  EXPECT_TRUE(std::ranges::equal(heard.view().question().wire, asked.view().question().wire))
      << "letter case";
  EXPECT_EQ(heard.view().header().has(dns::kRd), asked.view().header().has(dns::kRd));
  EXPECT_EQ(heard.view().opt().has_value(), asked.view().opt().has_value());
  EXPECT_EQ(heard.view().header().answer_count, 1U);
}

// Many questions at both workers, in batches that fit into a socket's buffer.
TEST_F(ForwarderConcurrent, AThousandIdenticalQuestionsMakeOneFlight) {
  constexpr unsigned kQuestions = 1000;
  constexpr unsigned kClients = 20;
  std::vector<std::unique_ptr<Datagrams>> clients;
  for (unsigned i = 0; i < kClients; ++i)
    clients.push_back(std::make_unique<Datagrams>(loop_));
  std::vector<Octets> queries;
  for (unsigned i = 0; i < kQuestions; ++i)
    queries.push_back(question(i, "www.example.com.").wire());

  std::atomic<unsigned> later{0};
  for (unsigned i = 0; i < kQuestions; ++i) {
    Worker& worker = *workers_[i % kWorkers];
    boost::asio::post(worker.io, [&, i] { later += ask(worker, queries[i], *clients[i % kClients]); });
  }
  const auto asked = upstream_.receive();
  loop_.until([&] { return count(Counter::FlightsJoined) == kQuestions - 1; });
  EXPECT_EQ(later, kQuestions);
  upstream_.send(test::reply_to(asked.message), asked.from);

  std::vector<bool> heard(kQuestions);
  for (unsigned i = 0; i < kQuestions; ++i) {
    const auto reply = clients[i % kClients]->receive();
    const auto number = static_cast<unsigned>(test::id_of(reply.message) - 0x4000);
    ASSERT_LT(number, kQuestions);
    EXPECT_FALSE(heard[number]) << "answered twice";
    heard[number] = true;
    expect_own_reply(queries[number], reply.message);
  }
  EXPECT_EQ(count(Counter::FlightsStarted), 1U);
  EXPECT_EQ(count(Counter::UpstreamQueries), 1U);
  EXPECT_FALSE(upstream_.take().has_value());
}

TEST_F(ForwarderConcurrent, AQuestionForTheOtherWorkerIsAnsweredFromTheCacheIfItIsThere) {
  Datagrams client(loop_);
  for (unsigned i = 0; i < 40; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example.";
    const Octets query = question(i, name).wire();
    workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)); });
    const auto asked = upstream_.receive();
    upstream_.send(test::reply_to(asked.message), asked.from);
    expect_own_reply(query, client.receive().message);
    for (const auto& worker : workers_)
      worker->run([&] { EXPECT_FALSE(ask(*worker, query, client)); });
  }
  EXPECT_EQ(count(Counter::FlightsStarted), 40U);
  EXPECT_GT(workers_[0]->counters.get(Counter::FlightsStarted), 0U);
  EXPECT_GT(workers_[1]->counters.get(Counter::FlightsStarted), 0U) << "keys are spread over the workers";
}

// Flights of both workers, their answers on the way to each other, and several waiters an answer.
TEST_F(ForwarderConcurrent, ABatchOfQuestionsForBothWorkersIsAnsweredInFull) {
  constexpr unsigned kNames = 8;
  Datagrams client(loop_);
  std::vector<Octets> queries;
  for (unsigned i = 0; i < server::kMaxBatch; ++i)
    queries.push_back(question(i, "n" + std::to_string(i % kNames) + ".example.").wire());
  const auto ask_all = [&] {
    std::vector<std::vector<std::uint8_t>> replies(queries.size(), std::vector<std::uint8_t>(1232));
    std::vector<server::Incoming> batch;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      batch.push_back(from(client));
      batch.back().query = queries[i];
      batch.back().reply = replies[i];
    }
    workers_[0]->forwarder.on_queries(batch, steady_now());
    return std::ranges::count(batch, server::Handled::When::Later,
                              [](const server::Incoming& incoming) { return incoming.handled.when; });
  };
  workers_[0]->run([&] { EXPECT_EQ(ask_all(), server::kMaxBatch); });
  loop_.until([&] { return count(Counter::FlightsJoined) == server::kMaxBatch - kNames; });
  for (unsigned i = 0; i < kNames; ++i) {
    const auto asked = upstream_.receive();
    upstream_.send(test::reply_to(asked.message), asked.from);
  }
  std::vector<bool> heard(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Octets reply = client.receive().message;
    const auto number = test::id_of(reply) - 0x4000U;
    ASSERT_LT(number, queries.size());
    EXPECT_FALSE(heard[number]) << "answered twice";
    heard[number] = true;
    expect_own_reply(queries[number], reply);
  }
  workers_[0]->run([&] { EXPECT_EQ(ask_all(), 0) << "now they are hits"; });
}

TEST_F(ForwarderConcurrent, AReloadWhileQuestionsAreInFlightLosesNone) {
  constexpr unsigned kQuestions = 200;
  std::vector<Octets> queries;
  for (unsigned i = 0; i < kQuestions; ++i)
    queries.push_back(question(i, "n" + std::to_string(i) + ".example.").wire());
  Datagrams client(loop_);
  std::atomic<unsigned> asked{0};
  for (unsigned i = 0; i < kQuestions; ++i) {
    Worker& worker = *workers_[i % kWorkers];
    boost::asio::post(worker.io, [&, i] { asked += ask(worker, queries[i], client); });
    if (i % 20 == 0) {
      health_ = std::make_shared<health::UpstreamHealth>();
      apply();
    }
  }
  for (unsigned i = 0; i < kQuestions; ++i) {
    const auto query = upstream_.receive();
    if (i == kQuestions / 2) apply();
    upstream_.send(test::reply_to(query.message), query.from);
    const Octets reply = client.receive().message;
    expect_own_reply(queries[test::id_of(reply) - 0x4000U], reply);
  }
  EXPECT_EQ(asked, kQuestions);
}

// The owner does not get to its work while the others hand over more than it takes.
TEST_F(ForwarderConcurrent, AWorkerThatIsFarBehindIsHandedNoMore) {
  constexpr unsigned kHandedOver = 8192;
  Datagrams client(loop_);
  Octets query;
  // A question that belongs to worker 1.
  for (unsigned i = 0; query.empty(); ++i) {
    const std::string name = "n" + std::to_string(i) + ".example.";
    if ((test::key_for(name).hash() >> 8) % kWorkers == 1) query = question(i, name).wire();
  }
  std::promise<void> busy, go_on;
  boost::asio::post(workers_[1]->io, [&] {
    busy.set_value();
    go_on.get_future().wait();
  });
  busy.get_future().wait();
  unsigned taken = 0;
  workers_[0]->run([&] {
    while (taken < 2 * kHandedOver && ask(*workers_[0], query, client))
      ++taken;
  });
  EXPECT_EQ(taken, kHandedOver);
  EXPECT_EQ(count(Counter::OverLimitRefusals), 1U);
  go_on.set_value();
  workers_[1]->run([] {});
  workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)) << "it has caught up"; });
}

}  // namespace
}  // namespace pacedns::forward
