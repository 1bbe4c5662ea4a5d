#include "rdb/codec/string.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/crc64.h"
#include "tests/support/bytes.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

struct Read {
  bool ok = false;
  std::string bytes;
  size_t pieces = 0;
  size_t largest = 0;
  uint64_t pos = 0;
  uint64_t crc = 0;
  Tally tally;
  std::string message;
};

Read read_pieces(std::string_view stored, size_t step = SIZE_MAX) {
  MemorySource source(stored, step);
  Input in(source);
  StringReader strings(in);
  Read out;
  out.ok = strings.pass([&](const Text& text) {
    if (text.offset != out.bytes.size() || text.is_first() != (out.pieces == 0)) return false;
    ++out.pieces;
    out.largest = std::max(out.largest, text.data.size());
    out.bytes += text.data;
    return text.is_last() == (out.bytes.size() == text.total);
  });
  out.pos = in.pos();
  out.crc = in.crc();
  out.tally = in.tally;
  out.message = message(in.error(), "f");
  return out;
}

Read skip_string(std::string_view stored, size_t step) {
  MemorySource source(stored, step);
  Input in(source);
  StringReader strings(in);
  Read out;
  out.ok = strings.skip();
  out.pos = in.pos();
  out.crc = in.crc();
  out.tally = in.tally;
  out.message = message(in.error(), "f");
  return out;
}

// By every way there is: the string is `plain`, all of `stored` is consumed and summed.
void check_string(std::string_view stored, std::string_view plain, Form form) {
  const std::string more = std::string(stored) + "after";
  for (const size_t step : kSteps) {
    if (step < 16 && stored.size() > 300000) continue;  // takes long and shows nothing new
    CAPTURE(step);
    const Read read = read_pieces(more, step);
    CHECK(read.ok);
    CHECK((read.bytes == plain));
    CHECK(read.largest <= kPieceBytes);
    if (plain.size() <= kPieceBytes) CHECK(read.pieces == 1);
    CHECK(read.pos == stored.size());
    CHECK(read.crc == crc64(0, stored));
    CHECK(read.tally[form] == 1);
    const Read skipped = skip_string(more, step);
    CHECK(skipped.ok);
    CHECK(skipped.pos == stored.size());
    CHECK(skipped.crc == crc64(0, stored));
    CHECK(skipped.tally.forms == read.tally.forms);
    MemorySource source(more, step);
    Input in(source);
    StringReader strings(in);
    Blob blob;
    CHECK(strings.blob(blob));
    CHECK((blob.bytes == plain));
    CHECK(in.pos() == stored.size());
  }
}

std::string literals(std::string_view bytes) {
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<size_t>(32, bytes.size()))) {
    const std::string_view run = bytes.substr(0, 32);
    out += Bytes{}.u8(static_cast<unsigned>(run.size() - 1)).str(run).string();
  }
  return out;
}

// C3 <stored size> <size> <LZF>
std::string lzf_string(std::string_view packed, uint64_t size) {
  return "\xc3" + rdb_length(packed.size()) + rdb_length(size) + std::string(packed);
}

// A million and more of one byte: a literal, then matches of 264 from one back (E0 FF 00).
std::string run_of(uint64_t matches) {
  std::string packed = Bytes{}.u8(0).str("a").string();
  for (uint64_t i = 0; i < matches; ++i) packed += Bytes{}.u8(0xe0).u8(0xff).u8(0).string();
  return lzf_string(packed, 1 + 264 * matches);
}

}  // namespace

// testdata/vectors.json, str_*: string values as Valkey 8.0 wrote them.
TEST_CASE("string: what a server wrote reads as what it was given") {
  size_t seen = 0;
  for (const Vector& vector : vectors_with_prefix("str_")) {
    CAPTURE(vector.name);
    const auto first = static_cast<unsigned char>(vector.bytes[0]);
    const Form form = first == 0xc0   ? Form::int8
                      : first == 0xc1 ? Form::int16
                      : first == 0xc2 ? Form::int32
                      : first == 0xc3 ? Form::lzf
                                      : Form::raw;
    check_string(vector.bytes, vector.text("value"), form);
    ++seen;
  }
  CHECK(seen == 27);
}

TEST_CASE("string: LZF by hand reads as Valkey read it") {
  for (const Vector& vector : vectors_with_prefix("lzf_hand_")) {
    CAPTURE(vector.name);
    check_string(vector.bytes, vector.text("value"), Form::lzf);
  }
}

TEST_CASE("string: up to 64 KiB it comes whole, beyond in pieces") {
  for (const size_t size : {kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, size_t{1500000}}) {
    CAPTURE(size);
    const std::string plain = half_random(size);
    check_string(rdb_string(plain), plain, Form::raw);
    check_string(lzf_string(literals(plain), plain.size()), plain, Form::lzf);
  }
}

