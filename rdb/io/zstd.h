// zstd frames, read and written. Grammar of the stream:
//   (<frame> | <skippable>)+
//   <frame>     28 B5 2F FD <descriptor:u8> [<window:u8>] [<dictionary:u8/16/32le>]
//               [<content size:u8/16/32/64le>] <block>+ [<checksum:u32le>]
//   <block>     <u24le: bit 0 last, bits 1-2 type, bits 3-23 size> <bytes>
//   <skippable> 5x 2A 4D 18 <size:u32le> <bytes>
// Source: RFC 8878.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "rdb/io/packed.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace rdb {

// True when `head`, the first bytes of a stream or all of a shorter one, begins a frame.
[[nodiscard]] bool is_zstd(std::string_view head);

// The contents of the frames, one after the other. Fails with `truncated` where a frame is cut,
// with `bad_wrapper` where it is damaged, needs a dictionary or is followed by something else, and
// with `too_large` where it needs a window beyond kZstdWindowMax; everything before the failing
// block has been handed out by then. The offset of such an error is that in the file. Holds one
// window, as far as it is filled.
class ZstdSource : public ByteSource {
 public:
  // The frames begin at the next byte of `packed`, which stands at `offset` of the file and must
  // outlive the ZstdSource.
  ZstdSource(ByteSource& packed, uint64_t offset);
  ~ZstdSource() override;

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;

 private:
  // What the decoder gets as one, or what is stepped over.
  enum class Part : uint8_t { between, header, block, last_block, checksum, skipped };

  bool next_part();
  bool begin_frame();
  bool begin_zstd_frame();
  bool begin_block();
  bool skip();
  bool decode(char* to, size_t n, size_t& got);
  bool fail_damaged(std::string words);
  bool fail_unsupported(std::string words);

  PackedInput in_;
  ZSTD_DCtx_s* context_;
  Part part_ = Part::between;
  uint64_t left_ = 0;  // bytes of the part not taken yet
  uint64_t part_offset_ = 0;
  bool has_begun_ = false;
  bool has_checksum_ = false;
  bool may_hold_ = false;  // the decoder, of its last block: the last read was filled
  bool ended_ = false;
};

// One frame with all that is written to it, and a checksum.
class ZstdSink : public PackSink {
 public:
  explicit ZstdSink(ByteSink& to);
  ~ZstdSink() override;

  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool finish() override;

 private:
  bool encode(std::string_view bytes, bool is_end);

  ZSTD_CCtx_s* context_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace rdb
