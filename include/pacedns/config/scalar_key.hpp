#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pacedns/base/tunable.hpp"
#include "pacedns/config/key.hpp"
#include "pacedns/config/scalar_text.hpp"
#include "pacedns/config/words.hpp"

// Makes a Key of a tunable or of a choice between words. Texts and limits all come from the code's own
// constants; nothing is written down twice.

namespace pacedns::config {

/// A key with one value. `parse` makes a ParseResult of the text, `field` says where in Config it goes.
template <typename Parse, typename Field>
[[nodiscard]] Key scalar_key(Key description, Parse parse, Field field) {
  description.read = [parse, field](const Key& key, const Value& value, LoadContext& context) {
    const std::string* text = context.expect_text(key.path, value, key.allowed);
    if (!text) return;
    const auto parsed = parse(*text);
    if (!parsed) return context.fail(value.position, key.path, *text, parsed.error(), key.allowed);
    field(context.config) = parsed.value();
    context.note(key.path, value.position);
  };
  description.same = [field](const Config& left, const Config& right) { return field(left) == field(right); };
  return description;
}

/// A key with a value between limits; `Text` says how the value is written (see scalar_text.hpp).
template <typename Text, typename T, typename Field>
[[nodiscard]] Key tunable_key(std::string path, Effect effect, const Tunable<T>& limits, Field field) {
  const auto parse = [limits](std::string_view text) -> ParseResult<T> {
    auto parsed = Text::template parse<T>(text);
    if (parsed && !limits.allows(parsed.value())) return Problem{"is out of range", {}};
    return parsed;
  };
  const auto format = [](T value) { return Text::format(value); };
  return scalar_key({std::move(path),
                     std::string(Text::kType),
                     format(limits.default_value),
                     format(limits.minimum) + ".." + format(limits.maximum),
                     effect,
                     {},
                     {}},
                    parse, field);
}

/// A key that takes one of a few words.
template <typename T, typename Field>
[[nodiscard]] Key choice_key(std::string path, Effect effect,
                             std::initializer_list<std::pair<std::string_view, T>> words, Field field) {
  const Config defaults;
  std::string default_text;
  std::vector<std::string_view> allowed;
  for (const auto& [word, value] : words) {
    if (value == field(defaults)) default_text = word;
    allowed.push_back(word);
  }
  const auto parse = [words = std::vector(words)](std::string_view text) -> ParseResult<T> {
    for (const auto& [word, value] : words) {
      if (text == word) return value;
    }
    return Problem{"is none of the words allowed here", {}};
  };
  const char* type = std::same_as<T, bool> ? "boolean" : "word";
  return scalar_key({std::move(path), type, default_text, comma_separated(allowed), effect, {}, {}}, parse,
                    field);
}

}  // namespace pacedns::config
