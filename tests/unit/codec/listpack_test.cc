#include "rdb/codec/listpack.h"

#include <algorithm>
#include <cstdint>
#include <memory>
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

std::string listpack(unsigned count, std::string_view entries) {
  return Bytes{}
      .u32le(static_cast<uint32_t>(entries.size() + 7))
      .u16le(count)
      .str(entries)
      .u8(0xff)
      .string();
}

// A string element in its 32-bit form, without its back-length.
Bytes long_string(uint32_t size) { return Bytes{}.u8(0xf0).u32le(size).rep('x', size); }

constexpr uint64_t kAt = 6;  // offset of the first entry

TEST_CASE("listpack: blobs of real servers yield what the servers said") {
  for (const Vector& vector : vectors_with_prefix("listpack_")) {
    if (vector.items.empty()) continue;  // bare back-lengths
    CAPTURE(vector.name);
    const Walk got = walk<Listpack>(vector.bytes);
    CHECK(name(got.fault.code) == "ok");
    CHECK(got.elements == vector.items);
    CHECK(got.count == vector.items.size());
  }
}

TEST_CASE("listpack: a sorted set of a real server yields members and scores") {
  const Vector& vector = vector_named("zset_listpack_value");
  const Walk got = walk<Listpack>(std::string_view(vector.bytes).substr(2));  // type, length
  CHECK(got.ok());
  CHECK(got.elements == Strings{"m1", "1.5", "m2", "3"});
}

TEST_CASE("listpack: an empty one has no elements and no fault") {
  const Walk got = walk<Listpack>(listpack(0, ""));
  CHECK(got.ok());
  CHECK(got.elements.empty());
  CHECK(got.count == 0);
}

