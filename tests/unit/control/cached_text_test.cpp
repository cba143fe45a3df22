#include "pacedns/control/cached_text.hpp"

#include <gmock/gmock.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;
using testing::HasSubstr;

TEST(CachedText, SinceWhenForHowLongByWhom) {
  const auto entry = json(test::kEntry);
  EXPECT_EQ(cached_text(JsonView(entry)), 1 + R"(
cached: NOERROR, for 12 s; expires in 4 min 48 s
  filled by flight 17
    www.example.com. 288 IN A 192.0.2.1
    www.example.com. 288 IN A 192.0.2.2
)");
}

TEST(CachedText, TheFlightMayBeForgotten) {
  auto entry = json(test::kEntry);
  entry.as_object()["remembered"] = false;
  EXPECT_THAT(cached_text(JsonView(entry)),
              HasSubstr("  filled by flight 17, which is no longer remembered\n"));
  entry.as_object()["flight"] = nullptr;
  EXPECT_THAT(cached_text(JsonView(entry)), HasSubstr("it is not known which flight filled it\n"));
}

TEST(CachedText, AnEmptyAnswerIsSaid) {
  const auto entry = json(R"({"do":true,"cd":true,"rcode":"NXDOMAIN","answer":[]})");
  EXPECT_THAT(cached_text(JsonView(entry)), HasSubstr("cached (DO, CD): NXDOMAIN, for ?; expires in ?\n"));
  EXPECT_THAT(cached_text(JsonView(entry)), HasSubstr("no records in the answer"));
}

TEST(CachedText, Flags) {
  for (const auto& [value, text] : {std::pair{R"({"do":true})", " (DO)"},
                                    {R"({"cd":true})", " (CD)"},
                                    {R"({"do":true,"cd":true})", " (DO, CD)"},
                                    {R"({"do":1})", ""}}) {
    const auto question = json(value);
    EXPECT_EQ(flags_text(JsonView(question)), text);
  }
}

}  // namespace
}  // namespace pacedns::control
