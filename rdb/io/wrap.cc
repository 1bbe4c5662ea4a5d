#include "rdb/io/wrap.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"
#include "rdb/base/word.h"
#include "rdb/io/lz4.h"
#include "rdb/io/zlib.h"
#include "rdb/io/zstd.h"

namespace rdb {
namespace {

using namespace std::string_view_literals;

constexpr size_t kFrameMagicBytes = 4;
constexpr size_t kSkippableHeaderBytes = 8;

// <magic:4> <version:u8> <codec:u8> <flags:u8> <kind:u8>
constexpr std::string_view kEnvelopeMagic = "VKCS";
constexpr size_t kEnvelopeBytes = 8;
constexpr size_t kFlagsOffset = 6;
constexpr uint8_t kKnownFlags = 1;
constexpr std::string_view kEnvelope = "VKCS\1\1\1\0"sv;  // as it is written

// The first bytes of a source again, then the rest of it straight through.
class ReplaySource : public ByteSource {
 public:
  explicit ReplaySource(ByteSource& raw) : raw_(raw) {}

  // Sees to the next bytes, as many as a look needs or as there are. Where the source fails behind
  // enough of them to tell a wrapper, the failure is left to whoever reads that far.
  [[nodiscard]] bool look() {
    size_t size = left_.size();
    std::memmove(head_.data(), left_.data(), size);
    size_t got = 1;
    while (size < head_.size() && got > 0) {
      if (!raw_.read(head_.data() + size, head_.size() - size, got)) {
        if (size < kEnvelopeBytes) return fail(raw_.error());
        break;
      }
      size += got;
    }
    left_ = {head_.data(), size};
    return true;
  }

  [[nodiscard]] std::string_view head() const { return left_; }
  // Of the first byte of head().
  [[nodiscard]] uint64_t offset() const { return offset_; }

  // Steps over n bytes, or over all that are left: `done` says how many.
  [[nodiscard]] bool skip(uint64_t n, uint64_t& done) {
    done = std::min<uint64_t>(n, left_.size());
    left_.remove_prefix(static_cast<size_t>(done));
    size_t got = 1;
    while (done < n && got > 0) {
      const auto piece = static_cast<size_t>(std::min<uint64_t>(n - done, head_.size()));
      if (!raw_.read(head_.data(), piece, got)) return fail(raw_.error());
      done += got;
    }
    offset_ += done;
    return true;
  }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override {
    if (left_.empty()) return raw_.read(to, n, got) || fail(raw_.error());
    got = left_.copy(to, n);
    left_.remove_prefix(got);
    return true;
  }

