#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
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
        listeners(io, server::ServerOptions{}, open_connections, forwarder, counters) {
    auto sockets = net::open_both(io, at).value();
    stream = std::move(sockets.stream);
    listeners.add(0, {std::move(sockets.datagrams), {}});
  }

  /// Clients may connect from now on. On the worker's thread.
  void accept() { listeners.add(1, {{}, std::move(stream)}); }

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
  std::optional<boost::asio::ip::tcp::acceptor> stream;
  std::thread thread;
};

class ForwarderConcurrent : public testing::Test {
 protected:
  ForwarderConcurrent() {
    std::vector<Forwarder*> all;
    for (unsigned i = 0; i < kWorkers; ++i) {
      workers_.push_back(std::make_unique<Worker>(i, cache_, at_));
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
    settings->forward = forward_;
    settings->allow = server::loopback_prefixes();
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
  ForwardOptions forward_;
  const net::Endpoint at_ = net::claim_endpoint(test::loopback()).value();
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// A worker that does nothing until `release`.
class Busy {
 public:
  explicit Busy(Worker& worker) {
    std::promise<void> there;
    boost::asio::post(worker.io, [go_on = go_on_.get_future().share(), &there] {
      there.set_value();
      go_on.wait();
    });
    there.get_future().wait();
  }
  void release() { go_on_.set_value(); }

 private:
  std::promise<void> go_on_;
};

/// Names of questions that belong to `worker`.
std::vector<std::string> names_of(unsigned worker, std::size_t count) {
  std::vector<std::string> names;
  for (unsigned i = 0; names.size() < count; ++i) {
    std::string name = "n" + std::to_string(i) + ".example.";
    if ((test::key_for(name).hash() >> 8) % kWorkers == worker) names.push_back(std::move(name));
  }
  return names;
}

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

// Connections of both workers, questions of both, and several waiters an answer.
TEST_F(ForwarderConcurrent, OverTcpAnswersComeThroughTheWorkerThatHasTheConnection) {
  constexpr unsigned kClients = 16;
  std::vector<std::string> names = names_of(0, 4);
  for (const std::string& name : names_of(1, 4))
    names.push_back(name);
  const auto each = static_cast<unsigned>(names.size());
  for (const auto& worker : workers_)
    worker->run([&] { worker->accept(); });
  std::vector<test::Stream> clients;
  for (unsigned i = 0; i < kClients; ++i) {
    clients.emplace_back(loop_, at_);
    for (unsigned n = 0; n < each; ++n)
      clients[i].write(question(i * each + n, names[n]).frame());
  }
  loop_.until([&] { return count(Counter::FlightsJoined) == (kClients - 1) * each; });
  for (unsigned n = 0; n < each; ++n) {
    const auto asked = upstream_.receive();
    upstream_.send(test::reply_to(asked.message), asked.from);
  }
  for (unsigned i = 0; i < kClients; ++i) {
    std::vector<bool> heard(each);
    for (unsigned n = 0; n < each; ++n) {
      const Octets reply = clients[i].read();
      const unsigned number = test::id_of(reply) - 0x4000U;
      ASSERT_EQ(number / each, i) << "of another connection";
      EXPECT_FALSE(heard[number % each]) << "answered twice";
      heard[number % each] = true;
      expect_own_reply(question(number, names[number % each]).wire(), reply);
    }
    EXPECT_FALSE(clients[i].take());
  }
  EXPECT_GT(workers_[0]->counters.get(Counter::TcpConnections), 0U);
  EXPECT_GT(workers_[1]->counters.get(Counter::TcpConnections), 0U);
  EXPECT_EQ(count(Counter::DroppedReplies), 0U);
}

TEST_F(ForwarderConcurrent, AUdpReplyDoesNotGoBackToTheWorkerThatWasAsked) {
  Datagrams client(loop_);
  const Octets query = question(1, names_of(1, 1)[0]).wire();
  workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)); });
  const auto asked = upstream_.receive();
  Busy busy(*workers_[0]);
  upstream_.send(test::reply_to(asked.message), asked.from);
  expect_own_reply(query, client.receive().message);
  busy.release();
}

