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

}  // namespace

bool lzf_decode(std::string_view packed, char* to, size_t size) {
  if (packed.size() > UINT_MAX || size > UINT_MAX) return false;
  // liblzf 3.6 answers 0 for damage, and looks at the first byte even if there is none.
  if (size == 0 || packed.empty()) return size == packed.size();
  const auto packed_bytes = static_cast<unsigned>(packed.size());
  return lzf_decompress(packed.data(), packed_bytes, to, static_cast<unsigned>(size)) == size;
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
  const bool is_literal = control < 32;
  const uint64_t run = control >> 5;
  const uint64_t token = is_literal ? control + 2 : run == 7 ? 3 : 2;
  if (token > left_) return fail(Code::lzf_overrun, {.found = token, .allowed = left_});
  uint64_t made = control + 1;
  uint64_t distance = 0;
  if (!is_literal) {
    made = run + 2 + (run == 7 ? byte_at(from + 1) : 0);
    distance = ((control & 31) << 8 | byte_at(from + token - 1)) + 1;
    if (distance > produced_) {
      return fail(Code::lzf_distance, {.found = distance, .allowed = produced_});
    }
  }
  if (made > size_ - produced_) {
    return fail(Code::lzf_size, {.found = produced_ + made, .allowed = size_});
  }
  if (is_literal) {
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
  return in_.fail(Error{.code = code,
                        .offset = start_,
                        .inner = static_cast<int64_t>(packed_ - left_),
                        .numbers = numbers,
                        .has_offset = true});
}

}  // namespace rdb
