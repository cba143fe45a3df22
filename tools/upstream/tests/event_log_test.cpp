#include "upstream/event_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_messages.hpp"

namespace pacedns::simulator::test {
namespace {

using std::string_literals::operator""s;

Event query_event() {
  static const std::string name = "A";
  Event event;
  event.time = TimePoint{} + std::chrono::microseconds(50'123);
  event.upstream = &name;
  event.subject = {
      Transport::Udp, {boost::asio::ip::make_address("127.0.0.1"), 5555}, 4711, 1, "\3www\7example\0"s};
  event.edns_size = 1232;
  return event;
}

TEST(EventLog, WritesAQueryAsDocumented) {
  EXPECT_EQ(format_event(query_event()),
            "t=0.050123 event=query upstream=A transport=udp peer=127.0.0.1:5555 id=4711 qname=www.example. "
            "qtype=A "
            "edns=1232 do=0 cd=0");
}

TEST(EventLog, WritesRepliesAndDropsAsDocumented) {
  Event event = query_event();
  event.kind = EventKind::Reply;
  event.answers = 2;
  event.size = 87;
  const std::string start =
      "upstream=A transport=udp peer=127.0.0.1:5555 id=4711 qname=www.example. qtype=A ";
  EXPECT_EQ(format_event(event), "t=0.050123 event=reply " + start + "rcode=NOERROR answers=2 size=87 tc=0");
  event.kind = EventKind::Dropped;
  event.reason = "loss";
  EXPECT_EQ(format_event(event), "t=0.050123 event=dropped " + start + "reason=loss");
}

TEST(EventLog, EscapesNames) {
  Event event = query_event();
  event.subject.qname = "\6a b.\\\xff\0"s;
  event.edns_size.reset();
  EXPECT_THAT(format_event(event), testing::HasSubstr(" qname=a\\032b\\.\\\\\\255. "));
  EXPECT_THAT(format_event(event), testing::HasSubstr(" edns=- "));
}

TEST(EventLog, IsBounded) {
  EventLog log;
  EXPECT_FALSE(log.enabled());
  log.record(2);
  EXPECT_TRUE(log.enabled());
  for (int i = 0; i < 5; ++i)
    log.add(query_event());
  const std::string lines = log.take();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
  EXPECT_THAT(lines, testing::EndsWith("event=overflow count=3\n"));
  EXPECT_EQ(log.take(), "");
}

}  // namespace
}  // namespace pacedns::simulator::test
