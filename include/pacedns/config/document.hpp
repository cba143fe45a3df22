#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

// A YAML document as a plain tree that knows where each value stands. Only document.cpp knows yaml-cpp.

namespace pacedns::config {

/// Where something stands in a file, counted from 1.
struct Position {
  int line = 1;
  int column = 1;

  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Member;

/// A value and all below it. Copies share the content; an alias is such a copy, with its own position.
struct Value {
  using List = std::vector<Value>;
  using Map = std::vector<Member>;  ///< in the file's order, doubles included
  using Content = std::variant<std::monostate, std::string, List, Map>;

  Position position;
  std::shared_ptr<const Content> content;
  unsigned height = 0;  ///< levels of lists and maps, this one included

  /// The one of these four that applies is not null or false.
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] const std::string* text() const;
  [[nodiscard]] const List* list() const;
  [[nodiscard]] const Map* map() const;
};

struct Member {
  std::string key;
  Position position;
  Value value;
};

struct DocumentError {
  Position position;
  std::string message;
};

/// Found by `result::value()` when there is none.
[[noreturn]] void throw_exception_from_error(const DocumentError& error, const boost::source_location&);

/// The only document in `text`, null when there is none. Safe on any octets: whatever is not YAML, not text
/// or nested absurdly deep is an error.
[[nodiscard]] boost::system::result<Value, DocumentError> parse_document(std::string_view text);

}  // namespace pacedns::config
