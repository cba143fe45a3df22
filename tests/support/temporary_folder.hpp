#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>

namespace pacedns::test {

/// A folder that goes with the test. Its path is free of symbolic links.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pacedns-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = std::filesystem::canonical(name);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Opens, cuts off and writes in place.
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }

  /// Writes beside it and renames, as those who care do.
  void replace(const std::string& name, const std::string& text) const {
    const std::string beside = name + ".new";
    write(beside, text);
    std::filesystem::rename(path_ / beside, path_ / name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace pacedns::test