 private:
  ByteSource& raw_;
  std::array<char, 512> head_;  // a tar archive shows itself at 257
  std::string_view left_{head_.data(), 0};
  uint64_t offset_ = 0;
};

// A field of the envelope that can have one value only.
struct EnvelopeField {
  size_t offset;
  uint8_t known;
  std::string_view name;
};
constexpr EnvelopeField kEnvelopeFields[] = {
    {4, 1, "version"},
    {5, 1, "codec"},
    {7, 0, "kind of content"},
};

// Another value than the known one is not damage but a format yet to be learnt.
Error unknown_envelope(uint64_t offset, std::string words) {
  return {.code = Code::foreign_version,
          .offset = offset,
          .words = "the VKCS envelope has " + std::move(words) + " known",
          .has_offset = true};
}

Error cut_short(uint64_t offset, Detail numbers) {
  return {.code = Code::truncated,
          .offset = offset,
          .numbers = numbers,
          .words = " (in the compressed file)",
          .has_offset = true};
}

Error check_envelope(std::string_view head) {
  if (head.size() < kEnvelopeBytes) return cut_short(0, {head.size(), kEnvelopeBytes});
  for (const EnvelopeField& field : kEnvelopeFields) {
    const uint8_t found = byte_at(head.data() + field.offset);
    if (found == field.known) continue;
    return unknown_envelope(field.offset, std::string(field.name) + " " + std::to_string(found) +
                                              ", only " + std::to_string(field.known) + " is");
  }
  const uint8_t flags = byte_at(head.data() + kFlagsOffset);
  if ((flags & ~kKnownFlags) == 0) return {};
  return unknown_envelope(kFlagsOffset, "flags " + std::to_string(flags) + ", only 0 and 1 are");
}

struct Wrapper {
  Wrap wrap;
  std::string_view name;
  std::string_view suffix;
  std::string_view words;
};
constexpr Wrapper kWrappers[] = {
    {Wrap::none, "none", "", ""},
    {Wrap::gzip, "gzip", ".gz", "gzip data"},
    {Wrap::zstd, "zstd", ".zst", "zstd data"},
    {Wrap::lz4, "lz4", ".lz4", "an LZ4 frame"},
    {Wrap::vkcs, "vkcs", "", "a VKCS envelope"},
};

const Wrapper& row(Wrap wrap) { return kWrappers[static_cast<size_t>(wrap)]; }

// Steps over the skippable frames that may stand before frames of LZ4 as of zstd, and says which
// it is.
Error step_to_frame(ReplaySource& from, Wrap& wrap) {
  while (from.head().size() >= kFrameMagicBytes && is_skippable(from.head())) {
    const std::string_view head = from.head();
    if (head.size() < kSkippableHeaderBytes) {
      return cut_short(from.offset(), {head.size(), kSkippableHeaderBytes});
    }
    const uint64_t size = load_le<uint32_t>(head.data() + kFrameMagicBytes);
    uint64_t done = 0;
    if (!from.skip(kSkippableHeaderBytes, done)) return from.error();
    const uint64_t offset = from.offset();
    if (!from.skip(size, done)) return from.error();
    if (done < size) return cut_short(offset, {done, size});
    if (!from.look()) return from.error();
  }
  const std::string_view head = from.head();
  if (!is_zstd(head) && !is_lz4(head, Lz4Frames::any)) {
    return PackedInput::damaged(from.offset(),
                                "what follows the skippable frame is no frame of LZ4 or zstd");
  }
  if (head.size() < kFrameMagicBytes) {
    return cut_short(from.offset(), {head.size(), kFrameMagicBytes});
  }
  wrap = wrap_of(head);
  return {};
}

// The content of what `from` begins with, which is of the kind `wrap`.
std::unique_ptr<ByteSource> content_of(ReplaySource& from, Wrap wrap) {
  switch (wrap) {
    case Wrap::gzip:
      return std::make_unique<ZlibSource>(from, from.offset());
    case Wrap::zstd:
      return std::make_unique<ZstdSource>(from, from.offset());
    case Wrap::lz4:
      return std::make_unique<Lz4Source>(from, from.offset(), Lz4Frames::any);
    case Wrap::vkcs:
      return std::make_unique<Lz4Source>(from, from.offset(), Lz4Frames::one);
    case Wrap::none:
      break;
  }
  return nullptr;
}

// Steps to where the decoder begins, and corrects `wrap` where the first bytes did not tell.
Error step_to_content(ReplaySource& from, Wrap& wrap) {
  if (wrap == Wrap::lz4) return step_to_frame(from, wrap);
  if (wrap != Wrap::vkcs) return {};
  if (Error error = check_envelope(from.head()); !error.ok()) return error;
  uint64_t done = 0;
  return from.skip(kEnvelopeBytes, done) ? Error{} : from.error();
}

}  // namespace

std::string_view name(Wrap wrap) { return row(wrap).name; }

std::string_view describe(Wrap wrap) { return row(wrap).words; }

Wrap wrap_of(std::string_view head) {
  constexpr size_t kGzipMagicBytes = 2;
  if (head.size() >= kGzipMagicBytes && is_gzip(head)) return Wrap::gzip;
  if (head.size() < kFrameMagicBytes) return Wrap::none;
  if (head.starts_with(kEnvelopeMagic)) return Wrap::vkcs;
  if (is_zstd(head)) return Wrap::zstd;
  return is_lz4(head, Lz4Frames::any) ? Wrap::lz4 : Wrap::none;
}

std::optional<Wrap> find_wrap(std::string_view name) {
  for (const Wrapper& wrapper : kWrappers) {
    if (wrapper.name == name) return wrapper.wrap;
  }
  return std::nullopt;
}

Wrap wrap_of_suffix(std::string_view path) {
  for (const Wrapper& wrapper : kWrappers) {
    if (!wrapper.suffix.empty() && path.ends_with(wrapper.suffix)) return wrapper.wrap;
  }
  return Wrap::none;
}

std::string_view unknown_wrap_suffix(std::string_view path) {
  constexpr std::string_view kSuffixes[] = {
      ".7z",  ".br",   ".bz",   ".bz2",  ".bzip2", ".gz",   ".gzip",   ".lrz",
      ".lz",  ".lz4",  ".lzf",  ".lzma", ".lzo",   ".rar",  ".rz",     ".sz",
      ".tbz", ".tbz2", ".tgz",  ".tlz",  ".txz",   ".tzst", ".snappy", ".xz",
      ".z",   ".zip",  ".zlib", ".zpaq", ".zst",   ".zstd", ".zz"};
  const size_t at = path.rfind('.');
  if (at == path.npos || wrap_of_suffix(path) != Wrap::none) return {};
  const std::string_view suffix = path.substr(at);
  const auto is_it = [suffix](std::string_view known) { return is_same_word(known, suffix); };
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes), is_it) ? suffix
                                                                        : std::string_view();
}

