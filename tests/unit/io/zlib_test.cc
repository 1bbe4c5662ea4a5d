#include "rdb/io/zlib.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/bytes.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/unpack.h"

namespace rdb {
namespace {

using namespace std::string_literals;

constexpr Steps kSteps[] = {{}, {.in = 1}, {.out = 1}, {7, 1000}, {1, 1}};

std::string gzip(std::string_view bytes, size_t step = SIZE_MAX) {
  return pack<ZlibSink>(bytes, step);
}

Unpacked gunzip(std::string_view packed, Steps steps = {}, uint64_t offset = 0) {
  return unpack_all<ZlibSource>(packed, steps, offset);
}

uint32_t crc32_of(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

constexpr char kHeaderCrc = 2;
constexpr char kExtra = 4;
constexpr char kName = 8;
constexpr char kComment = 16;

// A member by the letter of RFC 1952, its data one stored block.
std::string member(std::string_view bytes, char flags) {
  Bytes out;
  out.str("\x1F\x8B\x08"s + flags).u32le(1'700'000'000).str("\x02\x03");
  if ((flags & kExtra) != 0) out.u16le(6).str("XY\2\0ab"s);
  if ((flags & kName) != 0) out.str("dump.rdb\0"s);
  if ((flags & kComment) != 0) out.str("of Sunday\0"s);
  if ((flags & kHeaderCrc) != 0) out.u16le(static_cast<uint16_t>(crc32_of(out.string())));
  const auto size = static_cast<uint16_t>(bytes.size());
  out.str("\1"s).u16le(size).u16le(static_cast<uint16_t>(~size)).str(bytes);
  return out.u32le(crc32_of(bytes)).u32le(size).string();
}

}  // namespace

TEST_CASE("zlib: members of every size give back their bytes, at every step") {
  for (size_t size : {0U, 1U, 1000U, 200'000U}) {
    CAPTURE(size);
    const std::string bytes = half_random(size);
    const std::string packed = gzip(bytes);
    for (const Steps steps : kSteps) {
      CAPTURE(steps.in);
      CAPTURE(steps.out);
      const Unpacked result = gunzip(packed, steps);
      CHECK(result.error.ok());
      CHECK(result.bytes == bytes);
    }
  }
}

TEST_CASE("zlib: a member does not depend on the pieces it was written in, nor on the time") {
  const std::string bytes = half_random(300'000);
  const std::string packed = gzip(bytes);
  CHECK(packed.starts_with("\x1F\x8B\x08\0\0\0\0\0\0\x03"s));
  for (size_t step : {1U, 1000U, 100'000U}) CHECK(gzip(bytes, step) == packed);
}

TEST_CASE("zlib: members with every field follow each other") {
  std::string packed;
  std::string bytes;
  for (char flags = 0; flags < 32; ++flags) {
    const std::string part = "part " + std::to_string(flags) + "\n";
    packed += member(part, flags);
    bytes += part;
  }
  for (const Steps steps : kSteps) {
    const Unpacked result = gunzip(packed, steps);
    CHECK(result.error.ok());
    CHECK(result.bytes == bytes);
  }
}

TEST_CASE("zlib: the end stays the end") {
  const std::string packed = gzip("x");
  MemorySource raw(packed);
  ZlibSource source(raw, 0);
  char buffer[8];
  size_t got = 0;
  REQUIRE(source.read(buffer, sizeof buffer, got));
  CHECK(got == 1);
  for (int i = 0; i < 2; ++i) {
    CHECK(source.read(buffer, sizeof buffer, got));
    CHECK(got == 0);
  }
}

TEST_CASE("zlib: every truncation is truncated, where the bytes end") {
  const std::string bytes = half_random(300);
  for (const std::string& packed :
       {gzip(bytes), member(bytes, kExtra | kName | kComment | kHeaderCrc)}) {
    for (size_t size = 0; size < packed.size(); ++size) {
      CAPTURE(size);
      for (const Steps steps : {Steps{}, Steps{.in = 1, .out = 3}}) {
        const Unpacked result = gunzip(std::string_view(packed).substr(0, size), steps);
        CHECK(result.error.code == Code::truncated);
        CHECK(result.error.has_offset);
        CHECK(result.error.offset + result.error.numbers.found == size);
        CHECK(result.error.numbers.found < result.error.numbers.allowed);
        CHECK(bytes.starts_with(result.bytes));
      }
    }
  }
}

TEST_CASE("zlib: a second member cut short is truncated, except to nothing") {
  const std::string first = gzip("first");
  const std::string second = gzip("second");
  for (size_t size = 1; size < second.size(); ++size) {
    CAPTURE(size);
    const Unpacked result = gunzip(first + second.substr(0, size));
    CHECK(result.error.code == Code::truncated);
    CHECK(result.bytes.starts_with("first"));
  }
}

TEST_CASE("zlib: a flipped bit never passes for other content, and has one error at every step") {
  const std::string bytes = half_random(2000);
  const std::string packed = gzip(bytes);
  for (size_t i = 0; i < packed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(i);
      CAPTURE(bit);
      std::string flipped = packed;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const Unpacked result = gunzip(flipped);
      if (result.error.ok()) {
        CHECK(result.bytes == bytes);  // of the header: time, level, system
        continue;
      }
      CHECK((result.error.code == Code::bad_wrapper || result.error.code == Code::truncated));
      if (bit % 3 != 0) continue;
      for (const Steps steps : kSteps) {
        const Unpacked other = gunzip(flipped, steps);
        CHECK(other.bytes == result.bytes);
        CHECK(message(other.error, "") == message(result.error, ""));
      }
    }
  }
}

TEST_CASE("zlib: damage is named as zlib names it, with the offset in the file") {
  const std::string sound = member("content", 0);
  struct Case {
    size_t at;
    uint64_t offset;
    std::string words;
  };
  const Case cases[] = {
      {2, 4, "unknown compression method"},
      {sound.size() - 8, sound.size() - 4, "incorrect data check"},
      {sound.size() - 4, sound.size(), "incorrect length check"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.at);
    std::string damaged = sound;
    damaged[expected.at] = static_cast<char>(~damaged[expected.at]);
    const Unpacked result = gunzip(damaged, {}, 100);
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(words(result.error) ==
          "the gzip member is damaged: " + expected.words + " (offset in the compressed file)");
    CHECK(result.error.offset == 100 + expected.offset);
    CHECK(result.bytes == (expected.at == 2 ? "" : "content"));
  }
}

TEST_CASE("zlib: what is not a member may not follow one") {
  const std::string packed = gzip("content");
  for (const std::string& garbage : {"\n"s, "xyz"s}) {
    const Unpacked result = gunzip(packed + garbage);
    CHECK(result.bytes == "content");
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.error.offset == packed.size());
    CHECK(words(result.error) ==
          "what follows the gzip member is not another one (offset in the compressed file)");
  }
}

// `gzip -dc` and `pigz -dc` take such files.
TEST_CASE("zlib: zeros after the last member are padding, and anything behind them is not") {
  const std::string packed = gzip("con") + gzip("tent");
  for (const size_t zeros : {1U, 2U, 511U, 100000U}) {
    const Unpacked padded = gunzip(packed + std::string(zeros, '\0'));
    CHECK(padded.bytes == "content");
    CHECK(padded.error.ok());
    const Unpacked between = gunzip(gzip("con") + std::string(zeros, '\0') + gzip("tent"));
    CHECK(between.bytes == "content");
    CHECK(between.error.ok());
    const Unpacked odd = gunzip(packed + std::string(zeros, '\0') + "xyz");
    CHECK(odd.error.code == Code::bad_wrapper);
    CHECK(odd.error.offset == packed.size() + zeros);
  }
  CHECK_FALSE(gunzip(std::string(2, '\0') + packed).error.ok());
}

TEST_CASE("zlib: a gigabyte of zeros from a few bytes passes through flat memory") {
  const std::string piece = gzip(std::string(16 << 20, '\0'));
  std::string packed;
  for (int i = 0; i < 64; ++i) packed += piece;
  CHECK(packed.size() < 2 << 20);
  const size_t before = peak_memory();
  MemorySource raw(packed);
  ZlibSource source(raw, 0);
  std::string buffer(256 << 10, '\0');
  uint64_t total = 0;
  for (size_t got = 1; got > 0; total += got) {
    REQUIRE(source.read(buffer.data(), buffer.size(), got));
  }
  CHECK(total == uint64_t{1} << 30);
  CHECK(peak_memory() - before < 4 << 20);
}

TEST_CASE("zlib: a sink that is full ends the writing with its error") {
  const std::string bytes = half_random(600'000);
  for (size_t room : {0U, 300'000U}) {
    FullSink full(room);
    ZlibSink sink(full);
    CHECK_FALSE((sink.write(bytes) && sink.finish()));
    CHECK(sink.error().words == "No space left on device");
    CHECK_FALSE(sink.write("x"));
    CHECK_FALSE(sink.finish());
  }
}

}  // namespace rdb
