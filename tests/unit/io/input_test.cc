#include "rdb/io/input.h"

#include <string>

#include <doctest/doctest.h>

#include "rdb/base/crc64.h"
#include "tests/support/bytes.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

// Gives some bytes, then fails.
class BrokenSource : public ByteSource {
 public:
  explicit BrokenSource(std::string_view bytes) : bytes_(bytes) {}
  bool read(char* to, size_t, size_t& got) override {
    got = bytes_.copy(to, bytes_.size());
    bytes_ = {};
    return got != 0 || fail({.code = Code::read_failed, .words = "the disk is gone"});
  }

 private:
  std::string_view bytes_;
};

// Takes so many bytes and no more.
class FullSink : public ByteSink {
 public:
  explicit FullSink(size_t room) : room_(room) {}
  bool write(std::string_view bytes) override {
    if (bytes.size() > room_) return fail({.code = Code::write_failed, .words = "full"});
    room_ -= bytes.size();
    return true;
  }

 private:
  size_t room_;
};

std::string input_message(const Input& in) { return message(in.error(), "f"); }

}  // namespace

TEST_CASE("input: bytes, views and skips come in order at every step of the source") {
  const std::string bytes = half_random(1000);
  for (const size_t step : kSteps) {
    CAPTURE(step);
    MemorySource source(bytes, step);
    Input in(source);
    uint8_t first = 0;
    std::string_view view;
    REQUIRE(in.byte(first));
    CHECK(static_cast<char>(first) == bytes[0]);
    CHECK(in.pos() == 1);
    REQUIRE(in.view(99, view));
    CHECK(view == std::string_view(bytes).substr(1, 99));
    REQUIRE(in.skip(400));
    CHECK(in.pos() == 500);
    REQUIRE(in.need(64));
    CHECK(std::string_view(in.cursor(), 64) == std::string_view(bytes).substr(500, 64));
    CHECK(in.pos() == 500);  // need() steps over nothing
    REQUIRE(in.view(500, view));
    CHECK(view == std::string_view(bytes).substr(500));
    CHECK(in.at_end());
    CHECK(in.error().ok());
  }
}

TEST_CASE("input: an empty view and an empty skip are found at the end") {
  MemorySource source("");
  Input in(source);
  std::string_view view;
  CHECK(in.view(0, view));
  CHECK(in.skip(0));
  CHECK(in.at_end());
}

TEST_CASE("input: what is missing is named with offset, found and needed") {
  for (const size_t step : kSteps) {
    CAPTURE(step);
    std::string_view view;
    uint8_t v = 0xaa;
    MemorySource five("12345", step);
    Input viewed(five);
    REQUIRE(viewed.skip(2));
    CHECK_FALSE(viewed.view(4, view));
    CHECK(view.empty());
    CHECK(input_message(viewed) ==
          "f: byte 2: file ends early, 3 of the 4 bytes needed here are there");
    MemorySource three("123", step);
    Input skipped(three);
    REQUIRE(skipped.skip(1));
    CHECK_FALSE(skipped.skip(uint64_t{1} << 40));
    CHECK(input_message(skipped) ==
          "f: byte 1: file ends early, 2 of the 1099511627776 bytes needed here are there");
    MemorySource nothing("", step);
    Input empty(nothing);
    CHECK_FALSE(empty.byte(v));
    CHECK(v == 0);
    CHECK(input_message(empty) ==
          "f: byte 0: file ends early, 0 of the 1 bytes needed here are there");
  }
}

TEST_CASE("input: after the first failure every read fails and the first error stays") {
  MemorySource source("0123456789");
  Input in(source);
  REQUIRE(in.skip(3));
  CHECK_FALSE(in.fail(Code::stream_entry, 2));
  CHECK_FALSE(in.fail(Code::bad_length, 3));
  std::string_view view;
  uint8_t v = 0;
  CHECK_FALSE(in.byte(v));
  CHECK_FALSE(in.view(1, view));
  CHECK_FALSE(in.skip(1));
  CHECK_FALSE(in.need(1));
  CHECK_FALSE(in.more());
  CHECK_FALSE(in.at_end());
  CHECK(name(in.error().code) == "stream_entry");
  CHECK(in.error().offset == 2);
}

TEST_CASE("input: a source that fails is no end of file") {
  BrokenSource source("123");
  Input in(source);
  CHECK_FALSE(in.skip(4));
  CHECK(input_message(in) == "f: cannot read: the disk is gone");
  CHECK_FALSE(in.at_end());
  BrokenSource other("123");
  Input at(other);
  REQUIRE(at.skip(3));
  CHECK_FALSE(at.at_end());
  CHECK(input_message(at) == "f: cannot read: the disk is gone");
}

