// The one user of zlib.h. Source of fact: zlib 1.2.13 zlib.h.
#include "rdb/io/zlib.h"

// Input is const.
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <string>

#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr std::string_view kMagic = "\x1F\x8B";
constexpr int kGzipWindow = 15 + 16;          // the largest window; 16 stands for the gzip format
constexpr size_t kCallMax = size_t{1} << 30;  // zlib counts in unsigned int

const Bytef* bytes_at(const char* from) { return reinterpret_cast<const Bytef*>(from); }
Bytef* bytes_at(char* to) { return reinterpret_cast<Bytef*>(to); }

std::string words_of(const z_stream& stream, int result) {
  return stream.msg != nullptr ? stream.msg : zError(result);
}

}  // namespace

bool is_gzip(std::string_view head) { return kMagic.starts_with(head.substr(0, kMagic.size())); }

ZlibSource::ZlibSource(ByteSource& packed, uint64_t offset)
    : in_(packed, offset), stream_(std::make_unique<z_stream_s>()) {
  const int result = inflateInit2(stream_.get(), kGzipWindow);
  if (result != Z_OK) fail({.code = Code::read_failed, .words = words_of(*stream_, result)});
}

ZlibSource::~ZlibSource() { inflateEnd(stream_.get()); }

bool ZlibSource::read(char* to, size_t n, size_t& got) {
  assert(n > 0);
  got = 0;
  while (error().ok() && got == 0 && !ended_) {
    static_cast<void>(in_member_ ? decode(to, n, got) : begin_member());
  }
  return error().ok();
}

// Steps over zeros behind a member: padding of tapes and block devices, as gzip takes it.
bool ZlibSource::skip_padding() {
  while (in_.size() > 0 && in_.held()[0] == '\0') {
    const std::string_view held = in_.held();
    in_.take(std::min(held.find_first_not_of('\0'), held.size()));
    if (!in_.fill(kMagic.size())) return fail(in_.error());
  }
  return true;
}

// Looks at what stands between members: the end, a member, or neither.
bool ZlibSource::begin_member() {
  if (!in_.fill(kMagic.size())) return fail(in_.error());
  if (has_begun_ && !skip_padding()) return false;
  const std::string_view head = in_.held();
  if (head.empty() && has_begun_) {
    ended_ = true;
    return true;
  }
  if (!is_gzip(head)) {
    return fail(PackedInput::damaged(in_.offset(),
                                     has_begun_ ? "what follows the gzip member is not another one"
                                                : "no gzip member begins here"));
  }
  if (head.size() < kMagic.size()) return fail(in_.cut_short(kMagic.size()));
  inflateReset(stream_.get());
  has_begun_ = in_member_ = true;
  return true;
}

bool ZlibSource::decode(char* to, size_t n, size_t& got) {
  const std::string_view held = in_.held();
  stream_->next_in = bytes_at(held.data());
  stream_->avail_in = static_cast<uInt>(held.size());
  stream_->next_out = bytes_at(to);
  stream_->avail_out = static_cast<uInt>(std::min(n, kCallMax));
  const uInt room = stream_->avail_out;
  const int result = inflate(stream_.get(), Z_NO_FLUSH);
  const size_t taken = held.size() - stream_->avail_in;
  in_.take(taken);
  got = room - stream_->avail_out;
  if (result == Z_STREAM_END) {
    in_member_ = false;
    return true;
  }
  // After damage every further call says so again: what was made before it goes out first.
  if (got > 0) return true;
  if (result == Z_MEM_ERROR) {
    return fail({.code = Code::read_failed, .words = words_of(*stream_, result)});
  }
  if (result != Z_OK && result != Z_BUF_ERROR) {
    return fail(PackedInput::damaged(in_.offset(),
                                     "the gzip member is damaged: " + words_of(*stream_, result)));
  }
  if (taken > 0) return true;
  if (in_.size() > 0) {
    return fail(PackedInput::damaged(in_.offset(), "the gzip decoder does not advance"));
  }
  if (!in_.fill(1)) return fail(in_.error());
  return in_.size() > 0 || fail(in_.cut_short(1));
}

ZlibSink::ZlibSink(ByteSink& to)
    : PackSink(to),
      stream_(std::make_unique<z_stream_s>()),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {
  constexpr int kMemory = 8;  // the default
  const int result = deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow,
                                  kMemory, Z_DEFAULT_STRATEGY);
  if (result != Z_OK) fail({.code = Code::write_failed, .words = words_of(*stream_, result)});
}

ZlibSink::~ZlibSink() { deflateEnd(stream_.get()); }

bool ZlibSink::write(std::string_view bytes) {
  while (error().ok() && !bytes.empty()) {
    encode(bytes.substr(0, kCallMax), Z_NO_FLUSH);
    bytes.remove_prefix(std::min(bytes.size(), kCallMax));
  }
  return error().ok();
}

bool ZlibSink::finish() { return error().ok() && encode({}, Z_FINISH); }

bool ZlibSink::encode(std::string_view bytes, int flush) {
  stream_->next_in = bytes_at(bytes.data());
  stream_->avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_->next_out = bytes_at(buffer_.get());
    stream_->avail_out = static_cast<uInt>(kBufferBytes);
    const int result = deflate(stream_.get(), flush);
    if (result == Z_STREAM_ERROR) {
      return fail({.code = Code::write_failed, .words = words_of(*stream_, result)});
    }
    if (!pass({buffer_.get(), kBufferBytes - stream_->avail_out})) return false;
  } while (stream_->avail_out == 0);
  return true;
}

}  // namespace rdb
