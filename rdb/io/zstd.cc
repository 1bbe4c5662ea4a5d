// The one user of zstd.h. Source of fact: zstd 1.5.4 zstd.h, RFC 8878 3.1.1.
#include "rdb/io/zstd.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr std::string_view kMagic = "\x28\xB5\x2F\xFD";
constexpr size_t kHeaderBytesMin = 5;  // the magic and the descriptor
constexpr size_t kHeaderBytesMax = 18;
constexpr size_t kBlockHeaderBytes = 3;
constexpr size_t kSkippableHeaderBytes = 8;
constexpr uint32_t kBlockBytesMax = 128 << 10;
constexpr uint64_t kChecksumBytes = 4;
constexpr int kWindowLogMax = 27;
constexpr uint64_t kToolWindowLogMax = 31;  // ZSTD_WINDOWLOG_MAX with 64 bits
static_assert(kZstdWindowMax == uint64_t{1} << kWindowLogMax);
static_assert(kBufferBytes >= kBlockHeaderBytes + kBlockBytesMax, "a block is handed over whole");

// An integer of 0, 1, 2, 4 or 8 bytes.
uint64_t load_sized(const char* from, size_t size) {
  uint64_t v = 0;
  for (size_t i = size; i > 0; --i) v = v << 8 | byte_at(from + i - 1);
  return v;
}

struct Descriptor {
  bool is_single;  // the window is the content
  bool has_checksum;
  size_t dictionary_bytes;
  size_t content_bytes;
};

Descriptor parse_descriptor(uint8_t v) {
  constexpr size_t kDictionaryBytes[] = {0, 1, 2, 4};
  constexpr size_t kContentBytes[] = {0, 2, 4, 8};
  const bool is_single = (v & 0x20) != 0;
  const size_t content_bytes = kContentBytes[v >> 6];
  return {is_single, (v & 4) != 0, kDictionaryBytes[v & 3],
          is_single && content_bytes == 0 ? 1 : content_bytes};
}

uint64_t window_of(uint8_t v) {
  const uint64_t base = uint64_t{1024} << (v >> 3);
  return base + base / 8 * (v & 7);
}

// The option with which the zstd tool takes the window; it has none above 2 GiB.
std::string long_option(uint64_t window) {
  const auto log = static_cast<uint64_t>(std::bit_width(window - 1));
  return log <= kToolWindowLogMax ? " --long=" + std::to_string(log) : "";
}

}  // namespace

bool is_zstd(std::string_view head) { return kMagic.starts_with(head.substr(0, kMagic.size())); }

ZstdSource::ZstdSource(ByteSource& packed, uint64_t offset)
    : in_(packed, offset), context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) {
    fail({.code = Code::read_failed, .words = "libzstd has no memory"});
    return;
  }
  const size_t result = ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLogMax);
  if (ZSTD_isError(result)) {
    fail({.code = Code::read_failed, .words = ZSTD_getErrorName(result)});
  }
}

ZstdSource::~ZstdSource() { ZSTD_freeDCtx(context_); }

bool ZstdSource::read(char* to, size_t n, size_t& got) {
  assert(n > 0);
  got = 0;
  while (error().ok() && got == 0 && !ended_) {
    if (left_ == 0 && !may_hold_) {
      static_cast<void>(next_part());
    } else {
      static_cast<void>(part_ == Part::skipped ? skip() : decode(to, n, got));
    }
  }
  return error().ok();
}

bool ZstdSource::next_part() {
  if (part_ == Part::header || part_ == Part::block) return begin_block();
  if (part_ == Part::last_block && has_checksum_) {
    part_offset_ = in_.offset();
    part_ = Part::checksum;
    left_ = kChecksumBytes;
    return true;
  }
  return begin_frame();
}

// Looks at what stands between frames: the end, a frame, or neither.
bool ZstdSource::begin_frame() {
  if (!in_.fill(kHeaderBytesMax)) return fail(in_.error());
  const std::string_view head = in_.held();
  part_offset_ = in_.offset();
  if (head.empty() && has_begun_) {
    ended_ = true;
    return true;
  }
  if (is_zstd(head)) return begin_zstd_frame();
  if (!is_skippable(head)) {
    return fail_damaged(has_begun_ ? "what follows the zstd frame is not another one"
                                   : "no zstd frame begins here");
  }
  if (head.size() < kSkippableHeaderBytes) return fail(in_.cut_short(kSkippableHeaderBytes));
  part_ = Part::skipped;
  left_ = load_le<uint32_t>(head.data() + kMagic.size());
  in_.take(kSkippableHeaderBytes);
  has_begun_ = true;
  return true;
}

