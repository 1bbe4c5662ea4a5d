// RDB strings: <length n> <n bytes>, or by encoding
//   C0 <i8>  C1 <i16le>  C2 <i32le>                the decimal text of an integer
//   C3 <length stored> <length size> <stored bytes of LZF>
// Source: redis 7.2.6 src/rdb.c, rdbGenericLoadStringObject, rdbLoadLzfStringObject,
// rdbSaveRawString, rdbTryIntegerEncoding.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "rdb/base/buffer.h"
#include "rdb/base/limits.h"
#include "rdb/base/number.h"
#include "rdb/codec/length.h"
#include "rdb/codec/lzf.h"
#include "rdb/codec/scalar.h"
#include "rdb/io/input.h"
#include "rdb/io/output.h"

namespace rdb {

// By the number that stands in place of a length. An integer has 1 << encoding bytes.
enum Encoding : uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

// A piece of a string: whole up to kPieceBytes, beyond that in order, each at `offset` of `total`.
struct Text {
  std::string_view data;
  uint64_t offset = 0;
  uint64_t total = 0;

  [[nodiscard]] bool is_first() const { return offset == 0; }
  [[nodiscard]] bool is_last() const { return offset + data.size() == total; }
  [[nodiscard]] static Text whole(std::string_view s) { return {s, 0, s.size()}; }
};

// A packed blob, whole. `offset` is that of its first stored byte in the file.
struct Blob {
  std::string_view bytes;
  uint64_t offset = 0;
  bool is_void = false;  // what is compressed cannot be opened, a tolerated flaw
  Fault fault = {};      // of the head, which condemns a blob before it is held; `bytes` are empty
};

// What the first bytes of a packed blob of `size` bytes say against it.
using JudgeHead = Fault (*)(std::string_view head, uint64_t size);

// A string held whole beyond the next read, which short ones take no call and no allocation for.
class Kept {
 public:
  Kept() = default;
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  friend class StringReader;

  std::array<char, kNeedBytes> short_;
  Buffer long_;
  std::string_view view_;
};

// Reads strings of any form from one Input. Holds the memory that this takes: a piece, and the
// largest packed blob met, both grown only as bytes arrive.
class StringReader {
 public:
  // `in` must outlive the reader.
  explicit StringReader(Input& in) : in_(in) {}

  // Steps over a string; compressed bytes stay unopened.
  [[nodiscard]] bool skip();

  // Hands the string to `take(const Text&) -> bool` in pieces, at least one; false from `take`
  // stops and is returned. Views live until `take` returns. A tolerated flaw (Input::flaw) ends the
  // pieces early, with true.
  template <typename Take>
  [[nodiscard]] bool pass(Take&& take) {
    std::string_view short_string;
    if (read_short(short_string)) [[likely]]
      return take(Text::whole(short_string));
    Open string;
    std::string_view piece;
    if (!open(string, piece)) return false;
    Text text{piece, 0, string.size};
    for (;;) {
      if (string.is_void) return true;
      if (!take(static_cast<const Text&>(text))) return false;
      if (text.is_last()) return finish(string);
      text.offset += text.data.size();
      if (!next(string, text.data)) return false;
    }
  }

  // The whole string into `to`, what that held is lost. More bytes than Input::held_max fail as
  // too_large, `what` in the words.
  [[nodiscard]] bool whole(Kept& to, std::string_view what) {
    std::string_view short_string;
    if (read_short(short_string)) [[likely]] {
      std::memcpy(to.short_.data(), short_string.data(), kNeedBytes);
      to.view_ = {to.short_.data(), short_string.size()};
      return true;
    }
    return whole_slow(to, what);
  }

  // The whole string for a cursor; lives until the next call on this reader or its Input. One that
  // is too long for a piece is not held if `judge`, if given, finds a fault in its first bytes.
  [[nodiscard]] bool blob(Blob& out, JudgeHead judge = nullptr);

 private:
  struct Open {
    uint64_t size = 0;    // of the string
    uint64_t left = 0;    // raw bytes still to come
    uint64_t offset = 0;  // in the file, of the stored bytes
    uint64_t end = 0;     // likewise, behind the stored bytes of LZF
    bool is_long_lzf = false;
    bool is_void = false;
  };

  // A raw string that is in the buffer with kNeedBytes from its first byte on, its length in one
  // byte (length.h); most are.
  bool read_short(std::string_view& string) {
    if (in_.available() <= kNeedBytes) return false;
    const auto n = static_cast<uint8_t>(*in_.cursor());
    if (n >= kNeedBytes) return false;
    string = {in_.cursor() + 1, n};
    in_.advance(size_t{1} + n);
    in_.tally.count(Form::raw);
    return true;
  }

  bool open(Open& string, std::string_view& piece) {
    bool encoded = false;
    if (!read_length(in_, string.size, encoded)) return false;
    if (encoded || string.size > kPieceBytes) [[unlikely]]
      return open_slow(string, piece, encoded);
    string.offset = in_.pos();
    in_.tally.count(Form::raw);
    return in_.view(string.size, piece);
  }
  bool open_slow(Open& string, std::string_view& piece, bool encoded);
  bool open_integer(Open& string, std::string_view& piece, size_t width);
  bool open_lzf(Open& string, std::string_view& piece);
  bool next(Open& string, std::string_view& piece);
  bool finish(Open& string);
  bool give_up(Open& string);
  bool whole_slow(Kept& to, std::string_view what);
  bool gather(Open& string, std::string_view piece, Buffer& to, uint64_t at, std::string_view what);
  bool read_lzf_head(uint64_t& stored, uint64_t& size, bool& is_bomb);
  bool explain_lzf(std::string_view stored, uint64_t size, uint64_t offset);

  Input& in_;
  char digits_[kNumberBytes];
  std::unique_ptr<char[]> piece_;  // of short compressed strings; kPieceBytes
  std::optional<LzfReader> lzf_;   // of the long one that is open
  Buffer blob_;
};

// The offset behind the string that begins at `at`; 0: it has no known form, or is cut.
[[nodiscard]] size_t string_end(std::string_view bytes, size_t at);

// Takes a string off the front of `bytes` that is raw or an integer; `text` lives as long as
// `digits` (kNumberBytes) and the bytes. False: it has another form, or is cut; nothing is taken.
[[nodiscard]] bool take_string(std::string_view& bytes, std::string_view& text, char* digits);

// Writes a string as servers do: the canonical decimal of an int32 in binary, what LZF makes
// shorter compressed if `compress` (their rdbcompression), anything else as it is.
[[nodiscard]] bool write_string(Output& out, std::string_view bytes, bool compress);

}  // namespace rdb
