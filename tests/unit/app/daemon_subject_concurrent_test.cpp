#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include "pacedns/app/daemon_subject.hpp"

#include "support/loopback.hpp"
#include "support/transport_probe.hpp"

// Real workers on real sockets, asked by the test's thread while they work. A run with ThreadSanitizer
// selects the suite by its name.

namespace pacedns::app {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using status::Records;
using test::Datagrams;
using test::MessageBuilder;
using test::Octets;
using testing::ElementsAre;
using testing::IsEmpty;

std::string qname_of(unsigned number) {
  return "n" + std::to_string(number) + ".example.";
}

/// QNAME, QTYPE and QCLASS.
Octets wire_of(unsigned number) {
  return test::join({test::name(qname_of(number)), test::u16(1), test::u16(1)});
}

std::set<Octets> questions_in(const Records& records) {
  std::set<Octets> questions;
  for (const auto& record : records)
    questions.insert(record->question);
  return questions;
}

bool newest_first(const Records& records) {
  return std::ranges::is_sorted(records, std::greater{},
                                [](const auto& record) { return record->started_at; });
}

class DaemonSubjectConcurrent : public testing::Test {
 protected:
  void start(unsigned workers = 2) {
    auto config = std::make_shared<config::Config>();
    config->workers = workers;
    config->server.allow = server::loopback_prefixes();
    config->upstream.servers = {server_of(one_, "one"), server_of(two_, "two")};
    config->cache.size = 4 * cache::kMiB;
    settings_->upstreams = {{config->upstream.servers[0], std::make_shared<health::UpstreamHealth>()},
                            {config->upstream.servers[1], std::make_shared<health::UpstreamHealth>()}};
    settings_->plan.total_collect_timeout = 1min;
    settings_->allow = config->server.allow;
    pool_.emplace(*config);
    pool_->apply(settings_);
    subject_.emplace(*pool_, query_log_, "/etc/pacedns.yaml", config);
    auto prepared = pool_->addresses().prepare({test::loopback()});
    ASSERT_TRUE(prepared);
    at_ = pool_->addresses().commit(std::move(*prepared), kPatience).added.front();
    pool_->start();
    subject_->follow(config, settings_);
  }

  static upstream::ServerOptions server_of(const Datagrams& upstream, const char* name) {
    return {upstream::Protocol::Udp, upstream.at(), name};
  }

  void send(unsigned number) {
    client_.send(MessageBuilder(qname_of(number)).id(static_cast<std::uint16_t>(number)).wire(), at_);
  }

  /// Asks a question; the first upstream answers it, the second does not.
  void ask(unsigned number) {
    send(number);
    answer(1);
  }

  /// The first upstream answers whatever it is asked, until so many clients have their answers.
  void answer(unsigned clients) {
    loop_.until([&] {
      reply_from(one_);
      if (client_.take()) --clients;
      return clients == 0;
    });
  }

  /// The second upstream answers until no flight is left.
  void finish() {
    loop_.until([&] {
      reply_from(two_);
      return count(Counter::FlightsFinished) == count(Counter::FlightsStarted);
    });
    // The last one was counted just before it was put into the history.
    for (const auto& worker : pool_->workers())
      static_cast<void>(worker->waiters());
  }

  static void reply_from(Datagrams& upstream) {
    while (const auto asked = upstream.take())
      upstream.send(test::reply_to(asked->message), asked->from);
  }

  /// What the subject says, while workers go on.
  template <typename Result>
  Result await(boost::asio::awaitable<Result> operation) {
    std::optional<Result> result;
    begin(std::move(operation), result);
    loop_.until([&] { return result.has_value(); });
    return *std::move(result);
  }

  template <typename Result>
  void begin(boost::asio::awaitable<Result> operation, std::optional<Result>& result) {
    boost::asio::co_spawn(loop_.io, std::move(operation),
                          [&](const std::exception_ptr& thrown, Result value) {
                            EXPECT_FALSE(thrown);
                            result = std::move(value);
                          });
  }

  [[nodiscard]] std::uint64_t count(Counter counter) const { return pool_->counters()[counter]; }

