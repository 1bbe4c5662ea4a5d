// LZ4 frames, read and written. Grammar of the stream:
//   (<frame> | <skippable>)*
//   <frame>     04 22 4D 18 <descriptor> (<size:u32le> <block> [<checksum:u32le>])* 00 00 00 00
//               [<content checksum:u32le>]
//   <skippable> 5x 2A 4D 18 <size:u32le> <bytes>
// Source: lz4 1.9.4 doc/lz4_Frame_format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "rdb/io/packed.h"

struct LZ4F_cctx_s;
struct LZ4F_dctx_s;

namespace rdb {

// What a stream may consist of: one frame, as in an envelope, or anything that the lz4 tool reads.
enum class Lz4Frames : uint8_t { one, any };

// True when `head`, the first bytes of a stream or all of a shorter one, begins a frame.
[[nodiscard]] bool is_lz4(std::string_view head, Lz4Frames frames);

// The contents of the frames, one after the other. Fails with `truncated` where a frame is cut and
// with `bad_wrapper` where it is damaged or followed by something else; everything before the
// damaged block has been handed out by then. The offset of such an error is that in the file.
class Lz4Source : public ByteSource {
 public:
  // The frames begin at the next byte of `packed`, which stands at `offset` of the file and must
  // outlive the Lz4Source.
  Lz4Source(ByteSource& packed, uint64_t offset, Lz4Frames frames);
  ~Lz4Source() override;

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;

 private:
  bool begin_frame();
  bool decode(char* to, size_t n, size_t& got);
  bool fail_damaged(std::string words);

  PackedInput in_;
  Lz4Frames frames_;
  LZ4F_dctx_s* context_ = nullptr;
  uint64_t step_offset_ = 0;  // in the file, of what the decoder wants as one: a header, a block
  size_t step_ = 1;           // how many bytes of that are to be handed to the decoder yet
  bool at_step_ = true;
  uint64_t begun_ = 0;  // frames
  bool in_frame_ = false;
  bool may_hold_ = false;  // the decoder, of its last block: the last read was filled
  bool ended_ = false;     // the stream
};

// What a frame is written for: a file, as the lz4 tool writes them, or an envelope (valkey 9.2
// src/compression_stream.h: independent blocks of 64 KiB, each with a checksum, none of the whole).
enum class Lz4Form : uint8_t { file, envelope };

// One frame with all that is written to it.
class Lz4Sink : public PackSink {
 public:
  Lz4Sink(ByteSink& to, Lz4Form form);
  ~Lz4Sink() override;

  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool finish() override;

 private:
  bool pass_made(size_t result);

  LZ4F_cctx_s* context_ = nullptr;
  std::unique_ptr<char[]> buffer_;
  size_t room_;
};

}  // namespace rdb
