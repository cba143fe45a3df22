#pragma once

#include <span>
#include <string_view>

namespace pacedns::status {

/// A file of src/status/page, compiled in.
struct Asset {
  std::string_view path;  ///< as it is asked for: "/" is index.html, "/page.css" page.css
  std::string_view content_type;
  std::string_view body;
};

/// All of them; cmake/Embed.cmake makes it.
[[nodiscard]] std::span<const Asset> assets();

/// The one at a path; nullptr if there is none.
[[nodiscard]] const Asset* find_asset(std::string_view path);

}  // namespace pacedns::status
