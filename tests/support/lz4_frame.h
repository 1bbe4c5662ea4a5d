// Makes LZ4 frames for tests with liblz4; the frame grammar is in rdb/io/lz4.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rdb {

struct Lz4FrameOptions {
  bool blocks_of_4m = false;  // else 64 KiB
  bool linked = false;        // blocks may copy from those before
  bool block_checksums = false;
  bool content_checksum = false;
  bool content_size = false;
};

[[nodiscard]] std::string lz4_frame(std::string_view bytes, const Lz4FrameOptions& options = {});

// A frame that decoders step over; `number` is 0 to 15.
[[nodiscard]] std::string lz4_skippable_frame(std::string_view bytes, unsigned number = 0);

// Bytes that compress to about half: random ones and repetitions. The same for the same size.
[[nodiscard]] std::string half_random(size_t size);

}  // namespace rdb