  test::EventLoop loop_;
  Datagrams one_{loop_};
  Datagrams two_{loop_};
  Datagrams client_{loop_};
  net::Endpoint at_;
  std::shared_ptr<forward::Settings> settings_ = std::make_shared<forward::Settings>();
  QueryLogThread query_log_{[] { return std::make_shared<spdlog::sinks::null_sink_mt>(); }};
  std::optional<WorkerPool> pool_;
  std::optional<DaemonSubject> subject_;
};

/// Enough that both workers have some: all on one of two would be a chance of 1 in half a million.
constexpr unsigned kQuestions = 20;

TEST_F(DaemonSubjectConcurrent, RecentFlightsComeFromAllWorkersNewestFirst) {
  start();
  for (unsigned i = 0; i < kQuestions; ++i)
    ask(i);
  finish();
  const Records all = await(subject_->recent_flights(100));
  EXPECT_EQ(all.size(), kQuestions);
  EXPECT_EQ(questions_in(all).size(), kQuestions);
  EXPECT_TRUE(newest_first(all));
  EXPECT_EQ(all.front()->question, wire_of(kQuestions - 1));
  std::set<std::uint64_t> workers;
  for (const auto& record : all) {
    EXPECT_FALSE(record->open());
    EXPECT_EQ(record->upstream_of(record->attempts[*record->winner]), "one");
    workers.insert(record->generation % 2);
  }
  EXPECT_THAT(workers, ElementsAre(0, 1)) << "flights of both";
}

TEST_F(DaemonSubjectConcurrent, NoMoreAreGivenThanWereAskedFor) {
  start();
  for (unsigned i = 0; i < kQuestions; ++i) {
    ask(i);
    finish();  // they end in the order in which they began
  }
  ask(kQuestions);
  const Records some = await(subject_->recent_flights(3));
  EXPECT_EQ(questions_in(some), (std::set<Octets>{wire_of(18), wire_of(19), wire_of(20)}));
  EXPECT_TRUE(newest_first(some));
  EXPECT_TRUE(some.front()->open()) << "open ones are flights, too";
  EXPECT_THAT(await(subject_->recent_flights(0)), IsEmpty());
}

TEST_F(DaemonSubjectConcurrent, AnOpenFlightIsFoundByItsQuestionWhateverItsFlags) {
  start();
  ask(1);
  client_.send(MessageBuilder(qname_of(1)).id(2).opt(1232, true).add_flags(dns::kCd).wire(), at_);
  loop_.until([&] { return count(Counter::FlightsStarted) == 2; });
  const Records found = await(subject_->flights_for(wire_of(1)));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(newest_first(found));
  EXPECT_TRUE(found[0]->open());
  EXPECT_TRUE(found[0]->dnssec_ok);
  EXPECT_TRUE(found[0]->checking_disabled);
  EXPECT_EQ(found[0]->answered_at, kNever);
  EXPECT_FALSE(found[1]->dnssec_ok);
  EXPECT_EQ(found[1]->clients, 1U);
  EXPECT_THAT(await(subject_->flights_for(wire_of(2))), IsEmpty());
}

TEST_F(DaemonSubjectConcurrent, AFlightThatIsOverIsFoundOnWhicheverWorkerItWas) {
  start();
  for (unsigned i = 0; i < kQuestions; ++i)
    ask(i);
  finish();
  for (unsigned i = 0; i < kQuestions; ++i) {
    const Records found = await(subject_->flights_for(wire_of(i)));
    ASSERT_EQ(found.size(), 1U) << i;
    EXPECT_EQ(found[0]->question, wire_of(i));
    EXPECT_FALSE(found[0]->open());
  }
}

TEST_F(DaemonSubjectConcurrent, AFlightThatEndsMeanwhileIsFoundOnce) {
  start(1);
  ask(1);
  Worker& worker = *pool_->workers()[0];
  std::promise<void> gate;
  boost::asio::post(worker.io(), [open = gate.get_future().share()] { open.wait(); });
  std::optional<Records> found;
  begin(subject_->flights_for(wire_of(1)), found);
  loop_.settle();  // the worker has been asked
  gate.set_value();
  static_cast<void>(worker.waiters());  // and has answered, since it answers this
  while (count(Counter::FlightsFinished) == 0) {
    reply_from(two_);
    std::this_thread::yield();
  }
  loop_.until([&] { return found.has_value(); });
  EXPECT_EQ(found->size(), 1U);
}

TEST_F(DaemonSubjectConcurrent, WhatIsForgottenIsNotStoredAndNotJoined) {
  start();
  for (unsigned i = 0; i < kQuestions; ++i)
    send(i);
  loop_.until([&] { return count(Counter::FlightsStarted) == kQuestions; });
  const Octets kept = wire_of(7);
  const auto unwanted = [&](Bytes question) { return !std::ranges::equal(question, kept); };
  EXPECT_EQ(await(subject_->forget(unwanted)), kQuestions - 1);
  EXPECT_EQ(await(subject_->forget(unwanted)), 0U) << "they have been told";
  answer(kQuestions);
  finish();
  EXPECT_EQ(pool_->cache().usage().entries, 1U) << "all clients have their answers";
}

TEST_F(DaemonSubjectConcurrent, TheReportSumsUpAllWorkersAndTheMainThread) {
  start();
  subject_->counters().add(Counter::Reloads, 3);
  subject_->tell_refused_connections([] { return std::uint64_t{5}; });
  for (unsigned i = 0; i < kQuestions; ++i)
    ask(i);
  for (unsigned i = 0; i < 4; ++i) {
    send(i);
    static_cast<void>(client_.receive());
  }
  finish();
  const status::Report report = subject_->report();
  EXPECT_FALSE(report.version.empty());
  EXPECT_EQ(report.config_path, "/etc/pacedns.yaml");
  EXPECT_EQ(report.pid, ::getpid());
  EXPECT_EQ(report.workers, 2U);
  EXPECT_GT(report.uptime, 0s);
  EXPECT_EQ(report.totals[Counter::QueriesUdp], kQuestions + 4);
  EXPECT_EQ(report.totals[Counter::FlightsStarted], kQuestions);
  EXPECT_EQ(report.totals[Counter::Reloads], 3U);
  EXPECT_EQ(report.totals.remembered, kQuestions);
  EXPECT_EQ(report.cache.entries, kQuestions);
  EXPECT_EQ(report.cache_size, 4 * cache::kMiB);
  EXPECT_EQ(report.refused_connections, 5U);
  EXPECT_EQ(report.lost_log_lines, 0U);
  ASSERT_EQ(report.upstreams.size(), 2U);
  EXPECT_EQ(report.upstreams[0].name, "one");
  EXPECT_EQ(report.upstreams[0].source, "servers");
  EXPECT_EQ(report.upstreams[0].address, "udp://" + net::to_string(one_.at()));
  EXPECT_EQ(report.upstreams[0].counts[metrics::UpstreamCounter::Wins], kQuestions);
  EXPECT_EQ(report.upstreams[1].counts[metrics::UpstreamCounter::RepliesUsable], kQuestions);
  EXPECT_TRUE(report.upstreams[1].smoothed_rtt);
}

TEST_F(DaemonSubjectConcurrent, AnUpstreamThatIsNotInTheFileIsFromResolvConf) {
  start();
  auto config = std::make_shared<config::Config>();
  config->upstream.servers = {server_of(two_, "two")};
  subject_->follow(config, settings_);
  const status::Report report = subject_->report();
  EXPECT_EQ(report.upstreams[0].source, "resolv_conf");
  EXPECT_EQ(report.upstreams[1].source, "servers");
  EXPECT_EQ(report.workers, 2U) << "a reload changes neither workers nor the size of the cache";
}

TEST_F(DaemonSubjectConcurrent, QuestionsAreAnsweredWhileItIsAsked) {
  start();
  std::size_t seen = 0;
  for (unsigned i = 0; i < kQuestions; ++i) {
    send(i);
    seen += await(subject_->recent_flights(100)).size();
    static_cast<void>(await(subject_->flights_for(wire_of(i))));
    static_cast<void>(subject_->report());
    answer(1);
  }
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace pacedns::app
