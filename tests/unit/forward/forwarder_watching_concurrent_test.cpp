#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <spdlog/sinks/ringbuffer_sink.h>

#include "pacedns/forward/forwarder.hpp"

#include "support/transport_probe.hpp"
#include "unit/forward/two_workers.hpp"

// What workers tell of the queries that they answer: how long it took, and the query log.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using test::Datagrams;
using test::MessageBuilder;
using test::names_of;
using test::Octets;
using test::Worker;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

class ForwarderWatchingConcurrent : public test::TwoWorkers {
 protected:
  /// Hands `worker` these at once as a client's that came `ago`.
  void ask_all(Worker& worker, const std::vector<Octets>& queries, const Datagrams& client,
               Duration ago = Duration::zero(), bool allowed = true) {
    std::vector<std::vector<std::uint8_t>> replies(queries.size(), std::vector<std::uint8_t>(1232));
    std::vector<server::Incoming> batch;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      batch.push_back(from(client));
      batch.back().query = queries[i];
      batch.back().reply = replies[i];
      batch.back().allowed = allowed;
    }
    worker.run([&] { worker.forwarder.on_queries(batch, steady_now() - ago); });
  }

  void answer(const std::string& name) {
    const auto asked = asked_for(name);
    upstream_.send(test::reply_to(asked.message), asked.from);
  }

  /// The upstream answers, and the client has it.
  void answer(const std::string& name, Datagrams& client) {
    answer(name);
    static_cast<void>(client.receive());
  }

  [[nodiscard]] metrics::Snapshot snapshot() const {
    metrics::Snapshot sum;
    for (const auto& worker : workers_)
      sum.add(worker->counters);
    return sum;
  }

  void turn_log_on() {
    query_log_.on = true;
    query_logger_ = std::make_shared<spdlog::logger>("queries", lines_);
    query_logger_->set_pattern("%v");
    apply();
  }

  /// The lines since the last call, without what varies.
  std::vector<std::string> logged() {
    std::vector<std::string> all = lines_->last_formatted();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(seen_));
    seen_ += all.size();
    for (std::string& line : all) {
      const std::size_t us = line.find(" us=");
      EXPECT_THAT(line.substr(us), MatchesRegex(" us=[0-9]+ skipped=0\n"));
      line.resize(us);
    }
    return all;
  }

  /// A client's connection from that address.
  test::Stream connect_from(const char* address) {
    boost::asio::ip::tcp::socket socket(loop_.io);
    socket.open(boost::asio::ip::tcp::v4());
    socket.bind(test::loopback(address).tcp());
    socket.connect(at_.tcp());
    return {loop_, std::move(socket)};
  }

  const std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> lines_ =
      std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(100);
  std::size_t seen_ = 0;
};

