// What the wrappers share: packed bytes with their place in the file, and sinks that pack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "rdb/base/error.h"
#include "rdb/io/sink.h"
#include "rdb/io/source.h"

namespace rdb {

// True when `head` begins a frame that decoders of LZ4 and of zstd step over:
//   5x 2A 4D 18 <size:u32le> <bytes>
// (lz4 1.9.4 doc/lz4_Frame_format.md, RFC 8878 3.1.2). A shorter head may begin one.
[[nodiscard]] bool is_skippable(std::string_view head);

// A buffer over a source of packed bytes. One thread.
class PackedInput {
 public:
  // The next byte of `from`, which must outlive the PackedInput, stands at `offset` of the file.
  PackedInput(ByteSource& from, uint64_t offset);

  // Sees to n bytes, at most kBufferBytes, or to all that is left. False: `from` has failed.
  [[nodiscard]] bool fill(size_t n);
  // The bytes that are there; valid until the next fill().
  [[nodiscard]] std::string_view held() const { return {cursor_, size()}; }
  [[nodiscard]] size_t size() const { return static_cast<size_t>(end_ - cursor_); }
  void take(size_t n);
  // Of the first byte held, in the file.
  [[nodiscard]] uint64_t offset() const { return offset_; }

  // The error of damage at `offset`, and that of an end where `wanted` bytes were needed.
  [[nodiscard]] static Error damaged(uint64_t offset, std::string words);
  [[nodiscard]] Error cut_short(uint64_t wanted) const;
  [[nodiscard]] const Error& error() const { return from_.error(); }

 private:
  ByteSource& from_;
  std::unique_ptr<char[]> buffer_;
  char* cursor_;
  char* end_;
  uint64_t offset_;
  bool drained_ = false;
};

// Packs what is written to it into another sink. Without finish() the packed bytes are incomplete.
class PackSink : public ByteSink {
 public:
  // `to` must outlive the PackSink.
  explicit PackSink(ByteSink& to) : to_(to) {}

  // Hands on what is held back, and the end; nothing may be written afterwards.
  [[nodiscard]] virtual bool finish() = 0;
  // How many packed bytes were handed on.
  [[nodiscard]] uint64_t packed() const { return packed_; }

 protected:
  bool pass(std::string_view bytes);

 private:
  ByteSink& to_;
  uint64_t packed_ = 0;
};

}  // namespace rdb
