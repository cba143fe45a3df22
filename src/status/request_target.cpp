#include "pacedns/status/request_target.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace pacedns::status {
namespace {

/// The octet that two hexadecimal digits stand for.
std::optional<char> octet(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto value = octet(text.substr(i + 1, 2));
    if (!value) return std::nullopt;
    decoded += *value;
    i += 2;
  }
  return decoded;
}

/// What comes before the first `separator`; it and that are taken off the text.
std::string_view take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

}  // namespace

boost::system::result<RequestTarget, TargetProblem> parse_target(std::string_view text) {
  if (!text.starts_with('/') || text.find('#') != std::string_view::npos) return TargetProblem::NotOriginForm;
  RequestTarget target;
  auto path = decode(take_until(text, '?'));
  if (!path) return TargetProblem::BadEncoding;
  target.path = *std::move(path);
  while (!text.empty()) {
    std::string_view value = take_until(text, '&');
    if (value.empty()) continue;
    auto name = decode(take_until(value, '='));
    auto decoded = decode(value);
    if (!name || !decoded) return TargetProblem::BadEncoding;
    if (!target.parameters.try_emplace(*std::move(name), *std::move(decoded)).second) {
      return TargetProblem::RepeatedParameter;
    }
  }
  return target;
}

const char* describe(TargetProblem problem) {
  switch (problem) {
    case TargetProblem::NotOriginForm:
      return "the request target is not a path; ask for /path?name=value";
    case TargetProblem::BadEncoding:
      return "the request target has a percent sign without two hexadecimal digits; write %25 for the sign";
    case TargetProblem::RepeatedParameter:
      return "the query string has one parameter twice; give it once";
  }
  return "the request target is wrong";
}

}  // namespace pacedns::status
