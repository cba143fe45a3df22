#include "pacedns/status/disguise.hpp"

#include <gmock/gmock.h>

#include "support/cache_messages.hpp"

namespace pacedns::status {
namespace {

using test::hasher;
using test::name;
using testing::MatchesRegex;

TEST(Disguise, EachPrivacyHasTheNameOfTheConfiguration) {
  EXPECT_EQ(status::name(Privacy::Hashed), "hashed");
  EXPECT_EQ(status::name(Privacy::Hidden), "hidden");
  EXPECT_EQ(status::name(Privacy::Full), "full");
}

TEST(Disguise, FullShowsTheNameEscaped) {
  const Disguise open(Privacy::Full, hasher());
  EXPECT_TRUE(open.shows_all());
  EXPECT_EQ(open.qname(name("www.example.")), "www.example.");
  EXPECT_EQ(open.qname(test::Octets{1, 0xff, 0}), "\\255.");
}

TEST(Disguise, HashedIsTheSameForOneNameAndAnotherForOthers) {
  const Disguise hashed(Privacy::Hashed, hasher());
  EXPECT_FALSE(hashed.shows_all());
  const auto first = hashed.qname(name("www.example."));
  EXPECT_THAT(first.value(), MatchesRegex("#[0-9a-f]{8}"));
  EXPECT_EQ(Disguise(Privacy::Hashed, hasher()).qname(name("www.example.")), first);
  EXPECT_NE(hashed.qname(name("mail.example.")), first);
  EXPECT_NE(hashed.qname(name("www.example.com.")), first);
}

TEST(Disguise, HashesAreThoseOfOneRunOfTheDaemon) {
  Random random;
  const cache::KeyHasher other(random);
  EXPECT_NE(Disguise(Privacy::Hashed, other).qname(name("www.example.")),
            Disguise(Privacy::Hashed, hasher()).qname(name("www.example.")));
}

TEST(Disguise, HiddenShowsNothing) {
  const Disguise hidden(Privacy::Hidden, hasher());
  EXPECT_FALSE(hidden.shows_all());
  EXPECT_EQ(hidden.qname(name("www.example.")), std::nullopt);
}

}  // namespace
}  // namespace pacedns::status