TEST_CASE("listpack: every form of integer is read at both ends of its range") {
  struct Case {
    std::string entry;
    std::string text;
  };
  const Case cases[] = {
      {Bytes{}.u8(0).u8(1).string(), "0"},
      {Bytes{}.u8(127).u8(1).string(), "127"},
      {Bytes{}.u16be(0xc000 | 0x0fff).u8(2).string(), "4095"},
      {Bytes{}.u16be(0xc000 | 0x1000).u8(2).string(), "-4096"},
      {Bytes{}.u16be(0xc000 | 0x1fff).u8(2).string(), "-1"},
      {Bytes{}.u8(0xf1).i16le(INT16_MIN).u8(3).string(), "-32768"},
      {Bytes{}.u8(0xf1).i16le(INT16_MAX).u8(3).string(), "32767"},
      {Bytes{}.u8(0xf2).i24le(-8388608).u8(4).string(), "-8388608"},
      {Bytes{}.u8(0xf2).i24le(8388607).u8(4).string(), "8388607"},
      {Bytes{}.u8(0xf3).i32le(INT32_MIN).u8(5).string(), "-2147483648"},
      {Bytes{}.u8(0xf3).i32le(INT32_MAX).u8(5).string(), "2147483647"},
      {Bytes{}.u8(0xf4).i64le(INT64_MIN).u8(9).string(), "-9223372036854775808"},
      {Bytes{}.u8(0xf4).i64le(INT64_MAX).u8(9).string(), "9223372036854775807"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Walk got = walk<Listpack>(listpack(1, c.entry));
    CHECK(got.ok());
    CHECK(got.elements == Strings{c.text});
    CHECK(got.is_integer == std::vector<bool>{true});
  }
}

TEST_CASE("listpack: an integer in a wider form than it needs is sound") {
  const std::string entry = Bytes{}.u8(0xf4).i64le(5).u8(9).string();
  CHECK(walk<Listpack>(listpack(1, entry)).elements == Strings{"5"});
}

TEST_CASE("listpack: an integer kept as text is sound, and stays text") {
  const Walk got = walk<Listpack>(listpack(1, Bytes{}.u8(0x81).str("5").u8(2).view()));
  CHECK(got.ok());
  CHECK(got.elements == Strings{"5"});
  CHECK(got.is_integer == std::vector<bool>{false});
}

TEST_CASE("listpack: a short string with a 12-bit or 32-bit length is sound") {
  const Bytes entries = Bytes{}
                            .u16be(0xe000 | 1)
                            .str("a")
                            .u8(3)
                            .u8(0xf0)
                            .u32le(1)
                            .str("b")
                            .u8(6)
                            .u8(0xf0)
                            .u32le(0)
                            .u8(5);
  const Walk got = walk<Listpack>(listpack(3, entries.view()));
  CHECK(got.ok());
  CHECK(got.elements == Strings{"a", "b", ""});
}

TEST_CASE("listpack: strings at the limits of the length forms are read") {
  const Bytes entries = Bytes{}
                            .u8(0x80)
                            .u8(1)
                            .u8(0x80 | 63)
                            .rep('a', 63)
                            .u8(64)
                            .u16be(0xe000 | 64)
                            .rep('b', 64)
                            .u8(66)
                            .u16be(0xe000 | 4095)
                            .rep('c', 4095)
                            .u8(4097 >> 7)
                            .u8(0x80 | (4097 & 127));
  const Walk got = walk<Listpack>(listpack(4, entries.view()));
  CHECK(got.ok());
  CHECK(got.elements ==
        Strings{"", std::string(63, 'a'), std::string(64, 'b'), std::string(4095, 'c')});
}

TEST_CASE("listpack: a back-length of 16382 takes two bytes, one of 16383 three") {
  for (const uint32_t size : {16382U, 16383U, 16384U}) {
    CAPTURE(size);
    const Vector& back = vector_named("listpack_backlen_of_entry_" + std::to_string(size));
    const Bytes entry = long_string(size - 5).str(back.bytes);
    const Walk got = walk<Listpack>(listpack(1, entry.view()));
    CHECK(got.ok());
    CHECK(got.elements == Strings{std::string(size - 5, 'x')});
  }
}

TEST_CASE("listpack: a back-length gains a byte at 128, 16383, 2097151 and 268435455") {
  struct Case {
    uint32_t size;
    std::string back;
  };
  const Case cases[] = {
      {127, Bytes{}.u8(127).string()},
      {128, Bytes{}.u8(1).u8(0x80).string()},
      {16382, Bytes{}.u8(127).u8(0xfe).string()},
      {16383, Bytes{}.u8(0).u8(0xff).u8(0xff).string()},
      {2097150, Bytes{}.u8(127).u8(0xff).u8(0xfe).string()},
      {2097151, Bytes{}.u8(0).u8(0xff).u8(0xff).u8(0xff).string()},
      {268435454, Bytes{}.u8(127).u8(0xff).u8(0xff).u8(0xfe).string()},
      {268435455, Bytes{}.u8(0).u8(0xff).u8(0xff).u8(0xff).u8(0xff).string()},
  };
  for (const Case& c : cases) {
    CAPTURE(c.size);
    // The bytes of the string are never looked at: left as they are, they take no memory.
    const uint32_t total = 6 + c.size + static_cast<uint32_t>(c.back.size()) + 1;
    const auto blob = std::make_unique_for_overwrite<char[]>(total);
    const Bytes head = Bytes{}.u32le(total).u16le(1).u8(0xf0).u32le(c.size - 5);
    const Bytes tail = Bytes{}.str(c.back).u8(0xff);
    std::ranges::copy(head.view(), blob.get());
    std::ranges::copy(tail.view(), blob.get() + kAt + c.size);
    Listpack cursor({blob.get(), total});
    Scalar element;
    REQUIRE(cursor.next(element));
    CHECK(element.bytes.size() == c.size - 5);
    CHECK_FALSE(cursor.next(element));
    CHECK(cursor.fault().code == Code::ok);
  }
}

TEST_CASE("listpack: a count of 65535 says nothing, whatever the number of elements") {
  const Walk got = walk<Listpack>(listpack(65535, Bytes{}.u8(1).u8(1).view()));
  CHECK(got.ok());
  CHECK(got.count == kCountUnknown);
  CHECK(got.elements == Strings{"1"});
}

TEST_CASE("listpack: the offset is that of the next element") {
  const std::string blob = listpack(2, Bytes{}.u8(1).u8(1).u8(0x81).str("a").u8(2).view());
  Listpack cursor(blob);
  Scalar element;
  CHECK(cursor.offset() == 6);
  REQUIRE(cursor.next(element));
  CHECK(cursor.offset() == 8);
  REQUIRE(cursor.next(element));
  CHECK(cursor.offset() == 11);
}

TEST_CASE("listpack: fewer bytes than header and end mark is blob_short") {
  check_fault(walk<Listpack>(""), Code::blob_short, 0, {.found = 0, .allowed = 7});
  const Bytes header = Bytes{}.u32le(6).u16le(0);
  check_fault(walk<Listpack>(header.view()), Code::blob_short, 0, {.found = 6, .allowed = 7});
}

TEST_CASE("listpack: a header of another size is blob_size") {
  const Bytes blob = Bytes{}.u32le(9).u16le(0).u8(0xff);
  check_fault(walk<Listpack>(blob.view()), Code::blob_size, 0, {.found = 9, .allowed = 7});
}

TEST_CASE("listpack: a last byte that is no end mark is blob_end") {
  const Bytes blob = Bytes{}.u32le(9).u16le(1).u8(1).u8(1).u8(0);
  check_fault(walk<Listpack>(blob.view()), Code::blob_end, 8, {.found = 9, .allowed = 9});
}

TEST_CASE("listpack: an end mark between elements is blob_end, and before that counts") {
  const std::string blob = listpack(2, Bytes{}.u8(1).u8(1).u8(0xff).u8(2).u8(1).view());
  const Walk got = walk<Listpack>(blob);
  CHECK(got.elements == Strings{"1"});
  check_fault(got, Code::blob_count, kAt + 2, {.found = 2, .allowed = 1});
  const std::string counted = listpack(1, Bytes{}.u8(1).u8(1).u8(0xff).u8(2).u8(1).view());
  check_fault(walk<Listpack>(counted), Code::blob_end, kAt + 2,
              {.found = kAt + 2, .allowed = blob.size()});
}

TEST_CASE("listpack: a wrong count is blob_count") {
  const std::string entries = Bytes{}.u8(1).u8(1).u8(2).u8(1).string();
  for (const unsigned count : {0U, 1U, 3U, 65534U}) {
    CAPTURE(count);
    const Walk got = walk<Listpack>(listpack(count, entries));
    CHECK(got.elements == Strings{"1", "2"});
    check_fault(got, Code::blob_count, 4, {.found = count, .allowed = 2});
  }
}

TEST_CASE("listpack: F5 to FE begin no element, entry_encoding") {
  for (unsigned first = 0xf5; first <= 0xfe; ++first) {
    CAPTURE(first);
    const std::string entries = Bytes{}.u8(1).u8(1).u8(first).rep('\0', 20).string();
    check_fault(walk<Listpack>(listpack(2, entries)), Code::entry_encoding, kAt + 2,
                {.found = first});
  }
}

TEST_CASE("listpack: a string that reaches the end mark is entry_overrun") {
  const std::string blob = listpack(1, Bytes{}.u8(0x83).str("abc").view());  // no back-length
  check_fault(walk<Listpack>(blob), Code::entry_overrun, kAt, {.found = 5, .allowed = blob.size()});
}

TEST_CASE("listpack: a length of 4 GiB is entry_overrun and overflows nothing") {
  const std::string blob = listpack(1, Bytes{}.u8(0xf0).u32le(UINT32_MAX).str("abc").view());
  check_fault(walk<Listpack>(blob), Code::entry_overrun, kAt,
              {.found = 5 + uint64_t{UINT32_MAX} + 5, .allowed = blob.size()});
}

TEST_CASE("listpack: an element whose length is cut off is entry_overrun") {
  const std::string blob = listpack(1, Bytes{}.u8(0xf0).u8(1).view());
  check_fault(walk<Listpack>(blob), Code::entry_overrun, kAt, {.found = 5, .allowed = blob.size()});
}

TEST_CASE("listpack: an integer that is cut off is entry_overrun") {
  for (const unsigned first : {0x05U, 0xc0U, 0xf1U, 0xf2U, 0xf3U, 0xf4U}) {
    CAPTURE(first);
    const Walk got = walk<Listpack>(listpack(1, Bytes{}.u8(first).view()));
    CHECK(name(got.fault.code) == "entry_overrun");
  }
}

TEST_CASE("listpack: a wrong back-length is entry_back_length") {
  const Bytes small = Bytes{}.u8(0x81).str("a").u8(3);
  check_fault(walk<Listpack>(listpack(1, small.view())), Code::entry_back_length, kAt + 2,
              {.found = 3, .allowed = 2});
  const Bytes integer = Bytes{}.u8(7).u8(2);
  check_fault(walk<Listpack>(listpack(1, integer.view())), Code::entry_back_length, kAt + 1,
              {.found = 2, .allowed = 1});
}

// rdb-format.md 6.2 names what servers do; their lpDecodeBacklen reads on backwards at a mark.
TEST_CASE("listpack: a back-length is what comes of reading it backwards") {
  const Bytes zero = Bytes{}.u8(0).u8(0x81);  // over the zero before it comes the right value
  CHECK(walk<Listpack>(listpack(1, zero.view())).elements == Strings{"0"});
  const Bytes five = Bytes{}.u8(5).u8(0x81);
  check_fault(walk<Listpack>(listpack(1, five.view())), Code::entry_back_length, kAt + 1,
              {.found = 5 << 7 | 1, .allowed = 1});
  const Bytes unmarked = long_string(195).u8(1).u8(200 & 127);
  check_fault(walk<Listpack>(listpack(1, unmarked.view())), Code::entry_back_length, kAt + 200,
              {.found = 200 & 127, .allowed = 200});
}

TEST_CASE("listpack: a back-length in more bytes than it needs is refused") {
  const Bytes entry = Bytes{}.u8(0x81).str("a").u8(0).u8(0x82);
  check_fault(walk<Listpack>(listpack(1, entry.view())), Code::entry_back_length, kAt + 2,
              {.found = 0, .allowed = 2});
}

TEST_CASE("listpack: every prefix of a sound one fails, every wrong byte is survived") {
  for (const Vector& vector : vectors_with_prefix("listpack_")) {
    if (vector.items.empty()) continue;
    CAPTURE(vector.name);
    check_every_prefix_fails<Listpack>(vector.bytes);
    check_every_wrong_byte_is_survived<Listpack>(vector.bytes);
  }
}

TEST_CASE("listpack: built from the elements of a real server's it is that one, to the byte") {
  for (const Vector& vector : vectors_with_prefix("listpack_")) {
    if (vector.items.empty()) continue;
    CAPTURE(vector.name);
    CHECK(built<ListpackBuilder>(vector.items) == vector.bytes);
  }
}

TEST_CASE("listpack: an empty one is built of header and end mark") {
  CHECK(built<ListpackBuilder>({}) == listpack(0, ""));
}

TEST_CASE("listpack: an integer is built in the smallest form that holds it") {
  struct Case {
    int64_t value;
    std::string entry;
  };
  const Case cases[] = {
      {0, Bytes{}.u8(0).u8(1).string()},
      {127, Bytes{}.u8(127).u8(1).string()},
      {128, Bytes{}.u16be(0xc000 | 128).u8(2).string()},
      {-1, Bytes{}.u16be(0xc000 | 0x1fff).u8(2).string()},
      {4095, Bytes{}.u16be(0xc000 | 0x0fff).u8(2).string()},
      {-4096, Bytes{}.u16be(0xc000 | 0x1000).u8(2).string()},
      {4096, Bytes{}.u8(0xf1).i16le(4096).u8(3).string()},
      {-4097, Bytes{}.u8(0xf1).i16le(-4097).u8(3).string()},
      {INT16_MAX + 1, Bytes{}.u8(0xf2).i24le(32768).u8(4).string()},
      {INT16_MIN - 1, Bytes{}.u8(0xf2).i24le(-32769).u8(4).string()},
      {8388608, Bytes{}.u8(0xf3).i32le(8388608).u8(5).string()},
      {-8388609, Bytes{}.u8(0xf3).i32le(-8388609).u8(5).string()},
      {int64_t{INT32_MAX} + 1, Bytes{}.u8(0xf4).i64le(int64_t{INT32_MAX} + 1).u8(9).string()},
      {int64_t{INT32_MIN} - 1, Bytes{}.u8(0xf4).i64le(int64_t{INT32_MIN} - 1).u8(9).string()},
      {INT64_MIN, Bytes{}.u8(0xf4).i64le(INT64_MIN).u8(9).string()},
  };
  for (const Case& c : cases) {
    CAPTURE(c.value);
    ListpackBuilder builder;
    builder.add_integer(c.value);
    CHECK(builder.finish() == listpack(1, c.entry));
    CHECK(built<ListpackBuilder>({std::to_string(c.value)}) == listpack(1, c.entry));
  }
}

TEST_CASE("listpack: a length and a back-length are built in as few bytes as servers take") {
  const auto head = [](size_t size) {
    const std::string blob = built<ListpackBuilder>({std::string(size, 'x')});
    return blob.substr(kAt, blob.find('x') - kAt);
  };
  CHECK(head(63) == Bytes{}.u8(0x80 | 63).view());
  CHECK(head(64) == Bytes{}.u16be(0xe000 | 64).view());
  CHECK(head(4095) == Bytes{}.u16be(0xe000 | 4095).view());
  CHECK(head(4096) == Bytes{}.u8(0xf0).u32le(4096).view());
  for (const uint32_t size : {16382U, 16383U, 16384U}) {
    CAPTURE(size);
    const Vector& back = vector_named("listpack_backlen_of_entry_" + std::to_string(size));
    const Bytes entry = long_string(size - 5).str(back.bytes);
    CHECK(built<ListpackBuilder>({std::string(size - 5, 'x')}) == listpack(1, entry.view()));
  }
}

TEST_CASE("listpack: a back-length is built with a byte more from 2097151 and 268435455 on") {
  for (const uint32_t size : {127U, 128U, 2097150U, 2097151U, 268435454U, 268435455U}) {
    CAPTURE(size);
    const uint32_t back = size < 128         ? 1
                          : size == 128      ? 2
                          : size < 2097151   ? 3
                          : size < 268435455 ? 4
                                             : 5;
    const uint32_t head = size < 4096 ? 2 : 5;
    // The bytes of the string are never looked at: left as they are, they take no memory.
    const auto text = std::make_unique_for_overwrite<char[]>(size);
    CHECK(ListpackBuilder::element_bytes({text.get(), size - head}) == size + back);
  }
  check_build<ListpackBuilder, Listpack>(
      {std::string(2097145, 'x'), std::string(2097146, 'y'), "z"});
}

TEST_CASE("listpack: a count of 65535 or more is not kept") {
  ListpackBuilder builder;
  for (int i = 0; i < 65534; ++i) builder.add("");
  CHECK(walk<Listpack>(ListpackBuilder(builder).finish()).count == 65534);
  for (int i = 0; i < 2; ++i) {
    builder.add("");
    const std::string blob(ListpackBuilder(builder).finish());
    CHECK(blob.substr(4, 2) == Bytes{}.u16le(65535).view());
    CHECK(walk<Listpack>(blob).elements.size() == builder.count());
  }
}

TEST_CASE("listpack: what is built yields its elements, at every limit and at random") {
  for (const std::string& element : edge_elements())
    check_build<ListpackBuilder, Listpack>({element});
  check_build<ListpackBuilder, Listpack>(edge_elements());
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    Strings elements(random() % 40);
    for (std::string& element : elements) element = random_element(random);
    check_build<ListpackBuilder, Listpack>(elements);
  }
}

TEST_CASE("listpack: text that is no canonical integer is built as text") {
  for (const std::string& text : edge_texts()) {
    CAPTURE(text);
    CHECK(walk<Listpack>(built<ListpackBuilder>({text})).is_integer == std::vector<bool>{false});
  }
}

TEST_CASE("listpack: a builder that was cleared begins anew") {
  ListpackBuilder builder;
  builder.add("first");
  CHECK(builder.finish() == built<ListpackBuilder>({"first"}));
  builder.clear();
  CHECK(builder.count() == 0);
  builder.add_element({.bytes = {}, .integer = 5, .is_integer = true});
  builder.add_element({.bytes = "6"});
  CHECK(builder.finish() == built<ListpackBuilder>({"5", "6"}));
}

}  // namespace
}  // namespace rdb
