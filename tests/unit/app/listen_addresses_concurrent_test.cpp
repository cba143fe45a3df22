#include <chrono>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "pacedns/app/listen_addresses.hpp"
#include "pacedns/app/worker_pool.hpp"

#include "support/loopback.hpp"
#include "support/message_builder.hpp"

// With real workers on real sockets. A run with ThreadSanitizer selects the suite by its name.

namespace pacedns::app {
namespace {

using namespace std::chrono_literals;
using net::Endpoint;
using test::Datagrams;
using test::loopback;
using test::MessageBuilder;
using test::Stream;

class ListenAddressesConcurrent : public testing::Test {
 protected:
  ListenAddressesConcurrent() {
    auto settings = std::make_shared<forward::Settings>();
    settings->upstreams = {
        {{upstream::Protocol::Udp, upstream_.at(), "u"}, std::make_shared<health::UpstreamHealth>()}};
    pool_.apply(settings);
  }

  static config::Config config() {
    config::Config config;
    config.workers = 2;
    return config;
  }

  ListenAddresses& addresses() { return pool_.addresses(); }
  boost::system::result<ListenChange, BindFailure> listen(const std::vector<Endpoint>& to) {
    auto prepared = addresses().prepare(to);
    if (!prepared) return prepared.error();
    return addresses().commit(std::move(*prepared), kPatience);
  }
  Endpoint free_address() { return net::claim_endpoint(loopback()).value(); }

  /// Clients are refused by access control, for the settings allow none: that is an answer.
  bool answers_udp(const Endpoint& at) {
    Datagrams client(loop_);
    client.connect(at);
    client.socket().send(boost::asio::buffer(MessageBuilder("a.example.").wire()));
    std::uint8_t reply[512];
    for (;;) {
      boost::system::error_code error;
      client.socket().receive(boost::asio::buffer(reply), 0, error);
      if (error != boost::asio::error::would_block) return !error;  // otherwise refused
    }
  }
  bool answers_tcp(const Endpoint& at) {
    Stream client(loop_, at);
    client.write(MessageBuilder("a.example.").frame());
    return !client.read().empty();
  }
  bool connects(const Endpoint& at) {
    boost::system::error_code error;
    boost::asio::ip::tcp::socket client(loop_.io);
    client.connect(at.tcp(), error);
    return !error;
  }