TEST_CASE("input: more() reads ahead without stepping, until the buffer is full") {
  const std::string bytes = half_random(kBufferBytes + 10);
  MemorySource source(bytes, 100000);
  Input in(source);
  size_t reads = 0;
  while (in.more()) ++reads;
  CHECK(reads == 3);
  CHECK(in.available() == kBufferBytes);
  CHECK(in.pos() == 0);
  CHECK(in.error().ok());
  in.advance(kBufferBytes);
  CHECK(in.more());
  CHECK(in.available() == 10);
  in.advance(10);
  CHECK_FALSE(in.more());
  CHECK(in.at_end());
}

// crc64_123456789 of testdata/vectors.json: the check value of the checksum.
TEST_CASE("input: the checksum is that of the bytes consumed, not of those read ahead") {
  constexpr uint64_t kCheck = 0xE9C6D914C4B8D9CA;
  for (const size_t step : kSteps) {
    CAPTURE(step);
    MemorySource source("123456789and more", step);
    Input in(source);
    CHECK(in.crc() == 0);
    std::string_view view;
    REQUIRE(in.view(4, view));
    REQUIRE(in.skip(5));
    CHECK(in.crc() == kCheck);
    CHECK(in.crc() == kCheck);
    REQUIRE(in.need(3));
    CHECK(in.crc() == kCheck);
  }
}

TEST_CASE("input: the checksum lags over many refills and still is of every byte") {
  const std::string bytes = half_random(3 * kBufferBytes + 17);
  for (const size_t step : {size_t{777}, size_t{65536}, SIZE_MAX}) {
    CAPTURE(step);
    MemorySource source(bytes, step);
    Input in(source);
    std::string_view view;
    size_t at = 0;
    for (size_t n = 1; at + n < bytes.size(); n = n * 5 % 60013 + 1) {
      REQUIRE(in.view(n, view));
      REQUIRE(view == std::string_view(bytes).substr(at, n));
      at += n;
    }
    CHECK(in.crc() == crc64(0, std::string_view(bytes).substr(0, at)));
    REQUIRE(in.skip(bytes.size() - at));
    CHECK(in.crc() == crc64(0, bytes));
  }
}

TEST_CASE("input: the checksum can start anew and be dropped") {
  MemorySource source("framing123456789tail");
  Input in(source);
  REQUIRE(in.skip(7));
  in.restart_crc();
  REQUIRE(in.skip(9));
  CHECK(in.crc() == 0xE9C6D914C4B8D9CA);
  in.drop_crc();
  REQUIRE(in.skip(4));
  CHECK(in.crc() == 0xE9C6D914C4B8D9CA);
}

TEST_CASE("input: the tap gets what is consumed between its two ends, whatever the refills") {
  const std::string bytes = half_random(2 * kBufferBytes);
  for (const size_t step : {size_t{1000}, size_t{kBufferBytes - 1}, SIZE_MAX}) {
    CAPTURE(step);
    MemorySource source(bytes, step);
    Input in(source);
    MemorySink first;
    MemorySink second;
    REQUIRE(in.skip(10));
    REQUIRE(in.tap(&first));
    REQUIRE(in.skip(kBufferBytes));
    REQUIRE(in.tap(&second));
    std::string_view view;
    REQUIRE(in.view(30, view));
    REQUIRE(in.tap(nullptr));
    REQUIRE(in.skip(5));
    CHECK((first.bytes() == std::string_view(bytes).substr(10, kBufferBytes)));
    CHECK((second.bytes() == std::string_view(bytes).substr(10 + kBufferBytes, 30)));
    CHECK(in.crc() == crc64(0, std::string_view(bytes).substr(0, in.pos())));
  }
}

TEST_CASE("input: a tap that fails ends the reading with its error") {
  const std::string bytes = half_random(2 * kBufferBytes);
  MemorySource source(bytes);
  Input in(source);
  FullSink full(100);
  REQUIRE(in.tap(&full));
  REQUIRE(in.skip(99));
  CHECK(in.tap(&full));
  REQUIRE(in.skip(2));
  CHECK_FALSE(in.skip(kBufferBytes));
  CHECK(input_message(in) == "f: cannot write: full");
  CHECK_FALSE(in.skip(1));
}

}  // namespace rdb