TEST_F(ForwarderWatchingConcurrent, MissesAndHitsAreTimedFromTheirArrival) {
  Datagrams client(loop_);
  std::uint64_t misses = 0;
  for (const unsigned owner : {0U, 1U}) {
    const std::string name = names_of(owner, 1)[0];
    const Octets query = MessageBuilder(name).wire();
    ask_all(*workers_[0], {query}, client, 200ms);
    answer(name, client);
    ++misses;
    EXPECT_EQ(snapshot().miss_latency.count(), misses) << owner;
    EXPECT_GE(snapshot().miss_latency.sum_us, misses * 200'000) << owner;
  }
  EXPECT_EQ(snapshot().hit_latency.count(), 0U);

  const Octets hit = MessageBuilder(names_of(0, 1)[0]).wire();
  ask_all(*workers_[1], {hit, hit, hit}, client, 1s);
  EXPECT_EQ(snapshot().hit_latency.count(), 3U) << "each of a batch";
  EXPECT_GE(snapshot().hit_latency.sum_us, 3'000'000U);
  EXPECT_EQ(snapshot().miss_latency.count(), misses);
}

TEST_F(ForwarderWatchingConcurrent, WhatIsNeitherHitNorMissIsNotTimed) {
  Datagrams client(loop_);
  ask_all(*workers_[0], {MessageBuilder("www.example.").opcode(4).wire(), Octets(3, 0)}, client);
  ask_all(*workers_[0], {MessageBuilder("www.example.").wire()}, client, 0s, false);
  EXPECT_EQ(snapshot().hit_latency.count() + snapshot().miss_latency.count(), 0U);
  EXPECT_EQ(count(Counter::ResponsesNotImp), 1U);
  EXPECT_EQ(count(Counter::ResponsesRefused), 1U);
}

TEST_F(ForwarderWatchingConcurrent, TheLogIsOffUntilItIsTurnedOn) {
  query_logger_ = std::make_shared<spdlog::logger>("queries", lines_);
  apply();
  Datagrams client(loop_);
  const Octets query = MessageBuilder("www.example.").wire();
  ask_all(*workers_[0], {query}, client);
  answer("www.example.", client);
  ask_all(*workers_[0], {query, MessageBuilder().wire()}, client);
  EXPECT_THAT(lines_->last_raw(), IsEmpty());

  turn_log_on();
  ask_all(*workers_[0], {query}, client);
  EXPECT_THAT(logged(), SizeIs(1));
  query_log_.on = false;
  apply();
  ask_all(*workers_[0], {query}, client);
  EXPECT_THAT(logged(), IsEmpty());
}

TEST_F(ForwarderWatchingConcurrent, OverUdpMissesAndHitsAreLogged) {
  turn_log_on();
  Datagrams client(loop_, test::loopback("127.0.0.2"));
  const std::string start = "event=query client=127.0.0.2 transport=udp qname=";
  for (const unsigned owner : {0U, 1U}) {
    const std::string name = names_of(owner, 1)[0];
    const Octets query = MessageBuilder(name).wire();
    ask_all(*workers_[0], {query}, client);
    EXPECT_THAT(logged(), IsEmpty()) << "it is not answered yet";
    answer(name, client);
    EXPECT_THAT(logged(), ElementsAre(start + name + " qtype=A rcode=NOERROR from=u")) << owner;
    ask_all(*workers_[1], {query}, client);
    EXPECT_THAT(logged(), ElementsAre(start + name + " qtype=A rcode=NOERROR from=cache")) << owner;
  }
}

TEST_F(ForwarderWatchingConcurrent, OverTcpTheClientsAddressIsLoggedWhicheverWorkerAnswers) {
  turn_log_on();
  for (const auto& worker : workers_)
    worker->run([&] { worker->accept(); });
  test::Stream client = connect_from("127.0.0.3");
  for (const unsigned owner : {0U, 1U}) {
    const std::string name = names_of(owner, 1)[0];
    const std::string start = "event=query client=127.0.0.3 transport=tcp qname=" + name + " qtype=A ";
    client.write(MessageBuilder(name).frame());
    answer(name);
    static_cast<void>(client.read());
    EXPECT_THAT(logged(), ElementsAre(start + "rcode=NOERROR from=u")) << owner;
    client.write(MessageBuilder(name).frame());
    static_cast<void>(client.read());
    EXPECT_THAT(logged(), ElementsAre(start + "rcode=NOERROR from=cache")) << owner;
  }
}

TEST_F(ForwarderWatchingConcurrent, RefusalsAreLoggedAndWhatIsDroppedIsNot) {
  turn_log_on();
  Datagrams client(loop_);
  const std::string start = "event=query client=127.0.0.1 transport=udp qname=";
  const MessageBuilder good("www.example.");
  ask_all(*workers_[0],
          {MessageBuilder(good).opcode(4).wire(), MessageBuilder(good).opt(test::Opt{.version = 1}).wire(),
           Octets(3, 0)},
          client);
  EXPECT_THAT(logged(), ElementsAre(start + "www.example. qtype=A rcode=NOTIMP from=refused",
                                    start + "www.example. qtype=A rcode=BADVERS from=refused"));
  ask_all(*workers_[0], {good.wire()}, client, 0s, false);
  EXPECT_THAT(logged(), ElementsAre(start + "www.example. qtype=A rcode=REFUSED from=refused"));
}

// Whoever may ask can send these.
TEST_F(ForwarderWatchingConcurrent, AQueryWithoutAReadableQuestionIsLoggedToo) {
  turn_log_on();
  Datagrams client(loop_);
  const MessageBuilder good("www.example.");
  ask_all(*workers_[0],
          {MessageBuilder().wire(), MessageBuilder().question_count(1).wire(), good.wire_cut_at(20)}, client);
  const std::vector<std::string> lines = logged();
  ASSERT_THAT(lines, SizeIs(3));
  for (const std::string& line : lines)
    EXPECT_THAT(line, HasSubstr(" qname=(none) qtype=(none) rcode=FORMERR from=refused"));
}

TEST_F(ForwarderWatchingConcurrent, AFailureIsFromNobody) {
  turn_log_on();
  Datagrams client(loop_);
  const std::string name = names_of(1, 1)[0];
  ask_all(*workers_[0], {MessageBuilder(name).wire()}, client);
  const auto asked = asked_for(name);
  Octets reply = asked.message;
  reply[2] |= 0x80;  // QR
  reply[3] = 5;      // REFUSED
  upstream_.send(reply, asked.from);
  static_cast<void>(client.receive());
  EXPECT_THAT(logged(), ElementsAre(HasSubstr("qname=" + name + " qtype=A rcode=REFUSED from=none")));
}

}  // namespace
}  // namespace pacedns::forward
