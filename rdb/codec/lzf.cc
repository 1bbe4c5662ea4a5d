#include "rdb/codec/lzf.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include <lzf.h>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr uint64_t kWindowBytes = 8192;              // the largest distance, 2^13
constexpr uint64_t kMatchBytes = 7 + 255 + 2;        // the longest match
constexpr uint64_t kLiteralBytes = 32;               // the longest run of literals
constexpr uint64_t kTokenBytes = 1 + kLiteralBytes;  // the longest token
constexpr uint64_t kStrideBytes = 8;
constexpr size_t kEncodeBytesMin = 21;
constexpr unsigned kGainMin = 4;

static_assert(kTokenBytes <= kNeedBytes);

inline bool is_literal(uint64_t control) { return control < 32; }
inline bool is_long_match(uint64_t control) { return control >= 7 << 5; }

// The size of a token that begins with `control`.
inline uint64_t token_bytes(uint64_t control) {
  if (is_literal(control)) return control + 2;
  return is_long_match(control) ? 3 : 2;
}

// A match whose bytes are all at `from`.
struct Match {
  explicit Match(const char* from) {
    const uint64_t control = byte_at(from);
    const bool is_long = is_long_match(control);
    size = (control >> 5) + 2 + (is_long ? byte_at(from + 1) : 0);
    distance = ((control & 31) << 8 | byte_at(from + (is_long ? 2 : 1))) + 1;
  }

  uint64_t size;
  uint64_t distance;
};

// Copies n bytes from `distance` back, in strides where source and target allow it: up to
// kStrideBytes - 1 bytes behind the target are overwritten.
void copy_match(char* to, uint64_t distance, uint64_t n) {
  const char* from = to - distance;
  if (distance >= kStrideBytes) {
    for (uint64_t i = 0; i < n; i += kStrideBytes) std::memcpy(to + i, from + i, kStrideBytes);
  } else if (distance == 1) {
    std::memset(to, *from, n);
  } else {
    for (uint64_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

// What is left to read and to make of a string that is whole in memory.
struct Span {
  const char* from;
  const char* from_end;
  char* to;
  char* to_end;

  [[nodiscard]] uint64_t left() const { return static_cast<uint64_t>(from_end - from); }
  [[nodiscard]] uint64_t room() const { return static_cast<uint64_t>(to_end - to); }
};

// Decodes as long as any token and any stride have room on both sides, so that neither need be
// measured. False: a match reaches before `begin`.
bool decode_freely(Span& span, const char* begin) {
  const char* from = span.from;
  char* to = span.to;
  const char* const from_last = span.from_end - kTokenBytes;
  const char* const to_last = span.to_end - kMatchBytes - kStrideBytes;
  while (from <= from_last && to <= to_last) {
    const uint64_t control = byte_at(from);
    if (is_literal(control)) {
      std::memcpy(to, from + 1, kLiteralBytes);
      from += control + 2;
      to += control + 1;
      continue;
    }
    const Match match(from);
    if (match.distance > static_cast<uint64_t>(to - begin)) return false;
    copy_match(to, match.distance, match.size);
    from += token_bytes(control);
    to += match.size;
  }
  span.from = from;
  span.to = to;
  return true;
}

// Decodes one token to just its size.
bool decode_token(Span& span, const char* begin) {
  const uint64_t control = byte_at(span.from);
  const uint64_t bytes = token_bytes(control);
  if (bytes > span.left()) return false;
  uint64_t made = control + 1;
  if (is_literal(control)) {
    if (made > span.room()) return false;
    std::memcpy(span.to, span.from + 1, made);
  } else {
    const Match match(span.from);
    made = match.size;
    if (match.distance > static_cast<uint64_t>(span.to - begin) || made > span.room()) return false;
    if (span.room() - made >= kStrideBytes) {
      copy_match(span.to, match.distance, made);
    } else {
      for (uint64_t i = 0; i < made; ++i) span.to[i] = *(span.to + i - match.distance);
    }
  }
  span.from += bytes;
  span.to += made;
  return true;
}

}  // namespace

bool lzf_decode(std::string_view packed, char* to, size_t size) {
  Span span{packed.data(), packed.data() + packed.size(), to, to + size};
  if (packed.size() >= kTokenBytes && size >= kMatchBytes + kStrideBytes &&
      !decode_freely(span, to)) {
    return false;
  }
  while (span.left() != 0) {
    if (!decode_token(span, to)) return false;
  }
  return span.room() == 0;
}

// The table that lzf_compress takes from the stack as it finds it does no harm: where three bytes
// have stood before in the same string, their slot has been written.
size_t lzf_encode(std::string_view bytes, char* to) {
  if (bytes.size() < kEncodeBytesMin || bytes.size() > UINT_MAX) return 0;
  const auto size = static_cast<unsigned>(bytes.size());
  return lzf_compress(bytes.data(), size, to, size - kGainMin);
}

// Layout of the buffer: the window, one piece, what the last token of a piece makes beyond it, and
// what a stride overwrites.
LzfReader::LzfReader(Input& in, uint64_t packed, uint64_t size)
    : in_(in),
      buffer_(std::make_unique_for_overwrite<char[]>(kWindowBytes + kPieceBytes + kMatchBytes +
                                                     kStrideBytes)),
      start_(in.pos()),
      packed_(packed),
      left_(packed),
      size_(size) {}

bool LzfReader::next(std::string_view& piece) {
  piece = {};
  char* const fresh = buffer_.get() + kWindowBytes;
  if (given_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + given_, kWindowBytes + made_ - given_);
    made_ -= given_;
    given_ = 0;
  }
  // Once all is produced, any token that is left makes too much; token() says so.
  while (left_ != 0 && (made_ < kPieceBytes || produced_ == size_)) {
    if (!token(fresh + made_)) return false;
  }
  if (left_ == 0 && produced_ != size_) {
    return fail(Code::lzf_size, {.found = produced_, .allowed = size_});
  }
  given_ = std::min<uint64_t>(made_, kPieceBytes);
  piece = {fresh, given_};
  return true;
}

// Decodes one token to `to`, where kMatchBytes and a stride have room.
bool LzfReader::token(char* to) {
  if (!in_.need(std::min(left_, kTokenBytes))) return false;
  const char* const from = in_.cursor();
  const uint64_t control = byte_at(from);
  const uint64_t token = token_bytes(control);
  if (token > left_) return fail(Code::lzf_overrun, {.found = token, .allowed = left_});
  uint64_t made = control + 1;
  uint64_t distance = 0;
  if (!is_literal(control)) {
    const Match match(from);
    made = match.size;
    distance = match.distance;
    if (distance > produced_) {
      return fail(Code::lzf_distance, {.found = distance, .allowed = produced_});
    }
  }
  if (made > size_ - produced_) {
    return fail(Code::lzf_size, {.found = produced_ + made, .allowed = size_});
  }
  if (is_literal(control)) {
    std::memcpy(to, from + 1, made);
  } else {
    copy_match(to, distance, made);
  }
  in_.advance(token);
  left_ -= token;
  made_ += made;
  produced_ += made;
  return true;
}

bool LzfReader::fail(Code code, Detail numbers) {
  (void)in_.flaw({.code = code,
                  .offset = start_,
                  .inner = static_cast<int64_t>(packed_ - left_),
                  .numbers = numbers,
                  .has_offset = true});
  return false;
}

}  // namespace rdb
