#include "rdb/codec/length.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/io/source.h"
#include "tests/support/bytes.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

struct Read {
  bool ok = false;
  uint64_t n = 1;
  bool encoded = false;
  uint64_t pos = 0;
  Tally tally;
  std::string message;
};

// Reads one length with an "after" behind it, at every step of the source.
Read read_one(std::string_view bytes, bool plain = false) {
  Read out;
  for (const size_t step : kSteps) {
    CAPTURE(step);
    MemorySource source(bytes, step);
    Input in(source);
    Read now;
    now.ok = plain ? read_length(in, now.n) : read_length(in, now.n, now.encoded);
    now.pos = in.pos();
    now.tally = in.tally;
    now.message = message(in.error(), "f");
    if (step != kSteps[0]) {
      CHECK(now.ok == out.ok);
      CHECK(now.n == out.n);
      CHECK(now.encoded == out.encoded);
      CHECK(now.pos == out.pos);
      CHECK(now.message == out.message);
    }
    out = now;
  }
  return out;
}

uint64_t notes(const Tally& tally) {
  uint64_t n = 0;
  for (const Note& note : tally.odd) n += note.count;
  return n;
}

// The vectors named len_<number>, as servers write them.
struct Sample {
  uint64_t n;
  std::string_view bytes;
};
std::vector<Sample> samples() {
  std::vector<Sample> out;
  static const std::vector<Vector> vectors = vectors_with_prefix("len_");
  for (const Vector& vector : vectors) {
    if (vector.name.find_first_not_of("0123456789", 4) != std::string::npos) continue;
    out.push_back({std::stoull(vector.name.substr(4)), vector.bytes});
  }
  REQUIRE(out.size() == 11);
  return out;
}

}  // namespace

TEST_CASE("length: what servers write is read back, at its exact size and without a note") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.n);
    const Read read = read_one(std::string(sample.bytes) + "after");
    CHECK(read.ok);
    CHECK(read.n == sample.n);
    CHECK_FALSE(read.encoded);
    CHECK(read.pos == sample.bytes.size());
    CHECK(notes(read.tally) == 0);
  }
}

TEST_CASE("length: every number is written as servers write it") {
  char form[kLengthBytes];
  for (const Sample& sample : samples()) {
    CAPTURE(sample.n);
    CHECK(format_length(sample.n, form) == sample.bytes);
  }
}

TEST_CASE("length: the fixed form is 81 and eight bytes, big-endian, whatever the number") {
  char form[kLengthBytes];
  CHECK(format_length_64(5, form) == Bytes{}.u8(0x81).u64be(5).view());
  CHECK(format_length_64(uint64_t{1} << 40, form) == Bytes{}.u8(0x81).u64be(1ULL << 40).view());
}

TEST_CASE("length: a longer form than needed is read and noted where it stands") {
  const struct {
    std::string bytes;
    uint64_t n;
  } cases[] = {
      {Bytes{}.u8(0x40).u8(63).string(), 63},  // 14 bits for what fits 6
      {vector_named("len_noncanon32_5").bytes, 5},
      {vector_named("len_noncanon64_5").bytes, 5},
      {Bytes{}.u8(0x80).u32be(16383).string(), 16383},
      {Bytes{}.u8(0x81).u64be(UINT32_MAX).string(), UINT32_MAX},
  };
  for (const auto& row : cases) {
    CAPTURE(row.n);
    const Read read = read_one(row.bytes);
    CHECK(read.ok);
    CHECK(read.n == row.n);
    CHECK(read.tally[Odd::long_length].count == 1);
    CHECK(read.tally[Odd::long_length].first_offset == 0);
  }
}

TEST_CASE("length: the 32-bit and 64-bit forms are counted") {
  CHECK(read_one(vector_named("len_16384").bytes).tally[Form::len32] == 1);
  CHECK(read_one(vector_named("len_4294967296").bytes).tally[Form::len64] == 1);
  CHECK(read_one(vector_named("len_16383").bytes).tally[Form::len32] == 0);
}

TEST_CASE("length: 11eeeeee is a string encoding") {
  const Read read = read_one("\xc3");
  CHECK(read.ok);
  CHECK(read.encoded);
  CHECK(read.n == 3);
  CHECK(read_one("\xff").n == 63);
}

// rdb-format.md 2.1: "loaders use its low 6 bits (LIVE: list length C1 loads as 1)".
TEST_CASE("length: an encoding where a plain length belongs is its low six bits, and noted") {
  const Read read = read_one("\xc1", true);
  CHECK(read.ok);
  CHECK(read.n == 1);
  CHECK(read.tally[Odd::encoding_as_length].count == 1);
  CHECK(read.tally[Odd::encoding_as_length].first_offset == 0);
  CHECK(notes(read_one("\x05", true).tally) == 0);
}

TEST_CASE("length: first bytes 82 to bf begin none") {
  for (unsigned first = 0x82; first < 0xc0; ++first) {
    const Read read = read_one(Bytes{}.u8(first).rep('\0', 8).view());
    CHECK_FALSE(read.ok);
    CHECK(read.n == 0);
  }
  CHECK(read_one(vector_named("len_reserved_82").bytes).message ==
        "f: byte 0: length begins with byte 0x82, none of 00-7f, 80, 81");
}

TEST_CASE("length: every prefix of every form is told as too short") {
  for (const Sample& sample : samples()) {
    for (size_t n = 0; n < sample.bytes.size(); ++n) {
      CAPTURE(sample.n);
      const Read read = read_one(sample.bytes.substr(0, n));
      CHECK_FALSE(read.ok);
      CHECK(read.n == 0);
      const size_t needed = n == 0 ? 1 : sample.bytes.size();
      CHECK(read.message == "f: byte 0: file ends early, " + std::to_string(n) + " of the " +
                                std::to_string(needed) + " bytes needed here are there");
    }
  }
}

}  // namespace rdb
