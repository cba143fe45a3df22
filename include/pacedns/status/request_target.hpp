#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace pacedns::status {

/// What a request asks for: RFC 9112 section 3.2.1, and percent-encoding as in RFC 3986 section 2.1.
struct RequestTarget {
  std::string path{};
  std::map<std::string, std::string> parameters{};
};

enum class TargetProblem : std::uint8_t { NotOriginForm, BadEncoding, RepeatedParameter };

/// Reads `/path?name=value&name`, with whatever octets decoding gives; a plus sign stands for itself. A
/// parameter that is there twice is a problem, since it is not clear which one counts.
[[nodiscard]] boost::system::result<RequestTarget, TargetProblem> parse_target(std::string_view text);

/// What is wrong, as a sentence.
[[nodiscard]] const char* describe(TargetProblem problem);

}  // namespace pacedns::status
