#include "pacedns/config/document.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "pacedns/config/config_error.hpp"

namespace pacedns::config {
namespace {

// The configuration needs four. Everything below recurses over the tree, so its height must stay small.
constexpr std::size_t kMaxDepth = 32;

constexpr std::string_view kAllowed = " (one YAML document; addresses with brackets need quotes)";

Position to_position(const YAML::Mark& mark) {
  // yaml-cpp counts from 0 and has a mark of -1 for "nowhere".
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

/// Builds the tree from the parser's events. What it does not like it throws like the parser itself.
class TreeBuilder final : public YAML::EventHandler {
 public:
  [[nodiscard]] Value root() const {
    return root_.value_or(Value{{}, std::make_shared<Value::Content>(), 0});
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_) throw YAML::ParserException(mark, "a second document starts here");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, {}, 0); }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& text) override {
    add(mark, anchor, text, 0);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw YAML::ParserException(mark, "an alias within its own anchor");
    Value value = found->second;
    value.position = to_position(mark);
    add(mark, std::move(value));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor);
  }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor);
    open_.back().is_map = true;
  }

  void OnSequenceEnd() override {
    Frame frame = close();
    add(frame.mark, frame.anchor, std::move(frame.values), frame.height);
  }

  void OnMapEnd() override {
    Frame frame = close();
    Value::Map map;
    for (std::size_t i = 0; i + 1 < frame.values.size(); i += 2) {
      const Value& key = frame.values[i];
      Value& value = frame.values[i + 1];
      // The parser places an absent value where the next one begins, which would mislead.
      if (value.is_null()) value.position = key.position;
      map.push_back({std::get<std::string>(*key.content), key.position, std::move(value)});
    }
    add(frame.mark, frame.anchor, std::move(map), frame.height);
  }

 private:
  /// A list or map that is not complete yet. A map's keys and values take turns.
  struct Frame {
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    bool is_map = false;
    Value::List values;
    unsigned height = 1;
  };

  void open(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) throw YAML::ParserException(mark, "nested too deeply");
    open_.push_back({mark, anchor, false, {}, 1});
  }

  Frame close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    return frame;
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Value::Content content, unsigned height) {
    Value value{to_position(mark), std::make_shared<const Value::Content>(std::move(content)), height};
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    add(mark, std::move(value));
  }

  void add(const YAML::Mark& mark, Value value) {
    // Aliases of aliases grow higher than the text is deep.
    if (open_.size() + value.height > kMaxDepth) throw YAML::ParserException(mark, "nested too deeply");
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = open_.back();
    const bool is_key = frame.is_map && frame.values.size() % 2 == 0;
    if (is_key && !value.text()) throw YAML::ParserException(mark, "a key must be a word");
    frame.height = std::max(frame.height, value.height + 1);
    frame.values.push_back(std::move(value));
  }

  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Value> anchors_;
  std::optional<Value> root_;
};

/// As yaml-cpp places it, but within the text: it counts on past the end while it looks for what is missing.
Position within(std::string_view text, Position position) {
  Position found;
  for (; found.line < position.line; ++found.line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const auto length = static_cast<int>(text.substr(0, text.find('\n')).size());
  found.column = std::min(position.column, length + 1);
  return found;
}

/// yaml-cpp takes some control characters for the end of the text and would silently ignore the rest.
std::optional<Position> find_control_character(std::string_view text) {
  Position position;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') return position;
    position = c == '\n' ? Position{position.line + 1, 1} : Position{position.line, position.column + 1};
  }
  return std::nullopt;
}

}  // namespace

bool Value::is_null() const {
  return std::holds_alternative<std::monostate>(*content);
}

const std::string* Value::text() const {
  return std::get_if<std::string>(content.get());
}

const Value::List* Value::list() const {
  return std::get_if<List>(content.get());
}

const Value::Map* Value::map() const {
  return std::get_if<Map>(content.get());
}

void throw_exception_from_error(const DocumentError& error, const boost::source_location&) {
  throw std::invalid_argument(error.message);
}

boost::system::result<Value, DocumentError> parse_document(std::string_view text) {
  if (const auto position = find_control_character(text)) {
    return DocumentError{*position, "a control character (YAML is plain text in UTF-8)"};
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.root();
  } catch (const YAML::Exception& error) {
    // yaml-cpp repeats words of the text as they stand there.
    return DocumentError{within(text, to_position(error.mark)), printable(error.msg) + std::string(kAllowed)};
  }
}

}  // namespace pacedns::config
