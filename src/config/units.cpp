#include "pacedns/config/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <system_error>

namespace pacedns::config {
namespace {

using Amount = std::uint64_t;

struct Unit {
  std::string_view name;
  Amount size;  // in the first unit of its table
};

constexpr Amount kSecond = 1'000'000'000;
constexpr std::array kDurationUnits{
    Unit{"ns", 1},           Unit{"us", 1'000},         Unit{"ms", 1'000'000},     Unit{"s", kSecond},
    Unit{"m", 60 * kSecond}, Unit{"h", 3600 * kSecond}, Unit{"d", 86400 * kSecond}};
constexpr std::array kSizeUnits{Unit{"B", 1}, Unit{"KiB", Amount{1} << 10}, Unit{"MiB", Amount{1} << 20},
                                Unit{"GiB", Amount{1} << 30}};

/// `whole + numerator / denominator`, the fraction in lowest terms.
struct Decimal {
  Amount whole = 0;
  Amount numerator = 0;
  Amount denominator = 1;
};

Problem too_large() {
  return {"is too large", {}};
}

Problem too_fine(std::span<const Unit> units) {
  return {"is not a whole number of " + std::string(units.front().name), {}};
}

Problem with_units(std::string what, std::span<const Unit> units) {
  std::string hint = "units are ";
  for (const Unit& unit : units) {
    if (&unit != &units.front()) hint += ", ";
    hint += unit.name;
  }
  return {std::move(what), std::move(hint)};
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

ParseResult<Decimal> parse_decimal(std::string_view text, std::span<const Unit> units) {
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (!is_digits(whole) || !is_digits(fraction)) return with_units("is not a number with a unit", units);

  Decimal decimal;
  const auto parsed = std::from_chars(whole.data(), whole.data() + whole.size(), decimal.whole);
  if (parsed.ec != std::errc{}) return too_large();

  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  if (fraction.size() > std::numeric_limits<Amount>::digits10 - 1) return too_fine(units);
  for (const char digit : fraction) {
    decimal.numerator = decimal.numerator * 10 + static_cast<Amount>(digit - '0');
    decimal.denominator *= 10;
  }
  const Amount divisor = std::gcd(decimal.numerator, decimal.denominator);
  decimal.numerator /= divisor;
  decimal.denominator /= divisor;
  return decimal;
}

ParseResult<Amount> parse_amount(std::string_view text, std::span<const Unit> units) {
  if (text.starts_with('-')) return Problem{"is negative", {}};
  const auto number_size = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto parsed = parse_decimal(text.substr(0, number_size), units);
  if (!parsed) return parsed.error();
  const Decimal& decimal = parsed.value();

  const std::string_view unit_name = text.substr(number_size);
  if (unit_name.empty()) {
    if (decimal.whole == 0 && decimal.numerator == 0) return Amount{0};
    return with_units("has no unit", units);
  }
  const auto* const unit =
      std::ranges::find(units.data(), units.data() + units.size(), unit_name, &Unit::name);
  if (unit == units.data() + units.size()) return with_units("has an unknown unit", units);

  if (unit->size % decimal.denominator != 0) return too_fine(units);
  const Amount fraction = unit->size / decimal.denominator * decimal.numerator;
  Amount amount = 0;
  if (__builtin_mul_overflow(decimal.whole, unit->size, &amount)) return too_large();
  if (__builtin_add_overflow(amount, fraction, &amount)) return too_large();
  return amount;
}

std::string format_amount(Amount amount, std::span<const Unit> units) {
  const Unit* largest = &units.front();
  for (const Unit& unit : units) {
    if (amount % unit.size == 0) largest = &unit;
  }
  return std::to_string(amount / largest->size).append(largest->name);
}

}  // namespace

ParseResult<Duration> parse_duration(std::string_view text) {
  const auto amount = parse_amount(text, kDurationUnits);
  if (!amount) return amount.error();
  if (amount.value() > static_cast<Amount>(Duration::max().count())) return too_large();
  return Duration(static_cast<Duration::rep>(amount.value()));
}

std::string format_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  return format_amount(static_cast<Amount>(duration.count()), kDurationUnits);
}

ParseResult<std::size_t> parse_size(std::string_view text) {
  return parse_amount(text, kSizeUnits);
}

std::string format_size(std::size_t size) {
  if (size == 0) return "0";
  return format_amount(size, kSizeUnits);
}

}  // namespace pacedns::config
