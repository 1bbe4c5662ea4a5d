// The one user of lz4frame.h. Source of fact: lz4 1.9.4 lib/lz4frame.h.
#include "rdb/io/lz4.h"

#include <lz4frame.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr size_t kBlockHeaderBytes = 4;
constexpr std::string_view kFrameMagic = "\x04\x22\x4D\x18";
constexpr std::string_view kSkippableMagic = "\x50\x2A\x4D\x18";  // and 51 to 5F

}  // namespace

bool is_lz4(std::string_view head, Lz4Frames frames) {
  head = head.substr(0, kMagicBytes);
  if (head == kFrameMagic.substr(0, head.size())) return true;
  if (frames == Lz4Frames::one || (byte_at(head.data()) & 0xF0) != 0x50) return false;
  return head.substr(1) == kSkippableMagic.substr(1, head.size() - 1);
}

Lz4Source::Lz4Source(ByteSource& packed, uint64_t offset, Lz4Frames frames)
    : packed_(packed),
      frames_(frames),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)),
      cursor_(buffer_.get()),
      end_(buffer_.get()),
      offset_(offset) {
  const size_t result = LZ4F_createDecompressionContext(&context_, LZ4F_VERSION);
  if (LZ4F_isError(result)) {
    fail({.code = Code::read_failed, .words = LZ4F_getErrorName(result)});
  }
}

Lz4Source::~Lz4Source() { LZ4F_freeDecompressionContext(context_); }

bool Lz4Source::read(char* to, size_t n, size_t& got) {
  assert(n > 0);
  got = 0;
  while (error().ok() && got == 0 && !ended_) {
    static_cast<void>(in_frame_ ? decode(to, n, got) : begin_frame());
  }
  return error().ok();
}

// Looks at what stands between frames: the end, a frame, or neither.
bool Lz4Source::begin_frame() {
  if (!fill(kMagicBytes)) return false;
  if (available() == 0 && begun_ > 0) {
    ended_ = true;
    return true;
  }
  if (begun_ > 0 && frames_ == Lz4Frames::one) {
    return fail_damaged("bytes follow the LZ4 frame, where nothing may");
  }
  if (!is_lz4({cursor_, available()}, frames_)) {
    return fail_damaged(begun_ > 0 ? "what follows the LZ4 frame is not another one"
                                   : "no LZ4 frame begins here");
  }
  if (available() < kMagicBytes) {
    return fail_short({.found = available(), .allowed = kMagicBytes});
  }
  ++begun_;
  in_frame_ = true;
  at_step_ = true;
  step_ = kMagicBytes;
  return true;
}

// Hands the decoder at most one block, and none while it may still hold some of the last one, so
// that an error costs that block only: the decoder keeps back whatever it made in the call that
// fails.
bool Lz4Source::decode(char* to, size_t n, size_t& got) {
  const bool flush = std::exchange(may_hold_, false);
  size_t taken = flush ? 0 : std::min(available(), step_);
  size_t made = n;
  const bool starved = taken == 0;
  if (at_step_) step_offset_ = offset_;
  const size_t wanted = LZ4F_decompress(context_, to, &made, cursor_, &taken, nullptr);
  if (LZ4F_isError(wanted)) {
    offset_ = step_offset_;
    return fail_damaged(std::string("the LZ4 frame is damaged: ") + LZ4F_getErrorName(wanted));
  }
  cursor_ += taken;
  offset_ += taken;
  // 1 is what it wants inside of something, for instance the checksum behind a stored block.
  at_step_ = taken == 0 ? at_step_ : taken == step_ && wanted != 1;
  got = made;
  may_hold_ = made == n;
  if (wanted == 0) {
    in_frame_ = false;
    return true;
  }
  // What it wants is a block and the header of the next one.
  step_ = wanted > kBlockHeaderBytes ? wanted - kBlockHeaderBytes : wanted;
  if (flush || taken > 0 || made > 0) return true;
  if (!starved) return fail_damaged("the LZ4 decoder does not advance");
  if (!fill(1)) return false;
  return available() > 0 || fail_short({.found = 0, .allowed = wanted});
}

// Sees to n bytes at the cursor, or to all that is left.
bool Lz4Source::fill(size_t n) {
  if (available() >= n) return true;
  std::memmove(buffer_.get(), cursor_, available());
  end_ = buffer_.get() + available();
  cursor_ = buffer_.get();
  while (available() < n && !drained_) {
    size_t got = 0;
    if (!packed_.read(end_, kBufferBytes - available(), got)) return fail(packed_.error());
    end_ += got;
    drained_ = got == 0;
  }
  return true;
}

bool Lz4Source::fail_damaged(std::string words) {
  return fail({.code = Code::bad_wrapper,
               .offset = offset_,
               .words = std::move(words) + " (offset in the compressed file)",
               .has_offset = true});
}

bool Lz4Source::fail_short(Detail numbers) {
  return fail({.code = Code::truncated,
               .offset = offset_,
               .numbers = numbers,
               .words = " (in the compressed file)",
               .has_offset = true});
}

}  // namespace rdb
