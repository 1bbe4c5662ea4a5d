#include "rdb/io/zstd.h"

#include <doctest/doctest.h>

#include <string>

#include "rdb/base/limits.h"
#include "tests/support/bytes.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/unpack.h"

namespace rdb {
namespace {

using namespace std::string_literals;

constexpr Steps kSteps[] = {{}, {.in = 1}, {.out = 1}, {7, 1000}, {1, 1}};

std::string zstd(std::string_view bytes, size_t step = SIZE_MAX) {
  return pack<ZstdSink>(bytes, step);
}

Unpacked unzstd(std::string_view packed, Steps steps = {}, uint64_t offset = 0) {
  return unpack_all<ZstdSource>(packed, steps, offset);
}

constexpr std::string_view kMagic = "\x28\xB5\x2F\xFD";
constexpr uint32_t kRaw = 0;
constexpr uint32_t kRepeated = 1;
constexpr unsigned kWindowOf8MiB = 13 << 3;
constexpr unsigned kWindowOf128MiB = 17 << 3;

// A frame without content size and checksum, up to its first block.
std::string frame_head(unsigned window = kWindowOf8MiB) {
  return Bytes{}.str(kMagic).u8(0).u8(window).string();
}

std::string block(uint32_t type, uint32_t size, std::string_view bytes, bool is_last) {
  return Bytes{}.u24le(size << 3 | type << 1 | (is_last ? 1 : 0)).str(bytes).string();
}

}  // namespace

TEST_CASE("zstd: frames of every size give back their bytes, at every step") {
  for (size_t size : {0U, 1U, 1000U, 131'072U, 400'000U}) {
    CAPTURE(size);
    const std::string bytes = half_random(size);
    const std::string packed = zstd(bytes);
    for (const Steps steps : kSteps) {
      CAPTURE(steps.in);
      CAPTURE(steps.out);
      const Unpacked result = unzstd(packed, steps);
      CHECK(result.error.ok());
      CHECK(result.bytes == bytes);
    }
  }
}

TEST_CASE("zstd: reads that end where the content ends are followed by the end") {
  for (size_t size : {1U, 2U, 1000U, 131'072U}) {
    const std::string bytes = half_random(size);
    const std::string raw = frame_head() + block(kRaw, static_cast<uint32_t>(size), bytes, true);
    for (const std::string& packed : {zstd(bytes), raw, raw + zstd("")}) {
      for (size_t out : {size, size - 1, size / 2}) {
        if (out == 0) continue;
        const Unpacked result = unzstd(packed, {.out = out});
        CHECK(result.error.ok());
        CHECK(result.bytes == bytes);
      }
    }
  }
}

TEST_CASE("zstd: big content passes through in big and small pieces") {
  const std::string bytes = half_random(5 << 20);
  const std::string packed = zstd(bytes, 100'000);
  CHECK(packed.size() < bytes.size() * 3 / 4);
  for (size_t out : {size_t{4096}, size_t{256} << 10, size_t{8} << 20}) {
    const Unpacked result = unzstd(packed, {.in = 100'000, .out = out});
    CHECK(result.error.ok());
    CHECK(result.bytes == bytes);
  }
}

TEST_CASE("zstd: frames follow each other, with skippable ones anywhere") {
  const std::string packed = lz4_skippable_frame(half_random(300'000), 15) + zstd("one, ") +
                             zstd("") + lz4_skippable_frame("") + frame_head() +
                             block(kRaw, 3, "two", false) + block(kRepeated, 4, "!", true) +
                             lz4_skippable_frame("x");
  for (const Steps steps : kSteps) {
    const Unpacked result = unzstd(packed, steps);
    CHECK(result.error.ok());
    CHECK(result.bytes == "one, two!!!!");
  }
}

TEST_CASE("zstd: every truncation is truncated, where the bytes end") {
  const std::string bytes = half_random(300);
  for (const std::string& packed :
       {zstd(bytes), frame_head() + block(kRaw, 300, bytes, false) + block(kRaw, 0, "", true)}) {
    for (size_t size = 0; size < packed.size(); ++size) {
      CAPTURE(size);
      for (const Steps steps : {Steps{}, Steps{.in = 1, .out = 3}}) {
        const Unpacked result = unzstd(std::string_view(packed).substr(0, size), steps);
        CHECK(result.error.code == Code::truncated);
        CHECK(result.error.has_offset);
        CHECK(result.error.offset + result.error.numbers.found == size);
        CHECK(result.error.numbers.found < result.error.numbers.allowed);
        CHECK(bytes.starts_with(result.bytes));
      }
    }
  }
}

TEST_CASE("zstd: every truncation of a second frame is truncated, except to nothing") {
  const std::string first = zstd("first");
  for (const std::string& second : {zstd("second"), lz4_skippable_frame("second")}) {
    for (size_t size = 1; size < second.size(); ++size) {
      CAPTURE(size);
      const Unpacked result = unzstd(first + second.substr(0, size));
      CHECK(result.error.code == Code::truncated);
      CHECK(result.bytes.starts_with("first"));
    }
  }
}

TEST_CASE("zstd: a flipped bit never passes for other content, and has one error at every step") {
  const std::string bytes = half_random(2000);
  const std::string packed = zstd(bytes);
  for (size_t i = 0; i < packed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(i);
      CAPTURE(bit);
      std::string flipped = packed;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const Unpacked result = unzstd(flipped);
      if (result.error.ok()) {
        CHECK(result.bytes == bytes);  // of the header: the window, an unused bit
        continue;
      }
      if (bit % 3 != 0) continue;
      for (const Steps steps : kSteps) {
        const Unpacked other = unzstd(flipped, steps);
        CHECK(other.bytes == result.bytes);
        CHECK(message(other.error, "") == message(result.error, ""));
      }
    }
  }
}

TEST_CASE("zstd: damage is named as libzstd names it, with the offset of the part in the file") {
  std::string packed = zstd("content");
  packed.back() = static_cast<char>(~packed.back());
  const Unpacked result = unzstd(packed, {}, 8);
  CHECK(result.bytes == "content");
  CHECK(result.error.code == Code::bad_wrapper);
  CHECK(words(result.error) ==
        "the zstd frame is damaged: Restored data doesn't match checksum (offset in the compressed "
        "file)");
  CHECK(result.error.offset == 8 + packed.size() - 4);
}

TEST_CASE("zstd: blocks before the damaged one are handed out") {
  const std::string bytes = half_random(1000);
  const std::string packed =
      frame_head() + block(kRaw, 1000, bytes, false) + block(3, 5, "12345", true);
  for (const Steps steps : kSteps) {
    const Unpacked result = unzstd(packed, steps);
    CHECK(result.bytes == bytes);
    CHECK(words(result.error) ==
          "the zstd frame is damaged: Data corruption detected (offset in the compressed file)");
    CHECK(result.error.offset == 6 + 3 + 1000);
  }
}

TEST_CASE("zstd: a block larger than the format allows is damage, not a wait for it") {
  const Unpacked result = unzstd(frame_head() + block(kRaw, 131'073, "x", true));
  CHECK(words(result.error) ==
        "the zstd frame is damaged: a block of 131073 bytes, at most 131072 are allowed (offset in "
        "the compressed file)");
  CHECK(result.error.offset == 6);
}

TEST_CASE("zstd: a window of 128 MiB is read, a larger one refused before any memory is taken") {
  const std::string last = block(kRaw, 1, "x", true);
  CHECK(unzstd(frame_head(kWindowOf128MiB) + last).bytes == "x");
  struct Case {
    std::string frame;
    std::string found;
    std::string option;
  };
  const Case cases[] = {
      {frame_head(kWindowOf128MiB + 1) + last, "150994944", " --long=28"},
      {frame_head(21 << 3) + last, "2147483648", " --long=31"},
      {frame_head(0xFF) + last, "4123168604160", ""},
      // a single segment of 2^27 + 1 and of 2^63 bytes: its window is its content
      {std::string(kMagic) + Bytes{}.u8(0xA0).u32le((1U << 27) + 1).string() + last, "134217729",
       " --long=28"},
      {std::string(kMagic) + Bytes{}.u8(0xE0).u64le(uint64_t{1} << 63).string() + last,
       "9223372036854775808", ""},
  };
  for (const Case& expected : cases) {
    const Unpacked result = unzstd(zstd("first") + expected.frame);
    CHECK(result.bytes == "first");
    CHECK(status(result.error.code) == Status::foreign);
    CHECK(words(result.error) == "the zstd frame has a window of " + expected.found +
                                     " bytes, more than the 134217728 that are held here; this "
                                     "is no damage, decompress it first: zstd -d" +
                                     expected.option + " (offset in the compressed file)");
    CHECK(result.error.offset == zstd("first").size());
  }
}

TEST_CASE("zstd: a frame that needs a dictionary is refused by its number") {
  const std::string packed =
      std::string(kMagic) + Bytes{}.u8(2).u8(kWindowOf8MiB).u16le(513).string() + "rest";
  CHECK(status(unzstd(packed).error.code) == Status::foreign);
  CHECK(words(unzstd(packed).error) ==
        "the zstd frame needs dictionary 513, which is not in the file; decompress it first: zstd "
        "-d -D DICTIONARY (offset in the compressed file)");
}

TEST_CASE("zstd: what is not a frame may not follow one") {
  const std::string packed = zstd("content");
  for (const std::string& garbage : {"\n"s, "xyz"s, std::string(512, '\0')}) {
    const Unpacked result = unzstd(packed + garbage);
    CHECK(result.bytes == "content");
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.error.offset == packed.size());
    CHECK(words(result.error) ==
          "what follows the zstd frame is not another one (offset in the compressed file)");
  }
}

TEST_CASE("zstd: a gigabyte of zeros from 32 KiB passes through flat memory") {
  std::string packed = frame_head();
  for (int i = 1; i <= 8192; ++i) packed += block(kRepeated, 131'072, "\0"s, i == 8192);
  const size_t before = peak_memory();
  MemorySource raw(packed);
  ZstdSource source(raw, 0);
  std::string buffer(256 << 10, '\0');
  uint64_t total = 0;
  for (size_t got = 1; got > 0; total += got) {
    REQUIRE(source.read(buffer.data(), buffer.size(), got));
  }
  CHECK(total == uint64_t{1} << 30);
  CHECK(peak_memory() - before < 12 << 20);  // the window of 8 MiB
}

TEST_CASE("zstd: a sink that is full ends the writing with its error") {
  const std::string bytes = half_random(600'000);
  for (size_t room : {0U, 200'000U}) {
    FullSink full(room);
    ZstdSink sink(full);
    CHECK_FALSE((sink.write(bytes) && sink.finish()));
    CHECK(sink.error().words == "No space left on device");
    CHECK_FALSE(sink.write("x"));
    CHECK_FALSE(sink.finish());
  }
}

}  // namespace rdb
