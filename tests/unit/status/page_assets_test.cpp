#include "pacedns/status/page_assets.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(PACEDNS_SOURCE_DIR) / "src/status/page";

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(PageAssets, EveryFileOfThePageIsThereOctetForOctetAndNothingElse) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    ++count;
    const std::string name = file.path().filename();
    const Asset* const asset = find_asset(name == "index.html" ? "/" : "/" + name);
    ASSERT_NE(asset, nullptr) << name;
    EXPECT_EQ(asset->body, content_of(file)) << name;
  }
  EXPECT_EQ(assets().size(), count);
}

TEST(PageAssets, TheTypeFollowsFromTheSuffix) {
  const auto type = [](const char* path) {
    const Asset* const asset = find_asset(path);
    return asset == nullptr ? "" : std::string(asset->content_type);
  };
  EXPECT_EQ(type("/"), "text/html; charset=utf-8");
  EXPECT_EQ(type("/page.css"), "text/css; charset=utf-8");
  EXPECT_EQ(type("/page.js"), "text/javascript; charset=utf-8");
}

TEST(PageAssets, OtherPathsLeadNowhere) {
  for (const char* path : {"", "page.css", "/index.html", "/page.cs", "/../page.css", "//"})
    EXPECT_EQ(find_asset(path), nullptr) << path;
}

}  // namespace
}  // namespace pacedns::status
