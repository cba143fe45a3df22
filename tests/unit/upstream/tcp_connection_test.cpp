#include "pacedns/upstream/tcp_connection.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "support/loopback.hpp"
#include "support/message_builder.hpp"

namespace pacedns::upstream {
namespace {

using test::Octets;
using test::Stream;
using test::StreamAcceptor;

constexpr Duration kLong = std::chrono::minutes(1);
constexpr Duration kShort = std::chrono::milliseconds(50);

/// Lets go of the connection when it has closed.
struct ConnectionOwner : TcpConnection::Owner {
  void on_stream_reply(std::uint64_t exchange, const dns::MessageView&, TimePoint) override {
    replies.push_back(exchange);
  }
  void on_mismatch() override { ++mismatches; }
  void on_letter_case_lost(std::uint64_t, TimePoint) override { ++letter_cases_lost; }
  void on_closed(const TcpConnection& which, std::vector<ExchangeKey> exchanges,
                 boost::system::error_code why, TimePoint) override {
    EXPECT_EQ(&which, connection.get());
    ++closed;
    error = why;
    for (const ExchangeKey& key : exchanges)
      unanswered.push_back(key.flight);
    connection.reset();
  }

  std::shared_ptr<TcpConnection> connection;
  std::vector<std::uint64_t> replies;
  std::vector<std::uint64_t> unanswered;
  int mismatches = 0;
  int letter_cases_lost = 0;
  int closed = 0;
  boost::system::error_code error;
};

class TcpConnectionTest : public testing::Test {
 protected:
  void open(Duration idle_timeout) {
    owner_.connection = TcpConnection::open(loop_.io, upstream_.at().tcp(), owner_, idle_timeout);
  }
  std::uint16_t send(std::uint64_t exchange) {
    return owner_.connection->send(exchange, query_, Spelling::AsIs, random_, steady_now());
  }
  void answer(Stream& stream) {
    Octets reply = stream.read();
    reply[2] |= 0x80;
    stream.write(test::join({test::u16(reply.size()), reply}));
  }
  void await_close() {
    loop_.until([&] { return owner_.closed > 0; });
  }

  test::EventLoop loop_;
  Random random_;
  StreamAcceptor upstream_{loop_};
  const Octets query_ = test::MessageBuilder("www.example.").wire();
  ConnectionOwner owner_;
};

TEST_F(TcpConnectionTest, IsReusedOnceItHasBroughtAReply) {
  open(kLong);
  send(7);
  Stream stream = upstream_.accept();
  EXPECT_FALSE(owner_.connection->reused());
  answer(stream);
  loop_.until([&] { return !owner_.replies.empty(); });
  EXPECT_TRUE(owner_.connection->reused());
  EXPECT_EQ(owner_.replies, std::vector<std::uint64_t>{7});
  owner_.connection->abandon();
}

TEST_F(TcpConnectionTest, TellsItsOwnerOnceWhatWasNotAnswered) {
  open(kLong);
  send(1);
  const auto forgotten = send(2);
  send(3);
  Stream stream = upstream_.accept();
  owner_.connection->forget(forgotten);
  answer(stream);
  loop_.until([&] { return !owner_.replies.empty(); });
  stream.reset();
  await_close();
  loop_.settle();
  EXPECT_EQ(owner_.closed, 1);
  EXPECT_EQ(owner_.unanswered, std::vector<std::uint64_t>{3});
}

TEST_F(TcpConnectionTest, ClosesWhenNobodyUsesIt) {
  open(kShort);
  send(1);
  Stream stream = upstream_.accept();
  answer(stream);
  loop_.until([&] { return stream.ended(); });
  EXPECT_EQ(owner_.closed, 1);
  EXPECT_TRUE(owner_.unanswered.empty());
}

TEST_F(TcpConnectionTest, ClosesWhenThePeerStaysSilentHoweverMuchIsSent) {
  open(kShort);
  Stream stream = upstream_.accept();
  std::uint64_t sent = 0;
  loop_.until([&] {
    if (owner_.closed == 0) owner_.connection->forget(send(++sent));
    return owner_.closed > 0;
  });
  EXPECT_EQ(owner_.error, boost::asio::error::timed_out);
}

TEST_F(TcpConnectionTest, AnAbandonedConnectionSaysNothingMore) {
  open(kShort);
  send(1);
  Stream stream = upstream_.accept();
  owner_.connection->abandon();
  owner_.connection.reset();
  loop_.until([&] { return stream.ended(); });
  loop_.settle();
  EXPECT_EQ(owner_.closed, 0);
}

}  // namespace
}  // namespace pacedns::upstream
