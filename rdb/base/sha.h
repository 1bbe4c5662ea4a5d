// SHA-1 and SHA-256 (FIPS 180-4) of bytes that come in pieces. The first is what DEBUG DIGEST is
// made of and proves nothing against who wants to deceive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/base/number.h"

namespace rdb {

using Sha1Digest = std::array<uint8_t, 20>;
using Sha256Digest = std::array<uint8_t, 32>;

// One thread; distinct objects are independent.
class Sha1 {
 public:
  Sha1() { start(); }

  void start();
  void add(std::string_view bytes);
  // Once after each start().
  [[nodiscard]] Sha1Digest finish();

 private:
  alignas(8) std::byte state_[96];
};

class Sha256 {
 public:
  Sha256();

  void add(std::string_view bytes);
  // Once.
  [[nodiscard]] Sha256Digest finish();

 private:
  alignas(8) std::byte state_[112];
};

template <size_t kBytes>
[[nodiscard]] std::string to_hex(const std::array<uint8_t, kBytes>& digest) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), kBytes));
}

}  // namespace rdb
