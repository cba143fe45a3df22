#pragma once

#include <stdexcept>
#include <string>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

namespace pacedns::config {

/// Why a text cannot be taken. `what` is worded to follow the quoted text: "has no unit".
struct Problem {
  std::string what;
  std::string hint;  ///< what would have been right, beyond the limits of the key; may be empty
};

template <typename T>
using ParseResult = boost::system::result<T, Problem>;

/// Found by `ParseResult::value()` when there is none.
[[noreturn]] inline void throw_exception_from_error(const Problem& problem, const boost::source_location&) {
  throw std::invalid_argument(problem.what);
}

}  // namespace pacedns::config
