#include "rdb/codec/intset.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/bytes.h"
#include "tests/support/vectors.h"
#include "tests/support/walk.h"

namespace rdb {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("intset: blobs of real servers yield what the servers said") {
  for (const Vector& vector : vectors_with_prefix("intset_")) {
    CAPTURE(vector.name);
    const Walk got = walk<Intset>(vector.bytes);
    CHECK(name(got.fault.code) == "ok");
    CHECK(got.elements == vector.items);
    CHECK(got.count == vector.items.size());
  }
}

TEST_CASE("intset: every width is read at both ends of its range") {
  const Bytes two = Bytes{}.u32le(2).u32le(2).i16le(INT16_MIN).i16le(INT16_MAX);
  CHECK(walk<Intset>(two.view()).elements == Strings{"-32768", "32767"});
  const Bytes four = Bytes{}.u32le(4).u32le(2).i32le(INT32_MIN).i32le(INT32_MAX);
  CHECK(walk<Intset>(four.view()).elements == Strings{"-2147483648", "2147483647"});
  const Bytes eight = Bytes{}.u32le(8).u32le(2).i64le(INT64_MIN).i64le(INT64_MAX);
  CHECK(walk<Intset>(eight.view()).elements ==
        Strings{"-9223372036854775808", "9223372036854775807"});
}

TEST_CASE("intset: a wider form than needed, disorder and repetition are left to others") {
  const Bytes blob = Bytes{}.u32le(8).u32le(3).i64le(2).i64le(1).i64le(1);
  const Walk got = walk<Intset>(blob.view());
  CHECK(got.ok());
  CHECK(got.elements == Strings{"2", "1", "1"});
}

TEST_CASE("intset: the offset is that of the next integer") {
  const Bytes blob = Bytes{}.u32le(4).u32le(2).i32le(1).i32le(2);
  Intset cursor(blob.view());
  Scalar element;
  CHECK(cursor.offset() == 8);
  REQUIRE(cursor.next(element));
  CHECK(cursor.offset() == 12);
}

TEST_CASE("intset: fewer bytes than the header is blob_short") {
  check_fault(walk<Intset>(""), Code::blob_short, 0, {.found = 0, .allowed = 8});
  const Bytes blob = Bytes{}.u32le(2).u24le(0);
  check_fault(walk<Intset>(blob.view()), Code::blob_short, 0, {.found = 7, .allowed = 8});
}

TEST_CASE("intset: a width other than 2, 4, 8 is intset_width") {
  for (const uint32_t width : {0U, 1U, 3U, 16U, UINT32_MAX}) {
    CAPTURE(width);
    const Bytes blob = Bytes{}.u32le(width).u32le(1).u64le(1);
    check_fault(walk<Intset>(blob.view()), Code::intset_width, 0, {.found = width});
  }
}

TEST_CASE("intset: a count that does not fit the blob is blob_size") {
  const Bytes more = Bytes{}.u32le(2).u32le(2).i16le(1);
  check_fault(walk<Intset>(more.view()), Code::blob_size, 4, {.found = 12, .allowed = 10});
  const Bytes fewer = Bytes{}.u32le(2).u32le(1).i16le(1).u8(0);
  check_fault(walk<Intset>(fewer.view()), Code::blob_size, 4, {.found = 10, .allowed = 11});
  // In 32 bits this would come to 16.
  const Bytes wraps = Bytes{}.u32le(8).u32le((1U << 29) + 1).i64le(1);
  check_fault(walk<Intset>(wraps.view()), Code::blob_size, 4,
              {.found = (uint64_t{1} << 32) + 16, .allowed = 16});
}

TEST_CASE("intset: none in it is empty_blob") {
  const Bytes blob = Bytes{}.u32le(2).u32le(0);
  check_fault(walk<Intset>(blob.view()), Code::empty_blob, 4, {});
}

TEST_CASE("intset: every prefix of a sound one fails, every wrong byte is survived") {
  for (const Vector& vector : vectors_with_prefix("intset_")) {
    CAPTURE(vector.name);
    check_every_prefix_fails<Intset>(vector.bytes);
    check_every_wrong_byte_is_survived<Intset>(vector.bytes);
  }
}

std::string built_of(const std::vector<int64_t>& integers) {
  IntsetBuilder builder;
  for (const int64_t v : integers) builder.add(v);
  return std::string(builder.finish());
}

TEST_CASE("intset: built from the members of a real server's it is that one, to the byte") {
  for (const Vector& vector : vectors_with_prefix("intset_")) {
    CAPTURE(vector.name);
    std::vector<int64_t> integers;
    for (const std::string& member : vector.items) integers.push_back(std::stoll(member));
    CHECK(built_of(integers) == vector.bytes);
    std::ranges::reverse(integers);
    CHECK(built_of(integers) == vector.bytes);
  }
}

TEST_CASE("intset: the width built is the smallest that holds every integer") {
  const auto width = [](int64_t v) { return (built_of({0, v}).size() - 8) / 2; };
  CHECK(built_of({INT16_MIN, INT16_MAX}) ==
        Bytes{}.u32le(2).u32le(2).i16le(INT16_MIN).i16le(INT16_MAX).view());
  CHECK(width(INT16_MAX) == 2);
  CHECK(width(INT16_MAX + 1) == 4);
  CHECK(width(INT16_MIN - 1) == 4);
  CHECK(width(INT32_MAX) == 4);
  CHECK(width(INT32_MIN) == 4);
  CHECK(width(int64_t{INT32_MAX} + 1) == 8);
  CHECK(width(int64_t{INT32_MIN} - 1) == 8);
  CHECK(width(INT64_MIN) == 8);
}

TEST_CASE("intset: built in any order, with repetitions, it is ascending without") {
  std::mt19937_64 random(3);
  for (const unsigned bits : {8U, 16U, 20U, 32U, 40U, 64U}) {
    CAPTURE(bits);
    IntsetBuilder builder;
    std::set<int64_t> members;
    for (int i = 0; i < 1000; ++i) {
      const int64_t v = static_cast<int64_t>(random()) >> (64 - bits);
      builder.add(v);
      members.insert(v);
    }
    CHECK(builder.count() == 1000);
    const std::string_view blob = builder.finish();
    CHECK(builder.count() == members.size());
    CHECK(builder.bytes() == blob.size());
    std::vector<std::string> texts;
    for (const int64_t v : members) texts.push_back(std::to_string(v));
    const Walk got = walk<Intset>(blob);
    CHECK(got.ok());
    CHECK(got.elements == texts);
  }
}

TEST_CASE("intset: a builder that was cleared begins anew, with the smallest width") {
  IntsetBuilder builder;
  builder.add(INT64_MAX);
  builder.add(1);
  CHECK(builder.bytes() == 24);
  CHECK(builder.finish() == built_of({1, INT64_MAX}));
  builder.clear();
  builder.add(7);
  CHECK(builder.bytes() == 10);
  CHECK(builder.finish() == built_of({7}));
}

}  // namespace
}  // namespace rdb
