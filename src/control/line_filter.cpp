#include "pacedns/control/line_filter.hpp"

#include <ostream>

namespace pacedns::control {

LineFilter::LineFilter(std::ostream& out, Change change) : out_(out), change_(change) {}

bool LineFilter::take(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    line_ += piece.substr(0, end);
    if (end != std::string_view::npos) {
      out_ << change_(line_) << '\n';
      line_.clear();
      piece.remove_prefix(end + 1);
      continue;
    }
    if (line_.size() > kLongestLine) {
      out_ << change_(line_);
      line_.clear();
    }
    break;
  }
  return out_.good();
}

bool LineFilter::finish() {
  if (!line_.empty()) out_ << change_(line_) << '\n';
  line_.clear();
  return out_.flush().good();
}

}  // namespace pacedns::control
