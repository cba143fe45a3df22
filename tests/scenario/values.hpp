#pragma once

#include <cstdint>
#include <string>

#include "pacedns/base/time.hpp"
#include "pacedns/dns/registry.hpp"

// The values that scenario lines are made of. What cannot be read is a `Failure`.

namespace pacedns::scenario {

/// `50ms`, `3s`, `2m`, `1d`.
[[nodiscard]] Duration read_duration(const std::string& word);
[[nodiscard]] std::uint64_t read_number(const std::string& word);
[[nodiscard]] dns::Rcode read_rcode(const std::string& word);

/// `A`, `HTTPS`, `TYPE65280`.
[[nodiscard]] std::uint16_t read_type(const std::string& word);

/// In milliseconds: `50ms`.
[[nodiscard]] std::string to_text(Duration duration);

[[nodiscard]] std::string lower(std::string text);

}  // namespace pacedns::scenario
