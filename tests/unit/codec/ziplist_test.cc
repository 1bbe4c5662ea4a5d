#include "rdb/codec/ziplist.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/bytes.h"
#include "tests/support/elements.h"
#include "tests/support/vectors.h"
#include "tests/support/walk.h"

namespace rdb {
namespace {

using Strings = std::vector<std::string>;

struct Shape {
  uint32_t tail = 10;
  unsigned count = 0;
};

std::string ziplist(Shape shape, std::string_view entries) {
  return Bytes{}
      .u32le(static_cast<uint32_t>(entries.size() + 11))
      .u32le(shape.tail)
      .u16le(shape.count)
      .str(entries)
      .u8(0xff)
      .string();
}

constexpr uint64_t kAt = 10;  // offset of the first entry

TEST_CASE("ziplist: blobs of real servers yield what the servers said") {
  for (const Vector& vector : vectors_with_prefix("ziplist_")) {
    if (vector.is_error) continue;
    CAPTURE(vector.name);
    const Walk got = walk<Ziplist>(vector.bytes);
    CHECK(name(got.fault.code) == "ok");
    CHECK(got.elements == vector.items);
    CHECK(got.count == vector.items.size());
  }
}

TEST_CASE("ziplist: blobs that servers refuse are refused, and for their defect") {
  const auto code = [](std::string_view vector) {
    return name(walk<Ziplist>(vector_named(vector).bytes).fault.code);
  };
  CHECK(vectors_with_prefix("ziplist_bad_").size() == 4);
  CHECK(code("ziplist_bad_badprev") == "entry_previous_length");
  CHECK(code("ziplist_bad_badtail") == "tail_offset");
  CHECK(code("ziplist_bad_badcount") == "blob_count");
  CHECK(code("ziplist_bad_enc_ff_inside") == "entry_encoding");
}

TEST_CASE("ziplist: an empty one has no elements and no fault") {
  const Walk got = walk<Ziplist>(ziplist({.tail = 10, .count = 0}, ""));
  CHECK(got.ok());
  CHECK(got.elements.empty());
  CHECK(got.count == 0);
}

TEST_CASE("ziplist: every form of integer is read at both ends of its range") {
  struct Case {
    std::string entry;
    std::string text;
  };
  const Case cases[] = {
      {Bytes{}.u8(0).u8(0xf1).string(), "0"},
      {Bytes{}.u8(0).u8(0xfd).string(), "12"},
      {Bytes{}.u8(0).u8(0xfe).i8(INT8_MIN).string(), "-128"},
      {Bytes{}.u8(0).u8(0xfe).i8(INT8_MAX).string(), "127"},
      {Bytes{}.u8(0).u8(0xc0).i16le(INT16_MIN).string(), "-32768"},
      {Bytes{}.u8(0).u8(0xc0).i16le(INT16_MAX).string(), "32767"},
      {Bytes{}.u8(0).u8(0xf0).i24le(-8388608).string(), "-8388608"},
      {Bytes{}.u8(0).u8(0xf0).i24le(8388607).string(), "8388607"},
      {Bytes{}.u8(0).u8(0xd0).i32le(INT32_MIN).string(), "-2147483648"},
      {Bytes{}.u8(0).u8(0xd0).i32le(INT32_MAX).string(), "2147483647"},
      {Bytes{}.u8(0).u8(0xe0).i64le(INT64_MIN).string(), "-9223372036854775808"},
      {Bytes{}.u8(0).u8(0xe0).i64le(INT64_MAX).string(), "9223372036854775807"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Walk got = walk<Ziplist>(ziplist({.tail = 10, .count = 1}, c.entry));
    CHECK(got.ok());
    CHECK(got.elements == Strings{c.text});
    CHECK(got.is_integer == std::vector<bool>{true});
  }
}

TEST_CASE("ziplist: a 32-bit string length is big-endian, and its low six bits do not matter") {
  for (const unsigned first : {0x80U, 0xbfU}) {
    CAPTURE(first);
    const Bytes entry = Bytes{}.u8(0).u8(first).u32be(3).str("abc");
    const Walk got = walk<Ziplist>(ziplist({.tail = 10, .count = 1}, entry.view()));
    CHECK(got.ok());
    CHECK(got.elements == Strings{"abc"});
  }
}

TEST_CASE("ziplist: strings at the limits of the length forms are read") {
  const Bytes entries = Bytes{}
                            .u8(0)
                            .u8(0)  // 2 bytes
                            .u8(2)
                            .u8(63)
                            .rep('a', 63)  // 65
                            .u8(65)
                            .u16be(0x4000 | 64)
                            .rep('b', 64)  // 67
                            .u8(67)
                            .u16be(0x4000 | 16383)
                            .rep('c', 16383)  // 16386
                            .u8(0xfe)
                            .u32le(16386)
                            .u8(0x80)
                            .u32be(16384)
                            .rep('d', 16384);
  const std::string blob = ziplist({.tail = 10 + 2 + 65 + 67 + 16386, .count = 5}, entries.view());
  const Walk got = walk<Ziplist>(blob);
  CHECK(got.ok());
  CHECK(got.elements == Strings{"", std::string(63, 'a'), std::string(64, 'b'),
                                std::string(16383, 'c'), std::string(16384, 'd')});
}

TEST_CASE("ziplist: the five-byte form of a small previous length is sound") {
  const Bytes entries = Bytes{}.u8(0xfe).u32le(0).u8(1).str("a").u8(0xfe).u32le(7).u8(0xf3);
  const Walk got = walk<Ziplist>(ziplist({.tail = 17, .count = 2}, entries.view()));
  CHECK(got.ok());
  CHECK(got.elements == Strings{"a", "2"});
}

TEST_CASE("ziplist: a count of 65535 says nothing, whatever the number of elements") {
  const Walk got = walk<Ziplist>(ziplist({.tail = 10, .count = 65535}, Bytes{}.u16be(0xf2).view()));
  CHECK(got.ok());
  CHECK(got.count == kCountUnknown);
  CHECK(got.elements == Strings{"1"});
}

TEST_CASE("ziplist: fewer bytes than header and end mark is blob_short") {
  const Bytes blob = Bytes{}.u32le(10).u32le(10).u16le(0);
  check_fault(walk<Ziplist>(blob.view()), Code::blob_short, 0, {.found = 10, .allowed = 11});
  check_fault(walk<Ziplist>(""), Code::blob_short, 0, {.found = 0, .allowed = 11});
}

TEST_CASE("ziplist: a header of another size is blob_size") {
  const Bytes blob = Bytes{}.u32le(12).u32le(10).u16le(0).u8(0xff);
  check_fault(walk<Ziplist>(blob.view()), Code::blob_size, 0, {.found = 12, .allowed = 11});
}

TEST_CASE("ziplist: a last byte that is no end mark is blob_end") {
  const Bytes blob = Bytes{}.u32le(11).u32le(10).u16le(0).u8(0xfe);
  check_fault(walk<Ziplist>(blob.view()), Code::blob_end, 10, {.found = 11, .allowed = 11});
}

TEST_CASE("ziplist: an end mark between entries is blob_end") {
  const Bytes entries = Bytes{}.u8(0).u8(0xf2).u8(0xff).u8(0xf2);
  const Walk got = walk<Ziplist>(ziplist({.tail = 10, .count = 1}, entries.view()));
  CHECK(got.elements == Strings{"1"});
  check_fault(got, Code::blob_end, kAt + 2, {.found = kAt + 2, .allowed = 15});
}

TEST_CASE("ziplist: a wrong count is blob_count") {
  for (const unsigned count : {0U, 2U, 65534U}) {
    CAPTURE(count);
    const Bytes entry = Bytes{}.u8(0).u8(0xf2);
    check_fault(walk<Ziplist>(ziplist({.tail = 10, .count = count}, entry.view())),
                Code::blob_count, 8, {.found = count, .allowed = 1});
  }
}

TEST_CASE("ziplist: a wrong offset of the last entry is tail_offset") {
  const Bytes entries = Bytes{}.u8(0).u8(0xf2).u8(2).u8(0xf3);
  check_fault(walk<Ziplist>(ziplist({.tail = 10, .count = 2}, entries.view())), Code::tail_offset,
              4, {.found = 10, .allowed = 12});
  check_fault(walk<Ziplist>(ziplist({.tail = UINT32_MAX, .count = 2}, entries.view())),
              Code::tail_offset, 4, {.found = UINT32_MAX, .allowed = 12});
  check_fault(walk<Ziplist>(ziplist({.tail = 0, .count = 0}, "")), Code::tail_offset, 4,
              {.found = 0, .allowed = 10});
}

TEST_CASE("ziplist: a wrong previous length is entry_previous_length") {
  const Bytes first = Bytes{}.u8(1).u8(0xf2);
  check_fault(walk<Ziplist>(ziplist({.tail = 10, .count = 1}, first.view())),
              Code::entry_previous_length, kAt, {.found = 1, .allowed = 0});
  const Bytes second = Bytes{}.u8(0).u8(0xf2).u8(3).u8(0xf2);
  check_fault(walk<Ziplist>(ziplist({.tail = 12, .count = 2}, second.view())),
              Code::entry_previous_length, kAt + 2, {.found = 3, .allowed = 2});
  const Bytes large = Bytes{}.u8(0).u8(0xf2).u8(0xfe).u32le(UINT32_MAX).u8(0xf2);
  check_fault(walk<Ziplist>(ziplist({.tail = 12, .count = 2}, large.view())),
              Code::entry_previous_length, kAt + 2, {.found = UINT32_MAX, .allowed = 2});
}

TEST_CASE("ziplist: bytes that begin no element are entry_encoding") {
  for (unsigned first = 0xc0; first <= 0xff; ++first) {
    if (first == 0xc0 || first == 0xd0 || first == 0xe0 || (first >= 0xf0 && first <= 0xfe)) {
      continue;
    }
    CAPTURE(first);
    const Bytes entry = Bytes{}.u8(0).u8(first).rep('\0', 12);
    check_fault(walk<Ziplist>(ziplist({.tail = 10, .count = 1}, entry.view())),
                Code::entry_encoding, kAt + 1, {.found = first});
  }
}

TEST_CASE("ziplist: an entry that reaches the end mark is entry_overrun") {
  struct Case {
    std::string entry;
    uint64_t size;
  };
  const Case cases[] = {
      {Bytes{}.u8(0).string(), 2},
      {Bytes{}.u8(0xfe).u32le(0).string(), 6},
      {Bytes{}.u8(0xfe).u8(0).string(), 6},
      {Bytes{}.u8(0).u8(4).str("abc").string(), 6},
      {Bytes{}.u8(0).u8(0x40).string(), 3},
      {Bytes{}.u8(0).u16be(0x4000 | 300).str("abc").string(), 303},
      {Bytes{}.u8(0).u8(0x80).u16be(0).string(), 6},
      {Bytes{}.u8(0).u8(0x80).u32be(UINT32_MAX).str("abc").string(), 6 + uint64_t{UINT32_MAX}},
      {Bytes{}.u8(0).u8(0xc0).u8(1).string(), 4},
      {Bytes{}.u8(0).u8(0xf0).u16le(1).string(), 5},
      {Bytes{}.u8(0).u8(0xd0).u24le(1).string(), 6},
      {Bytes{}.u8(0).u8(0xe0).u32le(1).string(), 10},
      {Bytes{}.u8(0).u8(0xfe).string(), 3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.size);
    const std::string blob = ziplist({.tail = 10, .count = 1}, c.entry);
    check_fault(walk<Ziplist>(blob), Code::entry_overrun, kAt,
                {.found = c.size, .allowed = blob.size()});
  }
}

TEST_CASE("ziplist: every prefix of a sound one fails, every wrong byte is survived") {
  for (const Vector& vector : vectors_with_prefix("ziplist_")) {
    if (vector.is_error) continue;
    CAPTURE(vector.name);
    check_every_prefix_fails<Ziplist>(vector.bytes);
    check_every_wrong_byte_is_survived<Ziplist>(vector.bytes);
  }
}

TEST_CASE("ziplist: built from the elements of a real server's it is that one, to the byte") {
  for (const Vector& vector : vectors_with_prefix("ziplist_")) {
    if (vector.is_error) continue;
    CAPTURE(vector.name);
    const bool is_shortest = vector.name != "ziplist_noncanon_prevlen";
    CHECK((built<ZiplistBuilder>(vector.items) == vector.bytes) == is_shortest);
  }
}

TEST_CASE("ziplist: an empty one is built of header and end mark") {
  CHECK(built<ZiplistBuilder>({}) == ziplist({}, ""));
}

TEST_CASE("ziplist: an integer is built in the smallest form that holds it") {
  struct Case {
    int64_t value;
    std::string element;
  };
  const Case cases[] = {
      {0, Bytes{}.u8(0xf1).string()},
      {12, Bytes{}.u8(0xfd).string()},
      {13, Bytes{}.u8(0xfe).i8(13).string()},
      {-1, Bytes{}.u8(0xfe).i8(-1).string()},
      {INT8_MAX + 1, Bytes{}.u8(0xc0).i16le(128).string()},
      {INT8_MIN - 1, Bytes{}.u8(0xc0).i16le(-129).string()},
      {INT16_MAX + 1, Bytes{}.u8(0xf0).i24le(32768).string()},
      {INT16_MIN - 1, Bytes{}.u8(0xf0).i24le(-32769).string()},
      {8388608, Bytes{}.u8(0xd0).i32le(8388608).string()},
      {-8388609, Bytes{}.u8(0xd0).i32le(-8388609).string()},
      {int64_t{INT32_MAX} + 1, Bytes{}.u8(0xe0).i64le(int64_t{INT32_MAX} + 1).string()},
      {int64_t{INT32_MIN} - 1, Bytes{}.u8(0xe0).i64le(int64_t{INT32_MIN} - 1).string()},
      {INT64_MIN, Bytes{}.u8(0xe0).i64le(INT64_MIN).string()},
  };
  for (const Case& c : cases) {
    CAPTURE(c.value);
    const std::string blob = ziplist({.tail = 10, .count = 1}, std::string(1, '\0') + c.element);
    ZiplistBuilder builder;
    builder.add_integer(c.value);
    CHECK(builder.finish() == blob);
    CHECK(built<ZiplistBuilder>({std::to_string(c.value)}) == blob);
  }
}

TEST_CASE("ziplist: a length is built in as few bytes as hold it") {
  const auto head = [](size_t size) {
    const std::string blob = built<ZiplistBuilder>({std::string(size, 'x')});
    return blob.substr(kAt + 1, blob.find('x') - kAt - 1);
  };
  CHECK(head(63) == Bytes{}.u8(63).view());
  CHECK(head(64) == Bytes{}.u16be(0x4000 | 64).view());
  CHECK(head(16383) == Bytes{}.u16be(0x4000 | 16383).view());
  CHECK(head(16384) == Bytes{}.u8(0x80).u32be(16384).view());
}

TEST_CASE("ziplist: a previous size of 253 is built in one byte, one of 254 in five") {
  const auto previous = [](size_t entry) {
    const std::string blob = built<ZiplistBuilder>({std::string(entry - 3, 'x'), "y"});
    return blob.substr(kAt + entry, blob.size() - 3 - kAt - entry);
  };
  CHECK(previous(253) == Bytes{}.u8(253).view());
  CHECK(previous(254) == Bytes{}.u8(254).u32le(254).view());
  CHECK(previous(255) == Bytes{}.u8(254).u32le(255).view());
}

TEST_CASE("ziplist: a builder counts the long previous size before it is written") {
  ZiplistBuilder builder;
  CHECK(builder.element_bytes("1") == 2);
  builder.add(std::string(251, 'x'));
  CHECK(builder.element_bytes("1") == 6);
  builder.add("1");
  CHECK(builder.element_bytes("1") == 2);
}

TEST_CASE("ziplist: a count of 65535 or more is not kept") {
  ZiplistBuilder builder;
  for (int i = 0; i < 65534; ++i) builder.add("");
  CHECK(walk<Ziplist>(ZiplistBuilder(builder).finish()).count == 65534);
  for (int i = 0; i < 2; ++i) {
    builder.add("");
    const std::string blob(ZiplistBuilder(builder).finish());
    CHECK(blob.substr(8, 2) == Bytes{}.u16le(65535).view());
    CHECK(walk<Ziplist>(blob).elements.size() == builder.count());
  }
}

TEST_CASE("ziplist: what is built yields its elements, at every limit and at random") {
  for (const std::string& element : edge_elements())
    check_build<ZiplistBuilder, Ziplist>({element});
  check_build<ZiplistBuilder, Ziplist>(edge_elements());
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    Strings elements(random() % 40);
    for (std::string& element : elements) element = random_element(random);
    check_build<ZiplistBuilder, Ziplist>(elements);
  }
}

TEST_CASE("ziplist: text that is no canonical integer is built as text") {
  for (const std::string& text : edge_texts()) {
    CAPTURE(text);
    CHECK(walk<Ziplist>(built<ZiplistBuilder>({text})).is_integer == std::vector<bool>{false});
  }
}

TEST_CASE("ziplist: a builder that was cleared begins anew") {
  ZiplistBuilder builder;
  builder.add(std::string(300, 'x'));
  CHECK(builder.finish() == built<ZiplistBuilder>({std::string(300, 'x')}));
  builder.clear();
  CHECK(builder.count() == 0);
  builder.add_element({.bytes = {}, .integer = 5, .is_integer = true});
  builder.add_element({.bytes = "6"});
  CHECK(builder.finish() == built<ZiplistBuilder>({"5", "6"}));
}

}  // namespace
}  // namespace rdb