Error WrapSource::open(ByteSource& raw) {
  assert(sources_.empty());
  ByteSource* from = &raw;
  for (size_t layers = 0;; ++layers) {
    auto replay = std::make_unique<ReplaySource>(*from);
    if (!replay->look()) {
      fail(replay->error());
      return error();
    }
    Wrap wrap = wrap_of(replay->head());
    if (layers == kWrappersMax) wrap = Wrap::none;
    Error error = step_to_content(*replay, wrap);
    if (wrap != Wrap::none) wrapper_ += (layers == 0 ? "" : "+") + std::string(name(wrap));
    if (!error.ok()) {
      fail(error);
      return error;
    }
    std::unique_ptr<ByteSource> content = content_of(*replay, wrap);
    sources_.push_back(std::move(replay));
    if (!content) break;
    sources_.push_back(std::move(content));
    from = sources_.back().get();
  }
  if (wrapper_.empty()) size_ = raw.size();
  return {};
}

bool WrapSource::read(char* to, size_t n, size_t& got) {
  got = 0;
  if (!error().ok()) return false;
  assert(!sources_.empty());
  ByteSource& from = *sources_.back();
  return from.read(to, n, got) || fail(from.error());
}

WrapSink::WrapSink(Wrap wrap, ByteSink& to) : to_(to) {
  switch (wrap) {
    case Wrap::gzip:
      pack_ = std::make_unique<ZlibSink>(to);
      break;
    case Wrap::zstd:
      pack_ = std::make_unique<ZstdSink>(to);
      break;
    case Wrap::lz4:
      pack_ = std::make_unique<Lz4Sink>(to, Lz4Form::file);
      break;
    case Wrap::vkcs:
      if (!to.write(kEnvelope)) fail(to.error());
      written_ = kEnvelope.size();
      pack_ = std::make_unique<Lz4Sink>(to, Lz4Form::envelope);
      break;
    case Wrap::none:
      break;
  }
}

bool WrapSink::write(std::string_view bytes) {
  if (!error().ok()) return false;
  if (pack_) return pack_->write(bytes) || fail(pack_->error());
  written_ += bytes.size();
  return to_.write(bytes) || fail(to_.error());
}

bool WrapSink::patch(uint64_t offset, std::string_view bytes) {
  if (pack_) return ByteSink::patch(offset, bytes);
  if (!error().ok()) return false;
  return to_.patch(offset, bytes) || fail(to_.error());
}

bool WrapSink::finish() {
  if (!error().ok()) return false;
  return !pack_ || pack_->finish() || fail(pack_->error());
}

}  // namespace rdb