  test::EventLoop loop_;
  Datagrams upstream_{loop_};
  Datagrams holder_{loop_};
  WorkerPool pool_{config()};
};

TEST_F(ListenAddressesConcurrent, NamesTheAddressThatCannotBeBound) {
  const auto change = listen({loopback("127.0.0.1"), holder_.at()});
  ASSERT_FALSE(change.has_value());
  EXPECT_EQ(change.error().endpoint, holder_.at());
  EXPECT_EQ(change.error().error, boost::asio::error::address_in_use);
}

TEST_F(ListenAddressesConcurrent, NamesAnAddressThatTheMachineDoesNotHave) {
  const Endpoint foreign = loopback("198.51.100.1", 5300);
  const auto change = listen({foreign});
  ASSERT_FALSE(change.has_value());
  EXPECT_EQ(change.error().endpoint, foreign);
  EXPECT_EQ(change.error().error, boost::system::errc::address_not_available);
}

TEST_F(ListenAddressesConcurrent, BindsAllOrNone) {
  const Endpoint wanted = free_address();
  ASSERT_FALSE(listen({wanted, holder_.at()}).has_value());
  EXPECT_NO_THROW(Datagrams(loop_, wanted)) << "the first one is free";
}

TEST_F(ListenAddressesConcurrent, ResolvesPortZeroAsOftenAsItIsGiven) {
  const auto change = listen({loopback(), loopback(), loopback("127.0.0.2")});
  ASSERT_TRUE(change.has_value());
  ASSERT_EQ(change->added.size(), 3U);
  EXPECT_NE(change->added[0].port, 0);
  EXPECT_NE(change->added[0], change->added[1]);
  EXPECT_EQ(change->added[2].address, loopback("127.0.0.2").address);

  const auto fewer = listen({loopback(), loopback("127.0.0.2")});
  EXPECT_TRUE(fewer->added.empty());
  EXPECT_EQ(fewer->removed.size(), 1U);
}

TEST_F(ListenAddressesConcurrent, ThePortThatTheKernelChoseMayBeNamedLater) {
  const auto chosen = listen({loopback()});
  ASSERT_TRUE(chosen.has_value());
  const auto same = listen(chosen->added);
  ASSERT_TRUE(same.has_value());
  EXPECT_TRUE(same->added.empty() && same->removed.empty());
}

TEST_F(ListenAddressesConcurrent, AddsAndLeavesAddressesWhileTheWorkersRun) {
  const Endpoint first = free_address();
  const Endpoint second = free_address();
  ASSERT_TRUE(listen({first}));
  pool_.start();
  EXPECT_TRUE(answers_udp(first));

  const auto grown = listen({first, second});
  EXPECT_EQ(grown->added, std::vector{second});
  EXPECT_TRUE(grown->removed.empty());
  EXPECT_TRUE(answers_udp(second) && answers_tcp(second));
  EXPECT_TRUE(answers_udp(first) && answers_tcp(first));

  const auto moved = listen({second});
  EXPECT_EQ(moved->removed, std::vector{first});
  while (answers_udp(first)) {  // until the workers have taken note
  }
  while (connects(first)) {
  }
  EXPECT_TRUE(answers_udp(second) && answers_tcp(second));
}

TEST_F(ListenAddressesConcurrent, OneThatIsLeftAndWantedAgainIsServedAtOnce) {
  const Endpoint at = free_address();
  ASSERT_TRUE(listen({at}));
  pool_.start();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(listen({}));
    ASSERT_TRUE(listen({at}));
    for (int client = 0; client < 10; ++client)
      ASSERT_TRUE(answers_udp(at)) << "the kernel spreads clients over sockets that are read";
    ASSERT_TRUE(answers_tcp(at));
  }
}

TEST_F(ListenAddressesConcurrent, AnAddressMayBecomeAllAddressesAndTheOtherWayRound) {
  const Endpoint one = free_address();
  const Endpoint all{boost::asio::ip::address_v4::any(), one.port};
  ASSERT_TRUE(listen({one}));
  pool_.start();
  for (const auto& wanted : {all, one}) {
    ASSERT_TRUE(listen({wanted})) << to_string(wanted);
    for (int client = 0; client < 10; ++client)
      ASSERT_TRUE(answers_udp(one)) << to_string(wanted);
  }
}

TEST_F(ListenAddressesConcurrent, AFailureLeavesEverythingAsItWas) {
  const Endpoint at = free_address();
  ASSERT_TRUE(listen({at}));
  pool_.start();
  ASSERT_FALSE(listen({free_address(), holder_.at()}).has_value());
  EXPECT_TRUE(answers_udp(at) && answers_tcp(at));
  const auto same = listen({at});
  EXPECT_TRUE(same->added.empty() && same->removed.empty());
}

TEST_F(ListenAddressesConcurrent, ServesPassedSocketsAndDoesNotBindTheirAddressAgain) {
  boost::asio::io_context manager;
  const Endpoint at = free_address();
  boost::asio::ip::udp::socket datagrams(manager, at.udp());
  boost::asio::ip::tcp::acceptor stream(manager, at.tcp());
  const PassedAddress passed{at, {::dup(datagrams.native_handle())}, {::dup(stream.native_handle())}};
  EXPECT_EQ(addresses().adopt({passed}), std::nullopt);
  const auto change = listen({at});
  ASSERT_TRUE(change.has_value());
  EXPECT_TRUE(change->added.empty());
  EXPECT_TRUE(addresses().all_passed());
  pool_.start();
  EXPECT_TRUE(answers_udp(at) && answers_tcp(at));
  ASSERT_TRUE(listen({}));
  EXPECT_TRUE(answers_udp(at)) << "passed sockets are served for good";
}

TEST_F(ListenAddressesConcurrent, SaysWhenOnlyOneTransportWasPassed) {
  const auto problem = addresses().adopt({{loopback("127.0.0.1", 53), {}, {3}}});
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(*problem,
            "no UDP socket was passed for 127.0.0.1:53, only the other: complete the .socket unit "
            "(ListenDatagram= and "
            "ListenStream=)");
}

TEST_F(ListenAddressesConcurrent, WhatIsPassedForAllAddressesCoversEachOfThem) {
  boost::asio::io_context manager;
  const Endpoint all{boost::asio::ip::address_v4::any(), free_address().port};
  boost::asio::ip::udp::socket datagrams(manager, all.udp());
  boost::asio::ip::tcp::acceptor stream(manager, all.tcp());
  EXPECT_EQ(addresses().adopt({{all, {::dup(datagrams.native_handle())}, {::dup(stream.native_handle())}}}),
            std::nullopt);
  const auto change = listen({loopback("127.0.0.1", all.port)});
  ASSERT_TRUE(change.has_value());
  EXPECT_TRUE(change->added.empty());
}

TEST_F(ListenAddressesConcurrent, SaysWhenMoreSocketsWerePassedThanThereAreWorkers) {
  boost::asio::io_context manager;
  boost::asio::ip::udp::socket datagrams(manager, free_address().udp());
  const int descriptor = ::dup(datagrams.native_handle());
  const Endpoint at{datagrams.local_endpoint().address(), datagrams.local_endpoint().port()};
  const auto problem = addresses().adopt({{at, {descriptor, descriptor, descriptor}, {descriptor}}});
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(*problem, "3 sockets were passed for " + to_string(at) +
                          " and there are 2 workers: correct the .socket unit or `workers`");
  ::close(descriptor);
}

}  // namespace
}  // namespace pacedns::app