TEST_CASE("string: a compressed megabyte comes in pieces, at 88 to 1") {
  const uint64_t size = 1 + 264 * 5000;
  check_string(run_of(5000), std::string(size, 'a'), Form::lzf);
}

TEST_CASE("string: compressed bytes of more than 64 KiB may make a short string") {
  // Each token of one literal byte takes two: 40000 make 40000 bytes of 80000.
  const std::string plain(40000, 'x');
  std::string packed;
  for (size_t i = 0; i < plain.size(); ++i) packed += Bytes{}.u8(0).str("x").string();
  check_string(lzf_string(packed, plain.size()), plain, Form::lzf);
}

TEST_CASE("string: a piece is handed out as it arrives, not held back") {
  const std::string plain = half_random(200000);
  const Read read = read_pieces(rdb_string(plain), 1000);
  CHECK(read.ok);
  CHECK(read.pieces >= 200);
}

TEST_CASE("string: what follows is not touched when the taker stops") {
  const std::string stored = rdb_string("abc") + rdb_string("def");
  MemorySource source(stored);
  Input in(source);
  StringReader strings(in);
  CHECK_FALSE(strings.pass([](const Text&) { return false; }));
  CHECK(in.error().ok());
  Kept next;
  CHECK(strings.whole(next, "x"));
  CHECK(next.view() == "def");
}

TEST_CASE("string: a name longer than allowed is refused with its size, before it is read") {
  constexpr size_t kMax = 70000;
  const std::string stored = "ab" + rdb_string(half_random(kMax + 1));
  const std::string allowed = rdb_string(half_random(kMax));
  for (const size_t step : kSteps) {
    CAPTURE(step);
    MemorySource source(stored, step);
    Input in(source);
    REQUIRE(in.skip(2));
    in.held_max = kMax;
    StringReader strings(in);
    Kept to;
    CHECK_FALSE(strings.whole(to, "key"));
    CHECK(message(in.error(), "f") ==
          "f: byte 2: key of 70001 bytes is larger than 70000, the most that is held in memory; "
          "--max-memory allows more");
    CHECK(status(in.error().code) == Status::io);
    CHECK(to.view().empty());
  }
  MemorySource source(allowed);
  Input in(source);
  in.held_max = kMax;
  StringReader strings(in);
  Kept to;
  CHECK(strings.whole(to, "key"));
  CHECK(to.view() == half_random(kMax));
}

TEST_CASE("string: a blob that claims over a gigabyte is cut, and is not allocated") {
  const std::string stored =
      Bytes{}.u8(0x80).u32be((1U << 30) + 1).str(half_random(100000)).string();
  MemorySource source(stored);
  Input in(source);
  StringReader strings(in);
  Blob blob;
  CHECK_FALSE(strings.blob(blob));
  CHECK(message(in.error(), "f") ==
        "f: byte 5: file ends early, 100000 of the 1073741825 bytes needed here are there");
}

TEST_CASE("string: a blob is not held that is too long, or that its first bytes condemn") {
  const std::string plain = half_random(200000);
  for (const std::string& stored : {rdb_string(plain), lzf_string(literals(plain), plain.size())}) {
    const std::string both = stored + rdb_string("next");
    MemorySource source(both);
    Input in(source);
    StringReader strings(in);
    Blob blob;
    const JudgeHead judge = [](std::string_view head, uint64_t size) {
      return Fault{Code::blob_size, head.size(), {.found = size}};
    };
    CHECK(strings.blob(blob, judge));
    CHECK(blob.fault.code == Code::blob_size);
    CHECK(blob.fault.numbers.found == plain.size());
    CHECK(blob.bytes.empty());
    Kept next;
    CHECK(strings.whole(next, "x"));
    CHECK(next.view() == "next");

    MemorySource again(both);
    Input limited(again);
    limited.held_max = plain.size() - 1;
    StringReader few(limited);
    CHECK_FALSE(few.blob(blob));
    CHECK(limited.error().code == Code::too_large);
    CHECK(limited.pos() == stored.size());
  }
}

TEST_CASE("string: encodings 4 and up are unknown") {
  for (const unsigned first : {0xc4U, 0xc5U, 0xffU}) {
    const std::string stored = Bytes{}.u8(first).str("123456789").string();
    const std::string expected = "f: byte 0: string encoding " + std::to_string(first & 63) +
                                 " is unknown, 0 to 3 are known";
    for (const size_t step : kSteps) {
      CHECK(read_pieces(stored, step).message == expected);
      CHECK(skip_string(stored, step).message == expected);
    }
  }
}

