// Finds out by content what wraps the bytes of a file, and takes it off:
//   <LZ4 frames>                                               lz4.h
//   "VKCS" <version:u8=1> <codec:u8> <flags:u8> <kind:u8=0> <LZ4 frame>
// codec 1 is LZ4, bit 0 of flags says that blocks have checksums, kind 0 is RDB; nothing follows
// the frame. Source: valkey 9.2 src/compression_stream.h (unreleased).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "rdb/io/source.h"

namespace rdb {

// The bytes of another source without their wrapper; bytes without one pass through. It takes off
// one wrapper: a WrapSource over a WrapSource takes off the next.
class WrapSource : public ByteSource {
 public:
  // Looks at the first bytes of `raw`, which must outlive the WrapSource. May be called once.
  // Errors of a wrapper, here and from read(), have their offset in the raw file.
  [[nodiscard]] Error open(ByteSource& raw);

  // "lz4", "vkcs", or empty for plain bytes.
  [[nodiscard]] std::string_view wrapper() const { return wrapper_; }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  // Known only where nothing is wrapped.
  [[nodiscard]] std::optional<uint64_t> size() const override { return size_; }

 private:
  std::unique_ptr<ByteSource> replayed_;   // raw from its first byte again
  std::unique_ptr<ByteSource> unwrapped_;  // over replayed_; null for plain bytes
  std::string_view wrapper_;
  std::optional<uint64_t> size_;
};

// What a file is that is no RDB file, by its first bytes (512 tell all there is to tell): words
// such as "gzip data" or "an ELF program", for the message of `not_rdb`.
[[nodiscard]] std::string_view looks_like(std::string_view first_bytes);

}  // namespace rdb
