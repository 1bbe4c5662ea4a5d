#include "rdb/codec/intset.h"

#include <cstdint>
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

}  // namespace
}  // namespace rdb
