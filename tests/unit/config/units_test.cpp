#include "pacedns/config/units.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

using namespace std::chrono_literals;

struct DurationRow {
  const char* text;
  Duration value;
  const char* formatted;
};

constexpr std::chrono::hours kDay(24);

const DurationRow kDurations[] = {
    {"0", 0s, "0s"},
    {"0s", 0s, "0s"},
    {"0.0", 0s, "0s"},
    {"1ns", 1ns, "1ns"},
    {"250us", 250us, "250us"},
    {"300ms", 300ms, "300ms"},
    {"0.3s", 300ms, "300ms"},
    {"1.5s", 1500ms, "1500ms"},
    {"1.50s", 1500ms, "1500ms"},
    {"0007s", 7s, "7s"},
    {"60s", 1min, "1m"},
    {"90s", 90s, "90s"},
    {"1.5m", 90s, "90s"},
    {"24h", kDay, "1d"},
    {"7d", 7 * kDay, "7d"},
    {"0.000000001s", 1ns, "1ns"},
    {"1.000000000000000000000000s", 1s, "1s"},
    {"9223372036854775807ns", Duration::max(), "9223372036854775807ns"},
};

TEST(Units, ReadsDurationsAndFormatsThemInTheLargestUnitThatFits) {
  for (const DurationRow& row : kDurations) {
    const auto parsed = parse_duration(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_EQ(parsed.value(), row.value) << row.text;
    EXPECT_EQ(format_duration(parsed.value()), row.formatted);
    EXPECT_EQ(parse_duration(row.formatted).value(), row.value) << row.formatted;
  }
}

struct SizeRow {
  const char* text;
  std::size_t value;
  const char* formatted;
};

constexpr std::size_t kMiB = std::size_t{1} << 20;

const SizeRow kSizes[] = {
    {"0", 0, "0"},
    {"0GiB", 0, "0"},
    {"1B", 1, "1B"},
    {"1024B", 1024, "1KiB"},
    {"0.5KiB", 512, "512B"},
    {"1.5MiB", kMiB + kMiB / 2, "1536KiB"},
    {"64MiB", 64 * kMiB, "64MiB"},
    {"0.25GiB", 256 * kMiB, "256MiB"},
    {"1024GiB", kMiB* kMiB, "1024GiB"},
    {"18446744073709551615B", std::numeric_limits<std::size_t>::max(), "18446744073709551615B"},
};

TEST(Units, ReadsSizesAndFormatsThemInTheLargestUnitThatFits) {
  for (const SizeRow& row : kSizes) {
    const auto parsed = parse_size(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_EQ(parsed.value(), row.value) << row.text;
    EXPECT_EQ(format_size(parsed.value()), row.formatted);
    EXPECT_EQ(parse_size(row.formatted).value(), row.value) << row.formatted;
  }
}

struct BadRow {
  const char* text;
  const char* what;
};

const BadRow kBadDurations[] = {
    {"", "is not a number with a unit"},
    {"ms", "is not a number with a unit"},
    {"fast", "is not a number with a unit"},
    {".5s", "is not a number with a unit"},
    {"1.s", "is not a number with a unit"},
    {"1.2.3s", "is not a number with a unit"},
    {"+1s", "is not a number with a unit"},
    {" 1s", "is not a number with a unit"},
    {"300", "has no unit"},
    {"0.1", "has no unit"},
    {"1 s", "has an unknown unit"},
    {"1s ", "has an unknown unit"},
    {"1e3s", "has an unknown unit"},
    {"1S", "has an unknown unit"},
    {"1sec", "has an unknown unit"},
    {"1w", "has an unknown unit"},
    {"1m30s", "has an unknown unit"},
    {"-1s", "is negative"},
    {"-0", "is negative"},
    {"0.5ns", "is not a whole number of ns"},
    {"0.0000000001s", "is not a whole number of ns"},
    {"0.00000000000000000000000000001d", "is not a whole number of ns"},
    {"9223372036854775808ns", "is too large"},
    {"9223372036854775807d", "is too large"},
    {"99999999999999999999999d", "is too large"},
    {"18446744073709551615ns", "is too large"},
};

TEST(Units, SaysWhatIsWrongWithADuration) {
  for (const BadRow& row : kBadDurations) {
    const auto parsed = parse_duration(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().what, row.what) << row.text;
  }
}

const BadRow kBadSizes[] = {
    {"64", "has no unit"},
    {"64MB", "has an unknown unit"},
    {"64mib", "has an unknown unit"},
    {"64M", "has an unknown unit"},
    {"-1B", "is negative"},
    {"0.3B", "is not a whole number of B"},
    {"0.3KiB", "is not a whole number of B"},
    {"18446744073709551616B", "is too large"},
    {"18446744073709551615.5KiB", "is too large"},
    {"17179869184GiB", "is too large"},
};

TEST(Units, SaysWhatIsWrongWithASize) {
  for (const BadRow& row : kBadSizes) {
    const auto parsed = parse_size(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().what, row.what) << row.text;
  }
}

TEST(Units, NamesTheUnitsWhereOneIsMissing) {
  EXPECT_EQ(parse_duration("300").error().hint, "units are ns, us, ms, s, m, h, d");
  EXPECT_EQ(parse_size("64").error().hint, "units are B, KiB, MiB, GiB");
}

}  // namespace
}  // namespace pacedns::config
