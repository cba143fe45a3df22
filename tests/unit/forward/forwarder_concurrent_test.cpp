#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "pacedns/forward/forwarder.hpp"

#include "support/transport_probe.hpp"
#include "unit/forward/two_workers.hpp"

// A run with ThreadSanitizer selects the suite by its name.

namespace pacedns::forward {
namespace {

using metrics::Counter;
using test::Busy;
using test::Datagrams;
using test::kWorkers;
using test::MessageBuilder;
using test::names_of;
using test::Octets;
using test::question;
using test::Worker;

class ForwarderConcurrent : public test::TwoWorkers {};

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
  EXPECT_EQ(count(Counter::UpstreamQueries) - count(Counter::UpstreamRetransmissions), 1U);
}

TEST_F(ForwarderConcurrent, AQuestionForTheOtherWorkerIsAnsweredFromTheCacheIfItIsThere) {
  Datagrams client(loop_);
  for (unsigned i = 0; i < 40; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example.";
    const Octets query = question(i, name).wire();
    workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)); });
    answer_new_question();
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
  for (unsigned i = 0; i < kNames; ++i)
    answer_new_question();
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
    if (i == kQuestions / 2) apply();
    answer_new_question();
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
  for (unsigned n = 0; n < each; ++n)
    answer_new_question();
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
    const std::string name = names_of(owner, 1)[0];
    const Octets query = question(owner, name).wire();
    workers_[0]->run([&] { EXPECT_TRUE(ask(*workers_[0], query, client)); });
    static_cast<void>(asked_for(name));
    static_cast<void>(asked_for(name));
    const auto again = asked_for(name);  // and it is armed anew
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
