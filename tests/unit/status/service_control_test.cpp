#include <algorithm>

#include <gmock/gmock.h>

#include "support/service_probe.hpp"

// What is served over the control socket only.

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using test::key_for;
using test::MessageBuilder;
using testing::HasSubstr;

class ServiceControl : public testing::Test {
 protected:
  void store(const std::string& qname, test::Code type = dns::RrType::A) {
    probe_.subject.store(
        key_for(qname, type),
        MessageBuilder(qname, type)
            .response()
            .answer(test::record(test::pointer(), type, dns::RrClass::In, 300, {192, 0, 2, 1})));
  }

  [[nodiscard]] std::size_t cached() { return probe_.subject.cache().usage().entries; }

  [[nodiscard]] std::int64_t removed(const std::string& parameters) {
    const Response response = probe_.post("/api/flush?" + parameters);
    EXPECT_EQ(response.status, 200U) << response.body;
    return probe_.json(response).at("removed").as_int64();
  }

  [[nodiscard]] std::string flush_error(const std::string& parameters) {
    const Response response = probe_.post("/api/flush" + parameters);
    EXPECT_EQ(response.status, 400U) << response.body;
    return probe_.error(response);
  }

  [[nodiscard]] std::string explain_error(const std::string& parameters) {
    const Response response = probe_.local("/api/explain" + parameters);
    EXPECT_EQ(response.status, 400U) << response.body;
    return probe_.error(response);
  }

  static std::string all_of(const Response& response) {
    std::string text = response.body;
    while (const auto piece = response.more())
      text += *piece;
    return text;
  }

  test::ServiceProbe probe_;
};

TEST_F(ServiceControl, FlushTakesPostAndNothingElseDoes) {
  store("www.example.");
  const Response get = probe_.local("/api/flush?all=1");
  EXPECT_EQ(get.status, 405U);
  EXPECT_EQ(get.allow, "POST");
  EXPECT_EQ(probe_.error(get), "/api/flush takes POST");
  for (const char* path : {"/", "/api/status", "/api/dump", "/api/explain", "/nothing"}) {
    const Response post = probe_.post(path);
    EXPECT_EQ(post.status, 405U) << path;
    EXPECT_EQ(post.allow, "GET");
    EXPECT_EQ(probe_.error(post), "POST is for /api/flush");
  }
  EXPECT_EQ(cached(), 1U);
}

TEST_F(ServiceControl, ExplainTakesANameAndATypeInAnyForm) {
  const auto explained = [&](const char* parameters) {
    const Response response = probe_.local(std::string("/api/explain?") + parameters);
    EXPECT_EQ(response.status, 200U) << parameters << response.body;
    const auto json = probe_.json(response);
    return std::string(json.at("name").as_string().c_str()) + " " + json.at("type").as_string().c_str();
  };
  EXPECT_EQ(explained("name=WWW.example"), "www.example. A") << "of type A unless another is given";
  EXPECT_EQ(explained("name=www.example.&type=aaaa"), "www.example. AAAA");
  EXPECT_EQ(explained("name=.&type=TYPE65280"), ". TYPE65280");
  EXPECT_EQ(explained("name=www.example&type=type28"), "www.example. AAAA");
  EXPECT_EQ(explained("name=%ff.example"), "\\255.example. A");
  EXPECT_EQ(explained("name=a%5c.b.example"), "a\\.b.example. A");
}

TEST_F(ServiceControl, ExplainFindsWhatIsCachedUnderAnySpelling) {
  store("www.example.");
  const auto json = probe_.json(probe_.local("/api/explain?name=WWW.EXAMPLE"));
  EXPECT_EQ(json.at("cached").at(0).at("answer").at(0), "www.example. 300 IN A 192.0.2.1");
}

TEST_F(ServiceControl, ExplainRefusesWhatIsNoName) {
  EXPECT_EQ(explain_error(""), "'' is no domain name");
  EXPECT_EQ(explain_error("?name="), "'' is no domain name");
  EXPECT_EQ(explain_error("?name=a..b"), "'a..b' is no domain name");
  EXPECT_EQ(explain_error("?name=%ff..%0a"), "'%FF..%0A' is no domain name");
  EXPECT_THAT(explain_error("?name=a%00b"), HasSubstr("'a"));
  EXPECT_THAT(explain_error("?name=" + std::string(64, 'x')), HasSubstr("is no domain name"));
  EXPECT_THAT(explain_error("?name=" + std::string(300, '.')), HasSubstr("is no domain name"));
}

TEST_F(ServiceControl, ExplainRefusesWhatIsNoType) {
  for (const char* type : {"", "AA", "0", "1", "TYPE", "TYPE0", "TYPEx", "TYPE65537", "A%20", "A%00x"}) {
    EXPECT_THAT(explain_error(std::string("?name=www.example&type=") + type), HasSubstr("is no record type"))
        << type;
  }
  EXPECT_EQ(explain_error("?name=www.example&type=%ff"), "'%FF' is no record type");
}

