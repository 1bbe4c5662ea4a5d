// RDB lengths:
//   00vvvvvv                   6 bits
//   01vvvvvv vvvvvvvv          14 bits, big-endian
//   10000000 <u32be>           32 bits
//   10000001 <u64be>           64 bits
//   11eeeeee                   no length: string encoding e
// Source: redis 7.2.6 src/rdb.c, rdbLoadLenByRef, rdbSaveLen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rdb/io/input.h"
#include "rdb/io/output.h"

namespace rdb {

// The longest form; format_length needs that much room.
inline constexpr size_t kLengthBytes = 9;
// Servers take this length for a failure to read one (RDB_LENERR).
inline constexpr uint64_t kNoLength = ~uint64_t{0};

// A length as it stands in bytes.
struct Length {
  uint64_t n = 0;
  size_t size = 0;           // of the form; 0: there is none, or not all of it
  bool is_encoding = false;  // n is the number of a string encoding
  bool is_shortest = false;  // of the forms of n, as servers write them

  [[nodiscard]] bool is_plain() const { return is_shortest && !is_encoding; }
};

// That in front of `bytes`.
[[nodiscard]] Length parse_length(std::string_view bytes);

bool read_length_slow(Input& in, uint64_t& n, bool& encoded);

// A length, or with `encoded` set the number of a string encoding.
[[nodiscard]] inline bool read_length(Input& in, uint64_t& n, bool& encoded) {
  if (in.available() != 0) [[likely]] {
    const auto first = static_cast<uint8_t>(*in.cursor());
    if (first < 0x40) {
      in.advance(1);
      n = first;
      encoded = false;
      return true;
    }
  }
  return read_length_slow(in, n, encoded);
}

// A plain length. Where servers find an encoding instead, they use its low six bits as a length;
// so does this, and notes it.
[[nodiscard]] inline bool read_length(Input& in, uint64_t& n) {
  bool encoded = false;
  if (!read_length(in, n, encoded)) return false;
  if (encoded) [[unlikely]]
    in.tally.note(Odd::encoding_as_length, in.pos() - 1);
  return true;
}

// Writes the shortest form to `to` (kLengthBytes long); the view is of `to`.
[[nodiscard]] std::string_view format_length(uint64_t n, char* to);

[[nodiscard]] inline bool write_length(Output& out, uint64_t n) {
  if (n < 0x40) [[likely]]
    return out.byte(static_cast<uint8_t>(n));
  char form[kLengthBytes];
  return out.write(format_length(n, form));
}

// Writes the 64-bit form, or the 32-bit form, whatever n, for lengths that are patched later.
[[nodiscard]] std::string_view format_length_64(uint64_t n, char* to);
[[nodiscard]] std::string_view format_length_32(uint32_t n, char* to);

}  // namespace rdb
