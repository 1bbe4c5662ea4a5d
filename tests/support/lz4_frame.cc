#include "tests/support/lz4_frame.h"

#include <doctest/doctest.h>
#include <lz4frame.h>

#include <random>

#include "rdb/base/bytes.h"

namespace rdb {

std::string lz4_frame(std::string_view bytes, const Lz4FrameOptions& options) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = options.blocks_of_4m ? LZ4F_max4MB : LZ4F_max64KB;
  preferences.frameInfo.blockMode = options.linked ? LZ4F_blockLinked : LZ4F_blockIndependent;
  preferences.frameInfo.blockChecksumFlag =
      options.block_checksums ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum;
  preferences.frameInfo.contentChecksumFlag =
      options.content_checksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum;
  preferences.frameInfo.contentSize = options.content_size ? bytes.size() : 0;
  std::string frame(LZ4F_compressFrameBound(bytes.size(), &preferences), '\0');
  // LZ4F_compressFrame() would shrink the block size to fit the content, so in steps.
  LZ4F_cctx* context = nullptr;
  REQUIRE(!LZ4F_isError(LZ4F_createCompressionContext(&context, LZ4F_VERSION)));
  size_t size = LZ4F_compressBegin(context, frame.data(), frame.size(), &preferences);
  REQUIRE(!LZ4F_isError(size));
  const size_t body = LZ4F_compressUpdate(context, frame.data() + size, frame.size() - size,
                                          bytes.data(), bytes.size(), nullptr);
  REQUIRE(!LZ4F_isError(body));
  size += body;
  const size_t end = LZ4F_compressEnd(context, frame.data() + size, frame.size() - size, nullptr);
  REQUIRE(!LZ4F_isError(end));
  LZ4F_freeCompressionContext(context);
  frame.resize(size + end);
  return frame;
}

std::string lz4_skippable_frame(std::string_view bytes, unsigned number) {
  std::string frame(8, '\0');
  store_le(frame.data(), uint32_t{0x184D2A50} + number);
  store_le(frame.data() + 4, static_cast<uint32_t>(bytes.size()));
  return frame.append(bytes);
}

std::string half_random(size_t size) {
  std::minstd_rand random(1);
  std::string bytes;
  while (bytes.size() < size) {
    for (int i = 0; i < 32; ++i) bytes += static_cast<char>(random());
    bytes.append(32, static_cast<char>(random()));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace rdb
