// main() of a fuzz target in builds without libFuzzer: runs each file named, or each of a folder
// named, once. Exit status 1 when there is none.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

bool run(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> file{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !in.is_open()) return false;
  // A block of just its size, so that a sanitizer sees a byte read beyond it.
  const std::vector<uint8_t> exact(file.begin(), file.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    if (run(file)) continue;
    std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    return 1;
  }
  std::printf("%s: %zu inputs\n", std::filesystem::path(argv[0]).filename().c_str(), files.size());
  return files.empty() ? 1 : 0;
}
