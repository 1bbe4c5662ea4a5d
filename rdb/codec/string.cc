#include "rdb/codec/string.h"

#include <algorithm>
#include <limits>

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

constexpr size_t kDigitsMax = 11;  // of an int32, with its sign
constexpr size_t kHeadBytes = 16;  // no packed blob has a longer header

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

bool write_encoding(Output& out, Encoding encoding) {
  return out.byte(static_cast<uint8_t>(0xc0 | encoding));
}

// Writes a string in its compressed form if servers would.
bool write_lzf(Output& out, std::string_view bytes, bool& is_written) {
  char piece[kPieceBytes];
  std::unique_ptr<char[]> large;
  if (bytes.size() > sizeof piece) large = std::make_unique_for_overwrite<char[]>(bytes.size());
  char* const to = large != nullptr ? large.get() : piece;
  const size_t size = lzf_encode(bytes, to);
  is_written = size != 0;
  return !is_written || (write_encoding(out, kLzf) && write_length(out, size) &&
                         write_length(out, bytes.size()) && out.write({to, size}));
}

}  // namespace

bool StringReader::skip() {
  const uint64_t at = in_.pos();
  uint64_t n = 0;
  bool encoded = false;
  if (!read_length(in_, n, encoded)) return false;
  if (!encoded) {
    in_.tally.count(Form::raw);
    return in_.skip(n);
  }
  if (n <= kInt32) {
    in_.tally.count(static_cast<Form>(static_cast<uint8_t>(Form::int8) + n));
    return in_.skip(uint64_t{1} << n);
  }
  if (n != kLzf) return in_.fail(Code::bad_string_encoding, at, {.found = n, .allowed = kLzf});
  uint64_t stored = 0;
  uint64_t size = 0;
  bool is_bomb = false;
  return read_lzf_head(stored, size, is_bomb) && in_.skip(stored);
}

bool StringReader::whole_slow(Kept& to, std::string_view what) {
  const uint64_t at = in_.pos();
  Open string;
  std::string_view piece;
  const bool read = open(string, piece) && gather(string, piece, to.long_, at, what);
  to.view_ = to.long_.view();
  return read;
}

bool StringReader::blob(Blob& out, JudgeHead judge) {
  Open string;
  std::string_view piece;
  if (!open(string, piece)) return false;
  out = {piece, string.offset, string.is_void};
  if (string.is_void || piece.size() == string.size) return true;
  if (judge != nullptr && piece.size() >= kHeadBytes) out.fault = judge(piece, string.size);
  if (out.fault.code != Code::ok) {
    out.bytes = {};
    if (string.is_long_lzf) return in_.skip(string.end - in_.pos());
    while (string.left != 0) {
      if (!next(string, piece)) return false;
    }
    return true;
  }
  const bool read = gather(string, piece, blob_, string.offset, "packed value");
  out.bytes = blob_.view();
  out.is_void = string.is_void;
  return read;
}

// The first piece and those behind it, as they arrive. What is too long is read all the same, since
// damage may claim more than there is.
bool StringReader::gather(Open& string, std::string_view piece, Buffer& to, uint64_t at,
                          std::string_view what) {
  const bool is_held = string.size <= in_.held_max;
  to.clear();
  for (uint64_t done = 0;;) {
    done += piece.size();
    if (is_held) to.append(piece);
    if (done == string.size || string.is_void) break;
    if (!next(string, piece)) return false;
  }
  if (!string.is_void && !finish(string)) return false;
  if (is_held) return true;
  return in_.fail({.code = Code::too_large,
                   .offset = at,
                   .numbers = {.found = string.size, .allowed = in_.held_max},
                   .words = std::string(what),
                   .has_offset = true});
}

bool StringReader::open_slow(Open& string, std::string_view& piece, bool encoded) {
  piece = {};
  if (!encoded) {
    string.offset = in_.pos();
    string.left = string.size;
    in_.tally.count(Form::raw);
    return next(string, piece);
  }
  const uint64_t encoding = string.size;
  if (encoding <= kInt32) return open_integer(string, piece, size_t{1} << encoding);
  if (encoding == kLzf) return open_lzf(string, piece);
  return in_.fail(Code::bad_string_encoding, in_.pos() - 1, {.found = encoding, .allowed = kLzf});
}

bool StringReader::open_integer(Open& string, std::string_view& piece, size_t width) {
  string.offset = in_.pos();
  if (!in_.need(width)) return false;
  int64_t value = 0;
  if (width == 1) {
    value = int64_t{load_le<int8_t>(in_.cursor())};
    in_.tally.count(Form::int8);
  } else if (width == 2) {
    value = load_le<int16_t>(in_.cursor());
    in_.tally.count(Form::int16);
  } else {
    value = load_le<int32_t>(in_.cursor());
    in_.tally.count(Form::int32);
  }
  in_.advance(width);
  piece = format_int64(value, digits_);
  string.size = piece.size();
  return true;
}

