#pragma once

#include <cstddef>
#include <string>

#include "pacedns/plan/plan_action.hpp"

namespace pacedns::test {

/// One action, readable: "launch C".
[[nodiscard]] inline std::string describe(const plan::PlanAction& action) {
  static constexpr const char* kNames[] = {"launch", "retransmit",     "note silence", "start second tier",
                                           "answer", "answer failure", "expire",       "finish"};
  using Kind = plan::PlanAction::Kind;
  std::string text = kNames[static_cast<std::size_t>(action.kind)];
  if (action.kind == Kind::StartSecondTier) return text + " " + std::string(name(action.reason));
  if (action.kind == Kind::AnswerFailure) {
    return text + " rcode " + std::to_string(static_cast<unsigned>(action.rcode)) + " error " +
           std::to_string(static_cast<unsigned>(action.error));
  }
  if (action.kind == Kind::Finish) return text;
  return text + " " +
         (action.position < 26 ? std::string(1, static_cast<char>('A' + action.position))
                               : std::to_string(action.position));
}

}  // namespace pacedns::test