TEST_CASE("string: LZF that claims more than 88 to 1 is refused without being opened") {
  // 3 stored bytes may make 264 at most; 88 * 3 + 87 is what integer division lets through.
  const std::string bomb = lzf_string("\x01xx", uint64_t{1} << 40);
  const std::string expected =
      "f: byte 1: compressed string claims 1099511627776 bytes, at most 264 fit its compressed "
      "size";
  for (const size_t step : kSteps) {
    CHECK(read_pieces(bomb, step).message == expected);
    CHECK(skip_string(bomb, step).message == expected);
  }
  CHECK(read_pieces(lzf_string("\x01xx", 352)).message ==
        "f: byte 1: compressed string claims 352 bytes, at most 264 fit its compressed size");
  CHECK(read_pieces(lzf_string("\x01xx", 351)).message ==
        "f: byte 4+3: compressed string makes 2 bytes, 351 were declared");
}

TEST_CASE("string: damage inside LZF has its offset in the compressed bytes") {
  const struct {
    std::string stored;
    std::string message;
  } cases[] = {
      // 05: six literals, seven bytes with it, of which three are there.
      {lzf_string("\x05xy", 6),
       "f: byte 3+0: compressed string ends inside a token of 7 bytes, 3 are left"},
      // 00 'x', then 20 04: three bytes from five back, one has been made.
      {lzf_string(Bytes{}.u8(0).str("x").u8(0x20).u8(4).view(), 4),
       "f: byte 3+2: compressed string copies from 5 bytes back, only 1 have been made"},
      {lzf_string(literals("abcdef"), 5),
       "f: byte 3+0: compressed string makes 6 bytes, 5 were declared"},
      {lzf_string(literals("abcdef"), 7),
       "f: byte 3+7: compressed string makes 6 bytes, 7 were declared"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.message);
    for (const size_t step : kSteps) {
      const Read read = read_pieces(row.stored, step);
      CHECK_FALSE(read.ok);
      CHECK(read.message == row.message);
      CHECK(skip_string(row.stored, step).ok);  // compressed bytes stay unopened
    }
  }
}

TEST_CASE("string: the same damage in a long one has the same words") {
  const std::string plain = half_random(100000);
  const std::string packed = literals(plain);
  const std::string at = std::to_string(packed.size());
  CHECK(read_pieces(lzf_string(packed, 100001)).message ==
        "f: byte 11+" + at + ": compressed string makes 100000 bytes, 100001 were declared");
  CHECK(read_pieces(lzf_string(packed, 99999)).message ==
        "f: byte 11+" + std::to_string(packed.size() - 33) +
            ": compressed string makes 100000 bytes, 99999 were declared");
}

TEST_CASE("string: every prefix of every form is told as too short") {
  std::vector<std::string> samples;
  for (const Vector& vector : vectors_with_prefix("str_")) samples.push_back(vector.bytes);
  for (const std::string& stored : samples) {
    for (size_t n = 0; n < stored.size(); ++n) {
      CAPTURE(n);
      for (const size_t step : kSteps) {
        const Read read = read_pieces(std::string_view(stored).substr(0, n), step);
        const Read skipped = skip_string(std::string_view(stored).substr(0, n), step);
        CHECK_FALSE(read.ok);
        CHECK_FALSE(skipped.ok);
        CHECK(read.message.find("file ends early") != std::string::npos);
        CHECK(skipped.message.find("file ends early") != std::string::npos);
      }
    }
  }
}

TEST_CASE("string: a long one that is cut is told with what is there of its size") {
  const std::string stored = rdb_string(half_random(200000));
  for (const size_t step : {size_t{1000}, size_t{70000}, SIZE_MAX}) {
    CAPTURE(step);
    const std::string expected =
        "f: byte 5: file ends early, 149995 of the 200000 bytes needed here are there";
    const std::string_view cut = std::string_view(stored).substr(0, 150000);
    CHECK(read_pieces(cut, step).message == expected);
    CHECK(skip_string(cut, step).message == expected);
  }
}

TEST_CASE("string: a blob has the offset of its first stored byte, its inner offsets count there") {
  const std::string stored = "xx" + rdb_string("abc") + lzf_string(literals("defg"), 4);
  MemorySource source(stored);
  Input in(source);
  REQUIRE(in.skip(2));
  StringReader strings(in);
  Blob blob;
  REQUIRE(strings.blob(blob));
  CHECK(blob.bytes == "abc");
  CHECK(blob.offset == 3);
  REQUIRE(strings.blob(blob));
  CHECK(blob.bytes == "defg");
  CHECK(blob.offset == 9);
}

}  // namespace rdb
