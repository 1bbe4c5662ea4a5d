// Counters of what a file is made of and of what is odd in it though servers accept it. They cost
// an increment each and answer `info` and `check` without a second walk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rdb {

// Forms of scalars.
enum class Form : uint8_t {
  raw,
  int8,
  int16,
  int32,
  lzf,
  len32,
  len64,
  double_text,
  double_nan,
  double_inf,
  double_minus_inf,
  node_plain,
  node_packed,
  module_int,
  module_uint,
  module_float,
  module_double,
  module_string,
  kCount,
};

// Servers accept these; people may want to know.
enum class Odd : uint8_t {
  long_length,         // a length in a longer form than it needs
  encoding_as_length,  // 11xxxxxx where a plain length belongs: loaders use the low 6 bits
  score_junk,          // text behind the number of a score
  dangling_expiry,     // an expiry, idle time or frequency with no key behind it
  no_checksum,         // version 5 or later, and the checksum is recorded as 0
  newer_than_header,   // a type or opcode that the version in the header did not have
  functions_after_keys,
  empty_lzf,    // a compressed string without a byte, which servers from 6.2 on take
  no_length,    // 2^64-1 as an idle time or a hint, which servers take for a failure to read
  odd_version,  // in the header: with blanks, a sign or text behind it
  kCount,
};

struct Note {
  uint64_t count = 0;
  uint64_t first_offset = 0;
};

struct Tally {
  std::array<uint64_t, static_cast<size_t>(Form::kCount)> forms{};
  std::array<Note, static_cast<size_t>(Odd::kCount)> odd{};

  void count(Form form) { ++forms[static_cast<size_t>(form)]; }
  void note(Odd what, uint64_t offset) {
    Note& note = odd[static_cast<size_t>(what)];
    if (note.count++ == 0) note.first_offset = offset;
  }
  [[nodiscard]] uint64_t operator[](Form form) const { return forms[static_cast<size_t>(form)]; }
  [[nodiscard]] const Note& operator[](Odd what) const { return odd[static_cast<size_t>(what)]; }
};

}  // namespace rdb
