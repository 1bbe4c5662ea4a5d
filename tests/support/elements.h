// Elements for packed forms: at every limit of an encoding, and random ones.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/codec/scalar.h"

namespace rdb {

// Around each power of two that ends a form, and around 0, 12 (ziplist) and 127 (listpack).
inline std::vector<int64_t> edge_integers() {
  std::vector<int64_t> out = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
  for (const int64_t around : {0L, 12L, 127L, -128L, 4095L, -4096L, 32767L, -32768L, 8388607L,
                               -8388608L, 2147483647L, -2147483648L, 1L << 40, -(1L << 40)}) {
    for (int64_t v = around - 2; v <= around + 2; ++v) out.push_back(v);
  }
  return out;
}

// Looks like an integer and is none, or is none of 64 bits.
inline std::vector<std::string> edge_texts() {
  return {"",
          "-",
          "007",
          "-0",
          "+1",
          " 1",
          "1 ",
          "1.0",
          "1e3",
          std::string("1\0", 2),
          "--1",
          "0x1",
          "-01",
          "1234567890123456789012345",
          "9223372036854775808",
          "-9223372036854775809",
          "18446744073709551615",
          "00000000000000000001",
          "10000000000000000000000"};
}

// Sizes around those at which a length, a back-length or a previous size gains a byte.
inline std::vector<size_t> edge_sizes() {
  std::vector<size_t> out;
  for (const size_t around : {2U, 20U, 31U, 63U, 124U, 127U, 250U, 253U, 4094U, 16380U, 16384U}) {
    for (size_t n = around - 2; n <= around + 4; ++n) out.push_back(n);
  }
  return out;
}

inline std::vector<std::string> edge_elements() {
  std::vector<std::string> out = edge_texts();
  char digits[kNumberBytes];
  for (const int64_t v : edge_integers()) out.emplace_back(format_int64(v, digits));
  for (const size_t n : edge_sizes()) out.emplace_back(n, 'x');
  return out;
}

inline std::string random_element(std::mt19937_64& random) {
  char digits[kNumberBytes];
  switch (random() % 4) {
    case 0:  // an integer of any number of bits
      return std::string(format_int64(static_cast<int64_t>(random()) >> random() % 64, digits));
    case 1: {
      const std::vector<std::string> texts = edge_texts();
      return texts[random() % texts.size()];
    }
    default: {
      std::string bytes(random() % (random() % 16 == 0 ? 20000 : 80), '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      return bytes;
    }
  }
}

}  // namespace rdb
