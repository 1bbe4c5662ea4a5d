#include "rdb/io/output.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "rdb/base/crc64.h"
#include "rdb/io/input.h"

namespace rdb {
namespace {

using namespace std::string_literals;

// Takes so many bytes and then no more; remembers the sizes of the writes.
class LimitedSink : public ByteSink {
 public:
  explicit LimitedSink(size_t limit) : limit_(limit) {}
  [[nodiscard]] bool write(std::string_view bytes) override {
    sizes.push_back(bytes.size());
    if (taken.size() + bytes.size() > limit_) {
      return fail({.code = Code::write_failed, .words = "No space left on device"});
    }
    taken.append(bytes);
    return true;
  }

  std::string taken;
  std::vector<size_t> sizes;

 private:
  size_t limit_;
};

std::string random_bytes(size_t size) {
  std::minstd_rand random(static_cast<unsigned>(size) + 1);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("output: integers are written in their width and order") {
  MemorySink sink;
  Output out(sink);
  REQUIRE(out.byte(0xFE));
  REQUIRE(out.le<uint16_t>(0x0102));
  REQUIRE(out.le<uint32_t>(0x01020304));
  REQUIRE(out.le<uint64_t>(0x0102030405060708));
  REQUIRE(out.be<uint16_t>(0x0102));
  REQUIRE(out.be<uint32_t>(0x01020304));
  REQUIRE(out.be<uint64_t>(0x0102030405060708));
  CHECK(out.pos() == 29);
  CHECK(sink.bytes().empty());
  REQUIRE(out.flush());
  CHECK(sink.bytes() ==
        "\xFE"
        "\x02\x01"
        "\x04\x03\x02\x01"
        "\x08\x07\x06\x05\x04\x03\x02\x01"
        "\x01\x02"
        "\x01\x02\x03\x04"
        "\x01\x02\x03\x04\x05\x06\x07\x08");
}

TEST_CASE("output: writes of every size arrive in order, position and checksum with them") {
  const size_t sizes[] = {0,
                          1,
                          1000,
                          kBufferBytes - 1001,
                          1,
                          kBufferBytes,
                          kBufferBytes + 1,
                          3,
                          3 * kBufferBytes + 5,
                          kBufferBytes - 1,
                          kBufferBytes - 1};
  MemorySink sink;
  Output out(sink);
  std::string expected;
  for (size_t size : sizes) {
    CAPTURE(size);
    const std::string bytes = random_bytes(size);
    REQUIRE(out.write(bytes));
    expected += bytes;
    CHECK(out.pos() == expected.size());
    CHECK(out.crc() == crc64(0, expected));
  }
  REQUIRE(out.flush());
  CHECK(sink.bytes() == expected);
  CHECK(out.crc() == crc64(0, expected));
}

TEST_CASE("output: the checksum is the same whether it was asked for on the way or not") {
  MemorySink sink;
  Output out(sink);
  const std::string bytes = random_bytes(3 * kBufferBytes + 77);
  for (size_t i = 0; i < bytes.size(); i += 13) {
    REQUIRE(out.write(std::string_view(bytes).substr(i, 13)));
  }
  CHECK(out.crc() == crc64(0, bytes));
}

TEST_CASE("output: integers at the edge of the buffer are not torn") {
  for (size_t before = kBufferBytes - 9; before <= kBufferBytes; ++before) {
    MemorySink sink;
    Output out(sink);
    REQUIRE(out.write(std::string(before, 'x')));
    REQUIRE(out.le<uint64_t>(0x3837363534333231));
    REQUIRE(out.byte('9'));
    REQUIRE(out.flush());
    CHECK(sink.bytes().substr(before) == "123456789");
  }
}

TEST_CASE("output: the sink sees whole buffers, and large writes without a copy") {
  LimitedSink sink(SIZE_MAX);
  Output out(sink);
  for (size_t i = 0; i < kBufferBytes + 10; ++i) REQUIRE(out.byte('x'));
  REQUIRE(out.write(std::string(2 * kBufferBytes + 1, 'y')));
  REQUIRE(out.flush());
  REQUIRE(out.flush());
  CHECK(sink.sizes.size() == 4);
  CHECK(sink.sizes[0] == kBufferBytes);
  CHECK(sink.sizes[1] == kBufferBytes);
  CHECK(sink.sizes[2] == kBufferBytes);
  CHECK(sink.sizes[3] == 11);
}

TEST_CASE("output: the first error stays, and nothing is written after it") {
  LimitedSink sink(10);
  Output out(sink);
  REQUIRE(out.write("12345678"));
  REQUIRE(out.flush());
  REQUIRE(out.write("9ab"));
  CHECK_FALSE(out.flush());
  CHECK(out.error().code == Code::write_failed);
  CHECK(out.error().words == "No space left on device");
  CHECK_FALSE(out.write("x"));
  CHECK_FALSE(out.byte('x'));
  CHECK_FALSE(out.le<uint32_t>(1));
  CHECK_FALSE(out.be<uint64_t>(1));
  CHECK_FALSE(out.write(std::string(kBufferBytes * 2, 'x')));
  CHECK_FALSE(out.flush());
  CHECK(sink.sizes.size() == 2);
  CHECK(sink.taken == "12345678");
}

TEST_CASE("output: an error in the midst of a large write stays, too") {
  LimitedSink sink(kBufferBytes + 1);
  Output out(sink);
  CHECK_FALSE(out.write(std::string(3 * kBufferBytes, 'x')));
  CHECK(out.error().code == Code::write_failed);
  CHECK_FALSE(out.byte('x'));
}

TEST_CASE("output: after a patch bytes and checksum are as if written so at once") {
  const std::string now = "\x12\x34\x56\x78\x9A\xBC\xDE\xF0"s;
  struct Around {
    size_t before;
    size_t after;
  };
  const Around kinds[] = {
      {0, 0}, {0, 1}, {9, 0}, {9, 1}, {9, 1000}, {kBufferBytes, 3}, {100, 3 * kBufferBytes},
  };
  for (const Around& around : kinds) {
    const size_t before = around.before;
    const size_t after = around.after;
    for (size_t width : {0U, 1U, 4U, 8U}) {
      for (const std::string& was : {std::string(width, '\0'), std::string(width, 'w')}) {
        CAPTURE(before);
        CAPTURE(after);
        CAPTURE(width);
        MemorySink sink;
        Output out(sink);
        REQUIRE(out.can_patch());
        REQUIRE(out.write(random_bytes(before)));
        REQUIRE(out.write(was));
        REQUIRE(out.write(random_bytes(after)));
        REQUIRE(out.patch(before, was, now.substr(0, width)));
        CHECK(out.pos() == before + width + after);
        REQUIRE(out.write("and on"));
        REQUIRE(out.flush());
        const std::string expected =
            random_bytes(before) + now.substr(0, width) + random_bytes(after) + "and on";
        CHECK(sink.bytes() == expected);
        CHECK(out.crc() == crc64(0, expected));
      }
    }
  }
}

TEST_CASE("output: patches add up") {
  MemorySink sink;
  Output out(sink);
  REQUIRE(out.write(std::string(64, '\0')));
  std::string expected(64, '\0');
  for (size_t i = 0; i + 4 <= 64; i += 3) {
    const std::string now = random_bytes(4 + i).substr(i);
    REQUIRE(out.patch(i, expected.substr(i, 4), now));
    expected.replace(i, 4, now);
    CHECK(out.crc() == crc64(0, expected));
  }
  CHECK(sink.bytes() == expected);
}

TEST_CASE("output: a sink that cannot seek cannot be patched") {
  LimitedSink sink(SIZE_MAX);
  Output out(sink);
  CHECK_FALSE(out.can_patch());
  REQUIRE(out.write("0000"));
  CHECK_FALSE(out.patch(0, "00", "12"));
  CHECK(out.error().code == Code::write_failed);
}

TEST_CASE("output: an input tapped into it is copied with its checksum") {
  const std::string bytes = random_bytes(3 * kBufferBytes + 11);
  MemorySource source(bytes, 5000);
  Input in(source);
  MemorySink sink;
  Output out(sink);
  REQUIRE(in.skip(100));
  REQUIRE(in.tap(&out));
  REQUIRE(in.skip(bytes.size() - 200));
  REQUIRE(in.tap(nullptr));
  REQUIRE(in.skip(100));
  REQUIRE(out.flush());
  const std::string expected = bytes.substr(100, bytes.size() - 200);
  CHECK(sink.bytes() == expected);
  CHECK(out.crc() == crc64(0, expected));
}

TEST_CASE("output: what is held stays or goes, whatever its size") {
  const std::string before(kBufferBytes - kPieceBytes - 1, 'b');
  for (const size_t size : {size_t{1}, kPieceBytes, kBufferBytes, 3 * kBufferBytes + 7}) {
    for (const bool is_whole : {true, false}) {
      CAPTURE(size);
      CAPTURE(is_whole);
      const std::string held(size, 'h');
      const auto put = [&](Output& out) {
        if (is_whole) return out.write(held);
        for (const char c : held) {
          if (!out.byte(static_cast<uint8_t>(c))) return false;
        }
        return true;
      };
      MemorySink sink;
      Output out(sink);
      REQUIRE(out.write(before));
      REQUIRE(out.hold());
      REQUIRE(put(out));
      out.drop();
      CHECK(out.pos() == before.size());
      REQUIRE(put(out));  // goes nowhere
      out.resume();
      REQUIRE(out.write("1"));
      REQUIRE(out.hold());
      REQUIRE(put(out));
      REQUIRE(out.patch(before.size() + 1, "h", "H"));
      REQUIRE(out.keep());
      REQUIRE(out.write("2"));
      REQUIRE(out.flush());
      std::string expected = before + "1" + held + "2";
      expected[before.size() + 1] = 'H';
      CHECK((sink.bytes() == expected));
      CHECK(out.pos() == expected.size());
      CHECK(out.crc() == crc64(0, expected));
    }
  }
}

}  // namespace rdb
