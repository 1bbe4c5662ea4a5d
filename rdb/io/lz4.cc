// The one user of lz4frame.h. Source of fact: lz4 1.9.4 lib/lz4frame.h.
#include "rdb/io/lz4.h"

#include <lz4frame.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr size_t kBlockHeaderBytes = 4;
constexpr std::string_view kFrameMagic = "\x04\x22\x4D\x18";

// Returns whether a sound header begins here that names a dictionary. The decoder reports a damaged
// one. Source: lz4 doc/lz4_Frame_format.md, FLG byte.
bool needs_dictionary(std::string_view head) {
  constexpr uint8_t kHasDictionary = 1;
  if (head.size() <= kMagicBytes || (byte_at(&head[kMagicBytes]) & kHasDictionary) == 0)
    return false;
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) return false;
  LZ4F_frameInfo_t info{};
  size_t size = head.size();
  const bool is_sound = !LZ4F_isError(LZ4F_getFrameInfo(context, &info, head.data(), &size));
  LZ4F_freeDecompressionContext(context);
  return is_sound && info.dictID != 0;
}

}  // namespace

bool is_lz4(std::string_view head, Lz4Frames frames) {
  head = head.substr(0, kMagicBytes);
  return kFrameMagic.starts_with(head) || (frames == Lz4Frames::any && is_skippable(head));
}

Lz4Source::Lz4Source(ByteSource& packed, uint64_t offset, Lz4Frames frames)
    : in_(packed, offset), frames_(frames) {
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
  if (!in_.fill(LZ4F_HEADER_SIZE_MAX)) return fail(in_.error());
  const std::string_view head = in_.held();
  if (head.empty() && begun_ > 0) {
    ended_ = true;
    return true;
  }
  if (begun_ > 0 && frames_ == Lz4Frames::one) {
    return fail_damaged("bytes follow the LZ4 frame, where nothing may");
  }
  if (!is_lz4(head, frames_)) {
    return fail_damaged(begun_ > 0 ? "what follows the LZ4 frame is not another one"
                                   : "no LZ4 frame begins here");
  }
  if (head.size() < kMagicBytes) return fail(in_.cut_short(kMagicBytes));
  if (needs_dictionary(head)) {
    Error error = PackedInput::damaged(
        in_.offset(),
        "the LZ4 frame needs a dictionary, which is not in the file; decompress it "
        "first: lz4 -d -D DICTIONARY");
    error.code = Code::unsupported_wrapper;
    return fail(std::move(error));
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
  size_t taken = flush ? 0 : std::min(in_.size(), step_);
  size_t made = n;
  const bool starved = taken == 0;
  if (at_step_) step_offset_ = in_.offset();
  const size_t wanted = LZ4F_decompress(context_, to, &made, in_.held().data(), &taken, nullptr);
  if (LZ4F_isError(wanted)) {
    return fail_damaged(std::string("the LZ4 frame is damaged: ") + LZ4F_getErrorName(wanted));
  }
  in_.take(taken);
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
  if (!in_.fill(1)) return fail(in_.error());
  return in_.size() > 0 || fail(in_.cut_short(wanted));
}

bool Lz4Source::fail_damaged(std::string words) {
  const uint64_t offset = in_frame_ ? step_offset_ : in_.offset();
  return fail(PackedInput::damaged(offset, std::move(words)));
}

Lz4Sink::Lz4Sink(ByteSink& to, Lz4Form form) : PackSink(to) {
  LZ4F_preferences_t preferences{};
  if (form == Lz4Form::file) {
    preferences.frameInfo.blockSizeID = LZ4F_max256KB;
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  } else {
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
  }
  room_ = LZ4F_compressBound(kBufferBytes, &preferences);
  buffer_ = std::make_unique_for_overwrite<char[]>(room_);
  const size_t result = LZ4F_createCompressionContext(&context_, LZ4F_VERSION);
  if (LZ4F_isError(result)) {
    fail({.code = Code::write_failed, .words = LZ4F_getErrorName(result)});
    return;
  }
  pass_made(LZ4F_compressBegin(context_, buffer_.get(), room_, &preferences));
}

Lz4Sink::~Lz4Sink() { LZ4F_freeCompressionContext(context_); }

bool Lz4Sink::write(std::string_view bytes) {
  while (error().ok() && !bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBufferBytes);
    pass_made(
        LZ4F_compressUpdate(context_, buffer_.get(), room_, piece.data(), piece.size(), nullptr));
    bytes.remove_prefix(piece.size());
  }
  return error().ok();
}

bool Lz4Sink::finish() {
  return error().ok() && pass_made(LZ4F_compressEnd(context_, buffer_.get(), room_, nullptr));
}

// What liblz4 returned: how many bytes it has put into the buffer, or an error.
bool Lz4Sink::pass_made(size_t result) {
  if (!LZ4F_isError(result)) return pass({buffer_.get(), result});
  return fail({.code = Code::write_failed, .words = LZ4F_getErrorName(result)});
}

}  // namespace rdb