bool StringReader::read_lzf_head(uint64_t& stored, uint64_t& size, bool& is_bomb) {
  const uint64_t at = in_.pos();
  in_.tally.count(Form::lzf);
  if (!read_length(in_, stored) || !read_length(in_, size)) return false;
  if (size == 0) in_.tally.note(Odd::empty_lzf, at - 1);
  is_bomb = size / kLzfRatioMax > stored;
  return !is_bomb || in_.flaw({.code = Code::lzf_ratio,
                               .offset = at,
                               .numbers = {.found = size, .allowed = stored * kLzfRatioMax},
                               .has_offset = true});
}

// Steps over the rest of a compressed string with a flaw, if that is tolerated.
bool StringReader::give_up(Open& string) {
  string.is_void = true;
  return in_.error().ok() && in_.skip(string.end - in_.pos());
}

bool StringReader::open_lzf(Open& string, std::string_view& piece) {
  uint64_t stored = 0;
  bool is_bomb = false;
  if (!read_lzf_head(stored, string.size, is_bomb)) return false;
  string.offset = in_.pos();
  string.end = string.offset + stored;
  if (is_bomb) return give_up(string);
  if (string.size == 0) return in_.skip(stored);  // servers look no further
  if (stored > kPieceBytes || string.size > kPieceBytes) {
    lzf_.emplace(in_, stored, string.size);
    string.is_long_lzf = true;
    return lzf_->next(piece) || give_up(string);
  }
  if (piece_ == nullptr) piece_ = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  std::string_view packed;
  if (!in_.view(stored, packed)) return false;
  if (!lzf_decode(packed, piece_.get(), string.size)) {
    return explain_lzf(packed, string.size, string.offset) && give_up(string);
  }
  piece = {piece_.get(), string.size};
  return true;
}

// lzf_decode only says that the data are bad; the other decoder says where and why.
bool StringReader::explain_lzf(std::string_view stored, uint64_t size, uint64_t offset) {
  MemorySource source(stored);
  Input in(source);
  LzfReader lzf(in, stored.size(), size);
  std::string_view piece;
  do {
    if (!lzf.next(piece)) {
      Error error = in.error();
      error.offset = offset;
      return in_.flaw(std::move(error));
    }
  } while (!piece.empty());
  return in_.flaw({.code = Code::lzf_size,
                   .offset = offset,
                   .numbers = {.found = size, .allowed = size},
                   .has_offset = true});
}

bool StringReader::next(Open& string, std::string_view& piece) {
  if (string.is_long_lzf) return lzf_->next(piece) || give_up(string);
  if (in_.available() == 0 && !in_.need(1)) {
    Error& error = in_.error();
    if (error.code == Code::truncated) {
      error.offset = string.offset;
      error.numbers = {.found = string.size - string.left, .allowed = string.size};
    }
    return false;
  }
  const uint64_t n = std::min<uint64_t>({string.left, in_.available(), kPieceBytes});
  string.left -= n;
  return in_.view(n, piece);
}

bool StringReader::finish(Open& string) {
  if (!string.is_long_lzf) return true;
  std::string_view rest;
  return lzf_->next(rest) || give_up(string);
}

size_t string_end(std::string_view bytes, size_t at) {
  const Length length = parse_length(bytes.substr(at));
  if (length.size == 0) return 0;
  at += length.size;
  uint64_t stored = length.n;
  if (length.is_encoding && length.n == kLzf) {
    const Length packed = parse_length(bytes.substr(at));
    const Length whole = parse_length(bytes.substr(at + packed.size));
    if (packed.size == 0 || whole.size == 0) return 0;
    at += packed.size + whole.size;
    stored = packed.n;
  } else if (length.is_encoding) {
    if (length.n > kInt32) return 0;
    stored = uint64_t{1} << length.n;
  }
  return stored <= bytes.size() - at ? at + stored : 0;
}

bool take_string(std::string_view& bytes, std::string_view& text, char* digits) {
  const Length length = parse_length(bytes);
  if (length.size == 0) return false;
  const std::string_view rest = bytes.substr(length.size);
  if (!length.is_encoding) {
    if (length.n > rest.size()) return false;
    text = rest.substr(0, length.n);
    bytes = rest.substr(length.n);
    return true;
  }
  if (length.n > kInt32 || rest.size() < size_t{1} << length.n) return false;
  const int64_t v = length.n == kInt8    ? load_le<int8_t>(rest.data())
                    : length.n == kInt16 ? load_le<int16_t>(rest.data())
                                         : load_le<int32_t>(rest.data());
  text = format_int64(v, digits);
  bytes = rest.substr(size_t{1} << length.n);
  return true;
}

bool write_string(Output& out, std::string_view bytes, bool compress) {
  int64_t value = 0;
  if (bytes.size() <= kDigitsMax && parse_int64(bytes, value) && fits<int32_t>(value)) {
    if (fits<int8_t>(value)) {
      return write_encoding(out, kInt8) && out.le(static_cast<int8_t>(value));
    }
    if (fits<int16_t>(value)) {
      return write_encoding(out, kInt16) && out.le(static_cast<int16_t>(value));
    }
    return write_encoding(out, kInt32) && out.le(static_cast<int32_t>(value));
  }
  bool is_written = false;
  if (compress && !write_lzf(out, bytes, is_written)) return false;
  return is_written || (write_length(out, bytes.size()) && out.write(bytes));
}

}  // namespace rdb
