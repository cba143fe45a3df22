#include "pacedns/config/problem.hpp"

#include <stdexcept>

#include <gmock/gmock.h>

namespace pacedns::config {
namespace {

TEST(Problem, SpeaksWhenAValueIsTakenThatIsNotThere) {
  const ParseResult<int> result = Problem{"has no unit", "units are s, m"};
  EXPECT_THAT([&] { (void)result.value(); }, testing::ThrowsMessage<std::invalid_argument>("has no unit"));
}

}  // namespace
}  // namespace pacedns::config
