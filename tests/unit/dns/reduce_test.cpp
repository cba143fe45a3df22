#include "pacedns/dns/reduce.hpp"

#include <string>

#include <gmock/gmock.h>

#include "pacedns/dns/presentation.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::dns {
namespace {

using test::MessageBuilder;
using test::pointer;
using test::record;
using testing::ElementsAre;
using testing::IsEmpty;

std::optional<test::Octets> reduced(const MessageBuilder& message, const std::vector<bool>& unwanted) {
  const test::Reply reply(message);
  return reduce(reply.view(), unwanted);
}

MessageBuilder response() {
  return MessageBuilder("www.example.").response().id(0x1234);
}

TEST(Reduce, TakesOutWhatIsUnwanted) {
  const auto message = response()
                           .answer("www.example. 300 IN CNAME a.example.")
                           .answer("a.example. 300 IN A 192.0.2.1")
                           .answer("a.example. 60 IN A 192.0.2.2");
  const auto left = reduced(message, {false, true, false});
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(Header::read(*left).id, 0x1234);
  EXPECT_THAT(records_to_text(*left).value(),
              ElementsAre("www.example. 300 IN CNAME a.example.", "a.example. 60 IN A 192.0.2.2"));
  EXPECT_THAT(records_to_text(reduced(message, {true, true, true}).value()).value(), IsEmpty());
}

TEST(Reduce, LeavesNothingThatRefersToWhatIsGone) {
  const auto message =
      response()
          .answer(record(test::name("a.example."), RrType::A, RrClass::In, 60, {192, 0, 2, 1}))
          .answer(record(pointer(29), RrType::A, RrClass::In, 60, {192, 0, 2, 2}));
  EXPECT_THAT(records_to_text(reduced(message, {true, false}).value()).value(),
              ElementsAre("a.example. 60 IN A 192.0.2.2"));
}

TEST(Reduce, KeepsNeitherSignaturesNorOtherSections) {
  const auto message = response()
                           .add_flags(kAd)
                           .answer("www.example. 300 IN A 192.0.2.1")
                           .answer("www.example. 300 IN TXT \"x\"")
                           .authority("example. 300 IN NS ns.example.")
                           .additional("ns.example. 300 IN A 192.0.2.9")
                           .opt(1232);
  const auto left = reduced(message, {false, false}).value();
  EXPECT_THAT(records_to_text(left).value(), ElementsAre("www.example. 300 IN A 192.0.2.1"));
  EXPECT_FALSE(Header::read(left).has(kAd));
  EXPECT_FALSE(MessageView::parse(left).value().opt().has_value());
}

TEST(Reduce, DoesNotMendWhatIsNoAddress) {
  const auto message = response()
                           .answer(record(pointer(), RrType::A, RrClass::In, 60, {10, 0, 0, 1, 9, 9, 9, 9}))
                           .answer(record(pointer(), RrType::Aaaa, RrClass::In, 60, test::Octets(17, 0)));
  EXPECT_THAT(records_to_text(reduced(message, {false, false}).value()).value(), IsEmpty());
}

TEST(Reduce, HasLimits) {
  auto message = response();
  for (int i = 0; i < 257; ++i)
    message.answer(record(pointer(), RrType::A, RrClass::In, 60, {192, 0, 2, 1}));
  EXPECT_FALSE(reduced(message, std::vector<bool>(257)).has_value()) << "too many";

  auto large = MessageBuilder(test::name_of_size(255), RrType::A).response();
  for (int i = 0; i < 256; ++i)
    large.answer(record(pointer(), RrType::Cname, RrClass::In, 60, pointer()));
  EXPECT_FALSE(reduced(large, std::vector<bool>(256)).has_value()) << "too large";
}

}  // namespace
}  // namespace pacedns::dns
