#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "pacedns/app/command_line.hpp"

namespace pacedns::test {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

/// Runs `pacedns` with these arguments, in this process.
inline Outcome run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "pacedns");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = app::run_command_line(static_cast<int>(arguments.size()), arguments.data());
  spdlog::default_logger()->flush();
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

/// A configuration file that goes with the test.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& content)
      : path_(testing::TempDir() + "pacedns_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml") {
    std::ofstream(path_) << content;
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  ~ConfigFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  std::string path_;
};

}  // namespace pacedns::test
