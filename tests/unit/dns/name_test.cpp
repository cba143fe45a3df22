#include "pacedns/dns/name.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

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
using test::pointer;

/// The uncompressed form of the name at `offset`.
std::optional<Octets> read(const Octets& message, std::size_t offset = 0) {
  const auto result = Name::read(message, offset);
  if (!result) return std::nullopt;
  return Octets(result->wire().begin(), result->wire().end());
}

TEST(SkipName, EndsBehindTheRootLabelOrTheFirstPointer) {
  EXPECT_EQ(skip_name(Octets{0}, 0), 1U);
  EXPECT_EQ(skip_name(name("www.example."), 0), 13U);
  EXPECT_EQ(skip_name(join({{9, 9}, name("a.")}), 2), 5U);
  EXPECT_EQ(skip_name(join({label(octets("www")), pointer(0), {1, 2, 3}}), 0), 6U);
  EXPECT_EQ(skip_name(pointer(0x3fff), 0), 2U) << "a pointer is not followed";
}

TEST(SkipName, RefusesWhatRunsPastTheEnd) {
  const Octets whole = join({label(octets("www")), pointer(0)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(skip_name(cut, 0)) << size;
  }
  EXPECT_FALSE(skip_name(Octets{0}, 1));
  EXPECT_FALSE(skip_name(Octets{0}, 1000));
  EXPECT_FALSE(skip_name(Octets{}, 0));
}

TEST(SkipName, RefusesReservedLabelTypes) {
  for (unsigned type = 0x40; type < 0xc0; ++type) {
    const Octets message = join({{static_cast<std::uint8_t>(type)}, Octets(300, 0)});
    EXPECT_FALSE(skip_name(message, 0)) << type;
    EXPECT_FALSE(read(message)) << type;
  }
}

TEST(IsAtOrBelow, CountsWholeLabels) {
  const auto below = [](const char* name, const char* ancestor) {
    return is_at_or_below(test::name(name), test::name(ancestor));
  };
  EXPECT_TRUE(below("example.", "example."));
  EXPECT_TRUE(below("www.example.", "example."));
  EXPECT_TRUE(below("www.example.", "."));
  EXPECT_TRUE(below(".", "."));
  EXPECT_FALSE(below("example.", "www.example."));
  EXPECT_FALSE(below("wexample.", "example."));
  EXPECT_FALSE(below("www.example.", "sample."));
  EXPECT_FALSE(below("x\\007example.", "example.")) << "octets inside a label that look like one";
}

TEST(Name, ReadsAndKeepsTheLetterCase) {
  EXPECT_EQ(read(Octets{0}), Octets{0});
  EXPECT_EQ(read(name("WwW.eXample.")), name("WwW.eXample."));
  EXPECT_EQ(read(join({name("www.example."), {1, 2, 3}})), name("www.example."));
}

TEST(Name, LabelsMayHoldAnyOctet) {
  Octets any;
  for (unsigned first = 0; first < 256; first += 32) {
    Octets content;
    for (unsigned octet = first; octet < first + 32; ++octet)
      content.push_back(static_cast<std::uint8_t>(octet));
    const Octets wire = join({label(content), {0}});
    EXPECT_EQ(read(wire), wire);
  }
}

TEST(Name, LabelsHaveAtMost63Octets) {
  const Octets longest = join({label(Octets(63, 'x')), {0}});
  EXPECT_EQ(read(longest), longest);
  EXPECT_EQ(skip_name(longest, 0), 65U);
  const Octets too_long = join({label(Octets(64, 'x')), {0}});
  EXPECT_FALSE(read(too_long));
  EXPECT_FALSE(skip_name(too_long, 0));
}

TEST(Name, HasAtMost255Octets) {
  for (std::size_t size = 250; size <= 255; ++size) {
    ASSERT_EQ(name_of_size(size).size(), size);
    EXPECT_EQ(read(name_of_size(size)), name_of_size(size)) << size;
  }
  EXPECT_FALSE(read(name_of_size(256)));
  EXPECT_FALSE(read(name_of_size(257)));
  EXPECT_FALSE(read(name_of_size(400)));
}

TEST(Name, HasAtMost255OctetsWhenPutTogetherByAPointer) {
  for (const std::size_t size : {254U, 255U, 256U}) {
    const Octets tail = name_of_size(size - 4);
    const Octets message = join({tail, label(octets("www")), pointer(0)});
    const auto whole = read(message, tail.size());
    EXPECT_EQ(whole.has_value(), size <= kMaxNameSize) << size;
    if (whole) {
      EXPECT_EQ(*whole, join({label(octets("www")), tail}));
    }
  }
}

TEST(Name, FollowsPointersBackwards) {
  // 0: example. 9: www -> 0. 15: -> 9. 17: a -> 15
  const Octets message =
      join({name("example."), label(octets("www")), pointer(0), pointer(9), label(octets("a")), pointer(15)});
  EXPECT_EQ(read(message, 9), name("www.example."));
  EXPECT_EQ(read(message, 15), name("www.example."));
  EXPECT_EQ(read(message, 17), name("a.www.example."));
}

TEST(Name, FollowsAPointerIntoTheMiddleOfAName) {
  const Octets message = join({name("www.example."), label(octets("ftp")), pointer(4)});
  EXPECT_EQ(read(message, 13), name("ftp.example."));
}

TEST(Name, FollowsTheFarthestPointer) {
  Octets message(0x3fff, 0xff);
  message = join({message, name("far."), pointer(0x3fff)});
  EXPECT_EQ(read(message, message.size() - 2), name("far."));
}

TEST(Name, RefusesPointersThatDoNotLeadBackwards) {
  EXPECT_FALSE(read(pointer(0))) << "to itself";
  EXPECT_FALSE(read(join({label(octets("a")), pointer(0)}))) << "to its own first label";
  EXPECT_FALSE(read(join({label(octets("a")), pointer(2)}))) << "to itself behind a label";
  EXPECT_FALSE(read(join({pointer(2), name("a.")}))) << "forwards";
  EXPECT_FALSE(read(join({label(octets("a")), pointer(4), {0}}))) << "forwards behind a label";
  EXPECT_FALSE(read(pointer(2))) << "to the end";
  EXPECT_FALSE(read(pointer(0x3fff))) << "past the end";
}

TEST(Name, RefusesLoops) {
  const Octets two = join({pointer(2), pointer(0)});
  EXPECT_FALSE(read(two, 0));
  EXPECT_FALSE(read(two, 2));
  // 0: a -> 4. 4: b -> 0.
  const Octets labels = join({label(octets("a")), pointer(4), label(octets("b")), pointer(0)});
  EXPECT_FALSE(read(labels, 0));
  EXPECT_FALSE(read(labels, 4));
  // Back into labels that run on into the same pointer.
  const Octets inside = join({{0xff}, label(octets("abc")), label(octets("d")), pointer(1)});
  EXPECT_FALSE(read(inside, 5));
}

TEST(Name, FollowsNoMorePointersThanANameMayHaveLabels) {
  Octets message{0};
  for (std::size_t count = 1, target = 0; count <= 128; ++count, target = message.size() - 2) {
    message = join({message, pointer(target)});
    EXPECT_EQ(read(message, message.size() - 2).has_value(), count <= 127) << count;
  }
}

TEST(Name, RefusesWhatRunsPastTheEnd) {
  const Octets whole = join({name("example."), label(octets("www")), pointer(0)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(read(cut, 9)) << size;
  }
  EXPECT_FALSE(read({}, 0));
  EXPECT_FALSE(read({0}, 1));
}

TEST(Name, OnlyAsciiLettersHaveACase) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const bool upper = octet >= 'A' && octet <= 'Z';
    EXPECT_EQ(to_lower(static_cast<std::uint8_t>(octet)), upper ? octet + 32 : octet);
  }
  for (unsigned left = 0; left < 256; ++left) {
    for (unsigned right = 0; right < 256; ++right) {
      const bool letters = (left | 32) >= 'a' && (left | 32) <= 'z' && (left | 32) == (right | 32);
      const Octets one = label({static_cast<std::uint8_t>(left)});
      const Octets two = label({static_cast<std::uint8_t>(right)});
      ASSERT_EQ(equal_ignoring_case(one, two), left == right || letters) << left << ' ' << right;
    }
  }
}

