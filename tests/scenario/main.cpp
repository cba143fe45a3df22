#include <filesystem>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "scenario/runner.hpp"

// pacedns_scenario_test FILE…: each scenario file is a test. Without files: the tests of the runner itself.

namespace pacedns::scenario {
namespace {

class ScenarioFile : public testing::Test {
 public:
  explicit ScenarioFile(std::string path) : path_(std::move(path)) {}

  void TestBody() override {
    Runner runner;
    try {
      runner.play(read_script(path_));
    } catch (const std::exception& failure) {
      ADD_FAILURE_AT(path_.c_str(), runner.line()) << failure.what() << "\nwhat happened:\n"
                                                   << runner.story();
    }
  }

 private:
  std::string path_;
};

}  // namespace
}  // namespace pacedns::scenario

int main(int argc, char** argv) {
  using pacedns::scenario::ScenarioFile;
  testing::InitGoogleTest(&argc, argv);
  testing::GTEST_FLAG(filter) = argc > 1 ? "Scenario.*" : "ScenarioRunner.*";
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    const std::string name = std::filesystem::path(path).stem();
    testing::RegisterTest("Scenario", name.c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path]() -> testing::Test* { return new ScenarioFile(path); });
  }
  return RUN_ALL_TESTS();
}
