#include "pacedns/config/words.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

const std::vector<std::string> kWords{"listen", "workers", "log", "batch_size", "min_ttl", "max_ttl"};

TEST(Words, AreJoinedWithCommas) {
  EXPECT_EQ(comma_separated(std::vector<std::string>{}), "");
  EXPECT_EQ(comma_separated(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(comma_separated(std::vector<std::string>{"a", "b", "c"}), "a, b, c");
}

TEST(Words, NearestForgivesTypingErrors) {
  EXPECT_EQ(nearest_word("lsiten", kWords), "listen");
  EXPECT_EQ(nearest_word("lgo", kWords), "log");
  EXPECT_EQ(nearest_word("worker", kWords), "workers");
  EXPECT_EQ(nearest_word("logs", kWords), "log");
  EXPECT_EQ(nearest_word("batchsize", kWords), "batch_size");
  EXPECT_EQ(nearest_word("batch-size", kWords), "batch_size");
  EXPECT_EQ(nearest_word("man_ttl", kWords), "min_ttl");
}

TEST(Words, NearestDoesNotGuess) {
  const std::vector<std::string> strangers{"", "x", "threads", "ttl", "upstream", std::string(1000000, 'l')};
  for (const std::string& typed : strangers) {
    EXPECT_EQ(nearest_word(typed, kWords), std::nullopt) << typed.substr(0, 20);
  }
}

}  // namespace
}  // namespace pacedns::config
