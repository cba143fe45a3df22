#include "pacedns/dns/edns.hpp"

#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::join;
using test::MessageBuilder;
using test::Octets;
using test::Opt;
using test::opt_record;

/// What `write_opt` writes, with an octet on either side that it must leave alone.
Octets written(Rcode rcode, bool dnssec_ok, ExtendedError error) {
  Octets out(opt_size(error) + 2, 0x55);
  write_opt(out, 1, rcode, dnssec_ok, error);
  EXPECT_EQ(out.front(), 0x55);
  EXPECT_EQ(out.back(), 0x55);
  return {out.begin() + 1, out.end() - 1};
}

TEST(Edns, ReadsSizeVersionAndDo) {
  const auto read = [](const Opt& opt) {
    const Octets wire = MessageBuilder("x.").opt(opt).wire();
    return Edns::read(MessageView::parse(wire)->opt().value());
  };
  const Edns plain = read({.size = 512});
  EXPECT_EQ(plain.udp_payload_size, 512);
  EXPECT_EQ(plain.version, 0);
  EXPECT_FALSE(plain.dnssec_ok);
  const Edns full = read({.size = 65535, .dnssec_ok = true, .version = 255});
  EXPECT_EQ(full.udp_payload_size, 65535);
  EXPECT_EQ(full.version, 255);
  EXPECT_TRUE(full.dnssec_ok);
  const Edns upper = read({.size = 0, .upper_rcode = 255});
  EXPECT_EQ(upper.udp_payload_size, 0);
  EXPECT_EQ(upper.version, 0);
  EXPECT_FALSE(upper.dnssec_ok);
}

TEST(Edns, TheFlagsBesideDoMeanNothing) {
  const Octets opt = test::record({0}, RrType::Opt, 1232, 0x00007fff, {});
  const Octets wire = MessageBuilder("x.").additional(opt).wire();
  EXPECT_FALSE(Edns::read(MessageView::parse(wire)->opt().value()).dnssec_ok);
}

ExtendedError read_error(const Octets& options) {
  const Octets wire = MessageBuilder("x.").opt({.options = options}).wire();
  return read_extended_error(MessageView::parse(wire).value());
}

TEST(ReadExtendedError, FindsItAmongTheOptions) {
  const Octets error = test::option(15, {0, 6, 'b', 'o', 'g', 'u', 's'});
  EXPECT_EQ(read_error(error), ExtendedError{6});
  EXPECT_EQ(read_error(join({test::option(10, Octets(8, 1)), error, test::option(15, {0, 7})})),
            ExtendedError{6});
  EXPECT_EQ(read_error(join({test::option(0, {}), test::option(15, {1, 2})})), ExtendedError{258});
}

TEST(ReadExtendedError, IsNoneWhereThereIsNoneThatCanBeRead) {
  EXPECT_EQ(read_extended_error(MessageView::parse(MessageBuilder("x.").wire()).value()),
            ExtendedError::None);
  for (const Octets& options :
       {Octets{}, test::option(10, {1, 2}), test::option(15, {}), test::option(15, {1}), Octets{0, 15, 0},
        Octets{0, 15, 0, 3, 0, 6}, join({Octets{0, 10, 0, 9}, test::option(15, {0, 6})})})
    EXPECT_EQ(read_error(options), ExtendedError::None);
}

TEST(WriteOpt, WritesVersionZeroAndOurSize) {
  EXPECT_EQ(written(Rcode::NoError, false, ExtendedError::None), opt_record({.size = 1232}));
  EXPECT_EQ(written(Rcode::NoError, true, ExtendedError::None),
            opt_record({.size = 1232, .dnssec_ok = true}));
}

TEST(WriteOpt, HoldsTheUpperBitsOfTheRcode) {
  EXPECT_EQ(written(Rcode::ServFail, false, ExtendedError::None), opt_record({}));
  EXPECT_EQ(written(Rcode::BadVers, false, ExtendedError::None), opt_record({.upper_rcode = 1}));
  EXPECT_EQ(written(static_cast<Rcode>(0xfff), true, ExtendedError::None),
            opt_record({.dnssec_ok = true, .upper_rcode = 0xff}));
}

TEST(WriteOpt, CarriesAnExtendedError) {
  EXPECT_EQ(written(Rcode::ServFail, false, ExtendedError::NoReachableAuthority),
            opt_record({.options = test::option(15, {0, 22})}));
  EXPECT_EQ(written(Rcode::ServFail, true, ExtendedError::NetworkError),
            opt_record({.dnssec_ok = true, .options = test::option(15, {0, 23})}));
}

}  // namespace
}  // namespace pacedns::dns
