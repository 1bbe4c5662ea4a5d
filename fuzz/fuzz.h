// What the fuzz targets share: choices drawn from an input, claims that must hold.
//   input = <byte of choice>* <bytes to read>
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rdb/base/error.h"

namespace rdb {

// Ends the program in every build when a claim is false.
inline void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

inline void require_equal(std::string_view a, std::string_view b, const char* claim) {
  if (a == b) return;
  std::fprintf(stderr, "%.*s\n%.*s\n", static_cast<int>(a.size()), a.data(),
               static_cast<int>(b.size()), b.data());
  require(false, claim);
}

// Takes choices off the front of an input; an input that is used up chooses 0.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  uint8_t byte() {
    if (left_.empty()) return 0;
    const auto v = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return v;
  }

  // How many bytes a source hands out at a time.
  size_t step() {
    constexpr size_t kSteps[] = {SIZE_MAX, 1, 2, 3, 16, 61};
    return kSteps[byte() % std::size(kSteps)];
  }

  [[nodiscard]] std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
};

// The words of an error, which are one printable line whatever the file holds.
inline std::string checked_message(const Error& error) {
  if (error.ok()) return "";
  std::string line = message(error, "file");
  require(line.size() > 6, "an error has words");
  for (const char c : line) {
    require(static_cast<uint8_t>(c) >= 0x20 && c != 0x7f, "an error is one printable line");
  }
  return line;
}

}  // namespace rdb