// The flight began with a query that was handed over, and its upstream is silent.
TEST_F(ForwarderConcurrent, TheTimerRunsForFlightsThatBeganWithAHandOver) {
  Datagrams client(loop_);
  for (unsigned owner = 0; owner < kWorkers; ++owner) {
    const Octets query = question(owner, names_of(owner, 1)[0]).wire();
    workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)); });
    static_cast<void>(upstream_.receive());
    static_cast<void>(upstream_.receive());
    const auto again = upstream_.receive();  // and it is armed anew
    upstream_.send(test::reply_to(again.message), again.from);
    expect_own_reply(query, client.receive().message);
  }
  EXPECT_GE(count(Counter::UpstreamRetransmissions), 2 * kWorkers);
}

TEST_F(ForwarderConcurrent, AnAnswerThatCameWhileAQuestionWasOnItsWayIsGivenAtItsAge) {
  Datagrams client(loop_);
  const std::string name = names_of(1, 1)[0];
  const MessageBuilder query = question(1, name);
  // A connection of worker 0.
  workers_[0]->run([&] { workers_[0]->accept(); });
  std::vector<test::Stream> streams;
  for (int i = 0; i < 16; ++i)  // the kernel gives some of them to worker 1, which does not accept
    streams.emplace_back(loop_, at_);
  loop_.until([&] { return workers_[0]->counters.get(Counter::TcpConnections) > 0; });
  Busy busy(*workers_[1]);
  workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query.wire(), client)); });
  for (test::Stream& stream : streams)
    stream.write(query.frame());
  loop_.until([&] { return workers_[0]->counters.get(Counter::QueriesTcp) > 0; });
  const TimePoint now = steady_now();
  cache_.store(test::key_for(name), test::image_of(test::Reply(test::reply_to(query.wire()))),
               now - std::chrono::seconds(20), now, 1);
  busy.release();
  const auto expect_aged = [&](const Octets& reply) {
    expect_own_reply(query.wire(), reply);
    EXPECT_LE(test::LdnsMessage(reply).ttls().at(0), 41U) << "of 60";
  };
  expect_aged(client.receive().message);
  std::optional<Octets> reply;
  loop_.until([&] {
    return std::ranges::any_of(streams,
                               [&](test::Stream& stream) { return (reply = stream.take()).has_value(); });
  });
  expect_aged(*reply);
  EXPECT_EQ(count(Counter::FlightsStarted), 0U);
}

TEST_F(ForwarderConcurrent, AQuestionThatIsHandedOverAndFindsNoRoomIsRefused) {
  forward_.inflight_queries = 2;  // one for each worker
  apply();
  Datagrams client(loop_);
  const auto names = names_of(1, 2);
  for (unsigned i = 0; i < 2; ++i) {
    const Octets query = question(i, names[i]).wire();
    workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)); });
  }
  const Octets refused = client.receive().message;
  EXPECT_EQ(test::id_of(refused), 0x4001);
  EXPECT_EQ(refused[3] & 15U, 2U) << "SERVFAIL";
  EXPECT_EQ(count(Counter::OverLimitRefusals), 1U);
  EXPECT_EQ(count(Counter::FlightsStarted), 1U);
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

TEST_F(ForwarderConcurrent, EveryMissOfABatchThatIsOnItsWayCounts) {
  constexpr unsigned kHandedOver = 8192;
  Datagrams client(loop_);
  const Octets query = question(1, names_of(1, 1)[0]).wire();
  const auto ask_batch = [&] {
    std::vector<std::uint8_t> reply(1232);
    std::vector<server::Incoming> batch(server::kMaxBatch, from(client));
    for (server::Incoming& incoming : batch) {
      incoming.query = query;
      incoming.reply = reply;
    }
    workers_[0]->forwarder.on_queries(batch, steady_now());
    return static_cast<unsigned>(
        std::ranges::count(batch, server::Handled::When::Later,
                           [](const server::Incoming& incoming) { return incoming.handled.when; }));
  };
  for (int round = 0; round < 2; ++round) {
    Busy busy(*workers_[1]);
    unsigned taken = 0;
    workers_[0]->run([&] {
      for (unsigned more = 1; more > 0 && taken < 2 * kHandedOver; taken += more)
        more = ask_batch();
    });
    EXPECT_EQ(taken, kHandedOver);
    busy.release();
    workers_[1]->run([] {});
  }
}

}  // namespace
}  // namespace pacedns::forward