// The header is held, or all there is of it.
bool ZstdSource::begin_zstd_frame() {
  const std::string_view head = in_.held();
  if (head.size() < kHeaderBytesMin) return fail(in_.cut_short(kHeaderBytesMin));
  const Descriptor descriptor = parse_descriptor(byte_at(head.data() + kMagic.size()));
  const size_t window_bytes = descriptor.is_single ? 0 : 1;
  left_ = kHeaderBytesMin + window_bytes + descriptor.dictionary_bytes + descriptor.content_bytes;
  if (head.size() < left_) return fail(in_.cut_short(left_));

  const char* at = head.data() + kHeaderBytesMin;
  uint64_t window = descriptor.is_single ? 0 : window_of(byte_at(at));
  at += window_bytes;
  const uint64_t dictionary = load_sized(at, descriptor.dictionary_bytes);
  at += descriptor.dictionary_bytes;
  if (descriptor.is_single) window = load_sized(at, descriptor.content_bytes);
  if (dictionary != 0) {
    return fail_unsupported(
        "the zstd frame needs dictionary " + std::to_string(dictionary) +
        ", which is not in the file; decompress it first: zstd -d -D DICTIONARY");
  }
  if (window > kZstdWindowMax) {
    return fail_unsupported("the zstd frame has a window of " + std::to_string(window) +
                            " bytes, more than the " + std::to_string(kZstdWindowMax) +
                            " that are held here; this is no damage, decompress it first: zstd -d" +
                            long_option(window));
  }
  has_checksum_ = descriptor.has_checksum;
  part_ = Part::header;
  has_begun_ = true;
  return true;
}

bool ZstdSource::begin_block() {
  if (!in_.fill(kBlockHeaderBytes)) return fail(in_.error());
  if (in_.size() < kBlockHeaderBytes) return fail(in_.cut_short(kBlockHeaderBytes));
  constexpr uint64_t kRepeated = 1;
  const uint64_t header = load_sized(in_.held().data(), kBlockHeaderBytes);
  const bool is_repeated = (header >> 1 & 3) == kRepeated;  // one byte, that many times
  const uint64_t size = header >> 3;
  part_offset_ = in_.offset();
  if (size > kBlockBytesMax) {
    return fail_damaged("the zstd frame is damaged: a block of " + std::to_string(size) +
                        " bytes, at most " + std::to_string(kBlockBytesMax) + " are allowed");
  }
  part_ = (header & 1) != 0 ? Part::last_block : Part::block;
  left_ = kBlockHeaderBytes + (is_repeated ? 1 : size);
  return true;
}

bool ZstdSource::skip() {
  if (!in_.fill(1)) return fail(in_.error());
  if (in_.size() == 0) return fail(in_.cut_short(left_));
  const auto n = static_cast<size_t>(std::min<uint64_t>(left_, in_.size()));
  in_.take(n);
  left_ -= n;
  return true;
}

// Hands the decoder one part, whole, and nothing while it may still hold some of the last one: the
// decoder keeps back whatever it made in the call that fails.
bool ZstdSource::decode(char* to, size_t n, size_t& got) {
  ZSTD_inBuffer from{nullptr, 0, 0};
  const bool flush = std::exchange(may_hold_, false);
  if (!flush) {
    const auto size = static_cast<size_t>(left_);
    if (!in_.fill(size)) return fail(in_.error());
    if (in_.size() < size) return fail(in_.cut_short(left_));
    from = {in_.held().data(), size, 0};
  }
  ZSTD_outBuffer made{to, n, 0};
  const size_t result = ZSTD_decompressStream(context_, &made, &from);
  if (ZSTD_isError(result)) {
    return fail_damaged(std::string("the zstd frame is damaged: ") + ZSTD_getErrorName(result));
  }
  in_.take(from.pos);
  left_ -= from.pos;
  got = made.pos;
  // The last byte of a frame is taken only once all of it has been handed out.
  may_hold_ = made.pos == n && result != 0;
  if (flush || from.pos > 0 || made.pos > 0) return true;
  return fail_damaged("the zstd decoder does not advance");
}

// Sound, as far as it was read, and not for this reader.
bool ZstdSource::fail_unsupported(std::string words) {
  Error error = PackedInput::damaged(part_offset_, std::move(words));
  error.code = Code::unsupported_wrapper;
  return fail(std::move(error));
}

bool ZstdSource::fail_damaged(std::string words) {
  return fail(PackedInput::damaged(part_offset_, std::move(words)));
}

ZstdSink::ZstdSink(ByteSink& to)
    : PackSink(to),
      context_(ZSTD_createCCtx()),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {
  if (context_ == nullptr) {
    fail({.code = Code::write_failed, .words = "libzstd has no memory"});
    return;
  }
  const size_t result = ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  if (ZSTD_isError(result)) {
    fail({.code = Code::write_failed, .words = ZSTD_getErrorName(result)});
  }
}

ZstdSink::~ZstdSink() { ZSTD_freeCCtx(context_); }

bool ZstdSink::write(std::string_view bytes) { return error().ok() && encode(bytes, false); }

bool ZstdSink::finish() { return error().ok() && encode({}, true); }

bool ZstdSink::encode(std::string_view bytes, bool is_end) {
  ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
  size_t held = 1;
  while (is_end ? held > 0 : from.pos < from.size) {
    ZSTD_outBuffer made{buffer_.get(), kBufferBytes, 0};
    held = ZSTD_compressStream2(context_, &made, &from, is_end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(held)) {
      return fail({.code = Code::write_failed, .words = ZSTD_getErrorName(held)});
    }
    if (!pass({buffer_.get(), made.pos})) return false;
  }
  return true;
}

}  // namespace rdb
