#include "pacedns/dns/presentation.hpp"

#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::join;
using test::label;
using test::name;
using test::name_of_size;
using test::Octets;
using test::octets;

TEST(NameToText, WritesAbsoluteNamesAndKeepsTheCase) {
  EXPECT_EQ(name_to_text(name("www.eXample.")), "www.eXample.");
  EXPECT_EQ(name_to_text(Octets{0}), ".");
}

TEST(NameToText, EscapesWhatWouldBeReadOtherwise) {
  EXPECT_EQ(name_to_text(join({label(octets("a.b")), {0}})), "a\\.b.");
  EXPECT_EQ(name_to_text(join({label(octets("a\\b")), {0}})), "a\\\\b.");
  EXPECT_EQ(name_to_text(join({label({0, 10, 27, 127, 255}), {0}})), "\\000\\010\\027\\127\\255.");
  EXPECT_EQ(name_to_text(join({label(octets("a b")), {0}})), "a\\032b.");
}

TEST(NameToText, WritesEveryOctetSoThatItIsReadBackAndNoLogLineIsForged) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const Octets wire = join({label({static_cast<std::uint8_t>(octet)}), {0}});
    const std::string text = name_to_text(wire);
    EXPECT_EQ(name(text), wire) << text;
    for (const char sign : text)
      EXPECT_TRUE(sign > ' ' && sign < '\x7f') << octet;
  }
}

TEST(NameToText, WritesTheLongestName) {
  EXPECT_EQ(name_to_text(name_of_size(255, 0xff)).size(), 4 * 250 + 4U) << "250 octets escaped, four dots";
}

TEST(NameToText, SaysWhatIsMalformed) {
  EXPECT_EQ(name_to_text({}), "(malformed)");
  EXPECT_EQ(name_to_text(label(octets("www"))), "(malformed)") << "no root label";
  EXPECT_EQ(name_to_text(Octets{3, 'w'}), "(malformed)");
  EXPECT_EQ(name_to_text(Octets{0x40, 0}), "(malformed)");
  EXPECT_EQ(name_to_text(name_of_size(256)), "(malformed)");
}

TEST(NameToText, TakesUncompressedNamesOnly) {
  EXPECT_EQ(name_to_text(Octets{0xc0, 0}), "(malformed)");
  EXPECT_EQ(name_to_text(Octets{2, 0, 0, 0xc0, 1}), "(malformed)") << "to a root label inside a label";
  EXPECT_EQ(name_to_text(join({name("a."), {7}})), "(malformed)") << "something behind the root label";
}

TEST(TypeToText, WritesMnemonicsAndUnknownTypes) {
  EXPECT_EQ(type_to_text(1), "A");
  EXPECT_EQ(type_to_text(28), "AAAA");
  EXPECT_EQ(type_to_text(65), "HTTPS");
  EXPECT_EQ(type_to_text(255), "ANY");
  EXPECT_EQ(type_to_text(0), "TYPE0");
  EXPECT_EQ(type_to_text(65280), "TYPE65280");
  EXPECT_EQ(type_to_text(65535), "TYPE65535");
}

TEST(TypeToText, EveryTypeHasAText) {
  for (unsigned type = 0; type <= 0xffff; ++type) {
    ASSERT_NE(type_to_text(static_cast<std::uint16_t>(type)), "(malformed)") << type;
  }
}

TEST(RcodeToText, WritesIanasMnemonics) {
  EXPECT_EQ(rcode_to_text(Rcode::NoError), "NOERROR");
  EXPECT_EQ(rcode_to_text(Rcode::FormErr), "FORMERR");
  EXPECT_EQ(rcode_to_text(Rcode::ServFail), "SERVFAIL");
  EXPECT_EQ(rcode_to_text(Rcode::NxDomain), "NXDOMAIN");
  EXPECT_EQ(rcode_to_text(Rcode::NotImp), "NOTIMP");
  EXPECT_EQ(rcode_to_text(Rcode::Refused), "REFUSED");
  EXPECT_EQ(rcode_to_text(Rcode::BadVers), "BADVERS");
}

TEST(RcodeToText, WritesUnknownCodesAsNumbers) {
  EXPECT_EQ(rcode_to_text(static_cast<Rcode>(11)), "RCODE11");
  EXPECT_EQ(rcode_to_text(static_cast<Rcode>(15)), "RCODE15");
  EXPECT_EQ(rcode_to_text(static_cast<Rcode>(17)), "RCODE17");
  EXPECT_EQ(rcode_to_text(static_cast<Rcode>(4000)), "RCODE4000");
}

}  // namespace
}  // namespace pacedns::dns