/// Copies into exactly the room that is needed, so that writing on is seen by a sanitizer, and without one by
/// what stands behind.
Octets lowered(Bytes name) {
  Octets copy(name.size() + 16, 0xee);
  copy_lowered(name, copy.data() + 8);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(copy[i], 0xee) << "before";
    EXPECT_EQ(copy[copy.size() - 1 - i], 0xee) << "behind";
  }
  Octets exact(name.size());
  copy_lowered(name, exact.data());
  EXPECT_EQ(exact, Octets(copy.begin() + 8, copy.end() - 8));
  return exact;
}

TEST(CopyLowered, LowersOctetByOctetAtEveryPosition) {
  // What stands around an octet must not matter.
  constexpr std::uint8_t kOthers[] = {0, 'A', 'Z', '[', '@', 0x7f, 0x80, 0xc1, 0xff};
  for (std::size_t size = 0; size <= 255; size = size == 64 ? 255 : size + 1) {
    Octets name(size);
    for (std::size_t i = 0; i < size; ++i)
      name[i] = kOthers[(i + size) % std::size(kOthers)];
    Octets expected(size);
    std::ranges::transform(name, expected.begin(), to_lower);
    Octets copy(size);
    for (std::size_t i = 0; i < size; ++i) {
      for (unsigned octet = 0; octet < 256; ++octet) {
        const std::uint8_t before = std::exchange(name[i], static_cast<std::uint8_t>(octet));
        const std::uint8_t lower_before = std::exchange(expected[i], to_lower(name[i]));
        copy_lowered(name, copy.data());
        ASSERT_EQ(copy, expected) << size << ' ' << i << ' ' << octet;
        name[i] = before;
        expected[i] = lower_before;
      }
    }
    EXPECT_EQ(lowered(name), expected) << size;
  }
}

