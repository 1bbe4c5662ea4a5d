// Finds out by content what wraps the bytes of a file, takes it off, and puts it on:
//   <gzip members>                                             zlib.h
//   <zstd frames>                                              zstd.h
//   <LZ4 frames>                                               lz4.h
//   "VKCS" <version:u8=1> <codec:u8> <flags:u8> <kind:u8=0> <LZ4 frame>
// codec 1 is LZ4, bit 0 of flags says that blocks have checksums, kind 0 is RDB; nothing follows
// the frame. Source: valkey 9.2 src/compression_stream.h (unreleased).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/io/packed.h"
#include "rdb/io/source.h"

namespace rdb {

enum class Wrap : uint8_t { none, gzip, zstd, lz4, vkcs };

// "none", "gzip", …; nullopt: no wrapper has that name.
[[nodiscard]] std::string_view name(Wrap wrap);
[[nodiscard]] std::optional<Wrap> find_wrap(std::string_view name);

// "gzip data", "an LZ4 frame", …, for messages.
[[nodiscard]] std::string_view describe(Wrap wrap);

// The wrapper that a file begins with, by its first bytes. Of frames that are to be stepped over,
// which zstd may have as well, it is lz4.
[[nodiscard]] Wrap wrap_of(std::string_view head);

// The wrapper that the suffix of a file's name promises: .gz, .zst, .lz4, or none.
[[nodiscard]] Wrap wrap_of_suffix(std::string_view path);

// The suffix of the name, if it is that of another compression, or of one of these in other
// letters: .bz2, .zstd, .GZ; empty otherwise.
[[nodiscard]] std::string_view unknown_wrap_suffix(std::string_view path);

// The bytes of another source without their wrapper; bytes without one pass through. A wrapper in
// a wrapper is taken off as well, kWrappersMax in all.
class WrapSource : public ByteSource {
 public:
  // Looks at the first bytes of `raw`, which must outlive the WrapSource. May be called once.
  // Errors of a wrapper, here and from read(), have their offset in what it stands in: the raw
  // file or the content of the outer wrapper.
  [[nodiscard]] Error open(ByteSource& raw);

  // The name of the wrapper, "gzip+lz4" where LZ4 frames are in a gzip file, or empty for plain
  // bytes.
  [[nodiscard]] std::string_view wrapper() const { return wrapper_; }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  // Known only where nothing is wrapped.
  [[nodiscard]] std::optional<uint64_t> size() const override { return size_; }

 private:
  std::vector<std::unique_ptr<ByteSource>> sources_;  // each reads from the one before
  std::string wrapper_;
  std::optional<uint64_t> size_;
};

// Puts a wrapper around what is written, or none: the bytes then pass, and can be patched, as in
// the sink below.
class WrapSink : public ByteSink {
 public:
  // `to` must outlive the WrapSink.
  WrapSink(Wrap wrap, ByteSink& to);

  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool patch(uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] bool is_seekable() const override { return !pack_ && to_.is_seekable(); }

  // Ends the wrapper; nothing may be written afterwards.
  [[nodiscard]] bool finish();
  // How many bytes the sink below has got.
  [[nodiscard]] uint64_t written() const { return written_ + (pack_ ? pack_->packed() : 0); }

 private:
  ByteSink& to_;
  std::unique_ptr<PackSink> pack_;
  uint64_t written_ = 0;  // past the packing
};

}  // namespace rdb