TEST_F(ServiceControl, FlushOfANameTakesAllItsTypesAndNoOther) {
  store("www.example.");
  store("www.example.", dns::RrType::Aaaa);
  store("example.");
  store("a.www.example.");
  EXPECT_EQ(removed("name=WWW.Example"), 2);
  EXPECT_EQ(removed("name=www.example."), 0) << "once is enough";
  EXPECT_EQ(cached(), 2U);
}

TEST_F(ServiceControl, FlushOfASuffixGoesByLabels) {
  for (const char* qname : {"example.com.", "www.example.com.", "a.b.example.com.", "ample.com.",
                            "x.ample.com.", "com.", "example.net.", "com.example."}) {
    store(qname);
  }
  EXPECT_EQ(removed("suffix=ample.com"), 2) << "example.com is not below it";
  EXPECT_EQ(removed("suffix=Example.COM."), 3);
  EXPECT_EQ(cached(), 3U);
  EXPECT_EQ(removed("suffix=com"), 1);
}

TEST_F(ServiceControl, FlushOfASuffixIsNotDeceivedByOctetsThatLookLikeLengths) {
  // A label whose content, read from within, would be the suffix.
  const test::Octets tricky = test::join({test::label(test::join({{'x'}, {3}, test::octets("com")})), {0}});
  probe_.subject.store(key_for(tricky),
                       MessageBuilder(tricky).response().answer(test::record(
                           test::pointer(), dns::RrType::A, dns::RrClass::In, 300, {1, 2, 3, 4})));
  EXPECT_EQ(removed("suffix=com"), 0);
  EXPECT_EQ(removed("suffix=."), 1);
}

TEST_F(ServiceControl, FlushOfTheRootAsSuffixIsFlushOfAll) {
  for (const char* qname : {".", "com.", "www.example."})
    store(qname);
  EXPECT_EQ(removed("name=."), 1);
  EXPECT_EQ(removed("suffix=."), 2);
  store("www.example.");
  EXPECT_EQ(removed("all=1"), 1);
  EXPECT_EQ(cached(), 0U);
}

TEST_F(ServiceControl, FlushHasFlightsForgetFirst) {
  store("www.example.");
  probe_.subject.flights = {test::FlownFlight(1).record()};
  // What a flight stores until it has been told to forget is removed, too.
  probe_.subject.on_forget = [&] {
    EXPECT_EQ(cached(), 1U) << "nothing was removed yet";
    store("www.example.", dns::RrType::Aaaa);
  };
  EXPECT_EQ(probe_.json(probe_.post("/api/flush?name=www.example")),
            boost::json::parse(R"({"removed": 2, "flights_detached": 1})"));
  EXPECT_EQ(cached(), 0U);
}

TEST_F(ServiceControl, FlushDetachesNoFlightForAnotherName) {
  probe_.subject.flights = {test::FlownFlight(1).record()};
  EXPECT_EQ(probe_.json(probe_.post("/api/flush?name=mail.example")).at("flights_detached"), 0);
  EXPECT_EQ(probe_.json(probe_.post("/api/flush?suffix=example")).at("flights_detached"), 1);
}

TEST_F(ServiceControl, FlushRefusesWhatIsNotClear) {
  store("www.example.");
  const std::string which = "give one of name, suffix and all=1";
  EXPECT_EQ(flush_error(""), which);
  EXPECT_EQ(flush_error("?nmae=www.example"), which);
  EXPECT_EQ(flush_error("?name=www.example&suffix=example"), which);
  EXPECT_EQ(flush_error("?name=www.example&all=1"), which);
  EXPECT_EQ(flush_error("?all"), "all is not 1");
  EXPECT_EQ(flush_error("?all=yes"), "all is not 1");
  EXPECT_EQ(flush_error("?name="), "'' is no domain name");
  EXPECT_EQ(flush_error("?suffix=a..b"), "'a..b' is no domain name");
  EXPECT_EQ(flush_error("?suffix=%ff..%ff"), "'%FF..%FF' is no domain name");
  EXPECT_EQ(cached(), 1U);
}

TEST_F(ServiceControl, DumpIsTextUnlessJsonIsAskedFor) {
  store("www.example.");
  for (const char* target : {"/api/dump", "/api/dump?format=text"}) {
    const Response response = probe_.local(target);
    EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
    EXPECT_THAT(all_of(response), HasSubstr("; www.example. A NOERROR "));
  }
  const Response json = probe_.local("/api/dump?format=json");
  EXPECT_EQ(json.content_type, "application/x-ndjson");
  EXPECT_EQ(boost::json::parse(all_of(json)).at("name"), "www.example.");
  const Response other = probe_.local("/api/dump?format=JSON");
  EXPECT_EQ(other.status, 400U);
  EXPECT_EQ(probe_.error(other), "the format is neither text nor json");
}

TEST_F(ServiceControl, TwoDumpsAtATimeAreEachWhole) {
  store("www.example.");
  const Response first = probe_.local("/api/dump");
  const Response second = probe_.local("/api/dump");
  static_cast<void>(first.more());
  EXPECT_THAT(all_of(second), HasSubstr("www.example."));
}

}  // namespace
}  // namespace pacedns::status