TEST(CopyLowered, StartsAnywhere) {
  const Octets block = join({Octets(8, 'A'), name("WWW.EXAMPLE.COM."), Octets(8, 'A')});
  for (std::size_t from = 0; from < 16; ++from) {
    const Bytes part = Bytes(block).subspan(from, 9);
    Octets expected(part.size());
    std::ranges::transform(part, expected.begin(), to_lower);
    EXPECT_EQ(lowered(part), expected) << from;
  }
}

TEST(CopyLowered, LengthsOfLabelsStay) {
  for (std::size_t size = 3; size <= 255; ++size)
    EXPECT_EQ(lowered(name_of_size(size, 'X')), name_of_size(size, 'x')) << size;
  EXPECT_EQ(lowered(Octets{0}), Octets{0});
}

TEST(EqualIgnoringCase, LengthsCount) {
  EXPECT_TRUE(equal_ignoring_case({}, {}));
  EXPECT_FALSE(equal_ignoring_case({}, Octets{0}));
  EXPECT_FALSE(equal_ignoring_case(Octets{0}, {}));
  const Octets whole = name("www.example.");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(equal_ignoring_case(whole, Bytes(whole).first(size))) << size;
    EXPECT_FALSE(equal_ignoring_case(Bytes(whole).first(size), whole)) << size;
  }
  EXPECT_TRUE(equal_ignoring_case(whole, name("WWW.EXAMPLE.")));
  EXPECT_FALSE(equal_ignoring_case(whole, name("WWW.EXAMPLF.")));
}

TEST(Name, ComparesByLabelsWithoutCase) {
  const auto parsed = [](const Octets& wire) { return Name::read(wire, 0).value(); };
  EXPECT_EQ(parsed(name("wWw.Example.")), parsed(name("Www.eXAMPLE.")));
  EXPECT_FALSE(parsed(name("www.example.")) == parsed(name("www.example.org.")));
  EXPECT_FALSE(parsed(name("www.example.org.")) == parsed(name("www.example.")));
  EXPECT_FALSE(parsed(name("a.bc.")) == parsed(name("ab.c.")));
  EXPECT_FALSE(parsed(name("a.b.")) == parsed(name("a\\.b."))) << "a dot in a label is no border";
  EXPECT_EQ(parsed({0}), parsed({0}));
}

}  // namespace
}  // namespace pacedns::dns
