// What stands in for libFuzzer where there is none: feeds a target the files that are named, and those in the
// folders that are named.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using std::filesystem::path;

std::vector<path> files_of(const path& named) {
  if (!std::filesystem::is_directory(named)) return {named};
  std::vector<path> files;
  for (const auto& entry : std::filesystem::directory_iterator(named))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

bool feed(const path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> octets{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) {
    std::fprintf(stderr, "cannot be read: %s\n", file.c_str());
    return false;
  }
  std::printf("%s\n", file.c_str());
  std::fflush(stdout);
  octets.shrink_to_fit();  // so that a sanitizer sees a read past the end
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t fed = 0;
  bool all_read = true;
  for (int i = 1; i < argc; ++i) {
    for (const path& file : files_of(argv[i])) {
      all_read &= feed(file);
      ++fed;
    }
  }
  std::printf("%zu inputs\n", fed);
  return fed > 0 && all_read ? 0 : 1;
}
