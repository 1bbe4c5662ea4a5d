#include "rdb/codec/zipmap.h"

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

// `pairs` is all between count and end mark.
std::string zipmap(unsigned count, std::string_view pairs) {
  return Bytes{}.u8(count).str(pairs).u8(0xff).string();
}

// The pair a = 1.
Bytes pair() { return Bytes{}.u8(1).str("a").u8(1).u8(0).str("1"); }

TEST_CASE("zipmap: blobs that servers load yield fields and values") {
  for (const Vector& vector : vectors_with_prefix("zipmap_")) {
    if (vector.is_error) continue;
    CAPTURE(vector.name);
    Strings expected;
    for (const auto& [field, value] : vector.pairs) {
      expected.push_back(field);
      expected.push_back(value);
    }
    const Walk got = walk<Zipmap>(vector.bytes);
    CHECK(name(got.fault.code) == "ok");
    CHECK(got.elements == expected);
  }
}

TEST_CASE("zipmap: blobs that servers refuse are refused, and for their defect") {
  const auto code = [](std::string_view vector) {
    return name(walk<Zipmap>(vector_named(vector).bytes).fault.code);
  };
  CHECK(vectors_with_prefix("zipmap_bad_").size() == 4);
  CHECK(code("zipmap_bad_empty") == "empty_blob");
  CHECK(code("zipmap_bad_badcount") == "blob_count");
  CHECK(code("zipmap_bad_count255") == "blob_count");
  CHECK(code("zipmap_bad_noend") == "blob_end");
}

TEST_CASE("zipmap: the count is in elements, two for a pair, and 254 is unknown") {
  CHECK(walk<Zipmap>(vector_named("zipmap_two").bytes).count == 4);
  CHECK(walk<Zipmap>(vector_named("zipmap_count254").bytes).count == kCountUnknown);
}

TEST_CASE("zipmap: a length of 253 is plain, one of 254 takes five bytes") {
  for (const uint32_t size : {252U, 253U, 254U, 255U, 256U, 65536U}) {
    CAPTURE(size);
    Bytes pairs;
    for (const bool is_value : {false, true}) {
      if (size < 254) {
        pairs.u8(size);
      } else {
        pairs.u8(254).u32le(size);
      }
      if (is_value) pairs.u8(0);
      pairs.rep('x', size);
    }
    const Walk got = walk<Zipmap>(zipmap(1, pairs.view()));
    CHECK(got.ok());
    CHECK(got.elements == Strings{std::string(size, 'x'), std::string(size, 'x')});
  }
}

TEST_CASE("zipmap: FF before a value is read as the long form, as servers do") {
  const Bytes pairs = Bytes{}.u8(1).str("a").u8(255).u32le(300).u8(0).rep('v', 300);
  const Walk got = walk<Zipmap>(zipmap(1, pairs.view()));
  CHECK(got.ok());
  CHECK(got.elements == Strings{"a", std::string(300, 'v')});
}

TEST_CASE("zipmap: unused bytes behind a value are stepped over, any number of them") {
  const Bytes pairs =
      Bytes{}
          .u8(1)
          .str("a")
          .u8(1)
          .u8(255)
          .str("1")
          .rep('\xff', 255)
          .str(pair().u8(0).u8(0).u8(0).view());  // and an empty field with an empty value
  const Walk got = walk<Zipmap>(zipmap(3, pairs.view()));
  CHECK(got.ok());
  CHECK(got.elements == Strings{"a", "1", "a", "1", "", ""});
}

TEST_CASE("zipmap: fewer than two bytes is blob_short") {
  check_fault(walk<Zipmap>(""), Code::blob_short, 0, {.found = 0, .allowed = 2});
  check_fault(walk<Zipmap>("\xff"), Code::blob_short, 0, {.found = 1, .allowed = 2});
}

TEST_CASE("zipmap: a last byte that is no end mark is blob_end") {
  const Bytes blob = Bytes{}.u8(1).str(pair().view());
  check_fault(walk<Zipmap>(blob.view()), Code::blob_end, 5, {.found = 6, .allowed = 6});
}

TEST_CASE("zipmap: an end mark between pairs is blob_end") {
  const std::string blob = zipmap(1, pair().u8(0xff).str(pair().view()).view());
  const Walk got = walk<Zipmap>(blob);
  CHECK(got.elements == Strings{"a", "1"});
  check_fault(got, Code::blob_end, 6, {.found = 6, .allowed = blob.size()});
}

TEST_CASE("zipmap: no pair is empty_blob, whatever the count") {
  for (const unsigned count : {0U, 1U, 254U}) {
    CAPTURE(count);
    check_fault(walk<Zipmap>(zipmap(count, "")), Code::empty_blob, 0, {});
  }
}

TEST_CASE("zipmap: a wrong count is blob_count") {
  for (const unsigned count : {0U, 2U, 253U, 255U}) {
    CAPTURE(count);
    check_fault(walk<Zipmap>(zipmap(count, pair().view())), Code::blob_count, 0,
                {.found = count, .allowed = 1});
  }
}

TEST_CASE("zipmap: the long form of a short length is entry_encoding") {
  const Bytes field = Bytes{}.u8(254).u32le(253).rep('x', 253).u8(0).u8(0);
  check_fault(walk<Zipmap>(zipmap(1, field.view())), Code::entry_encoding, 1, {.found = 254});
  const Bytes value = Bytes{}.u8(1).str("a").u8(255).u32le(1).u8(0).str("1");
  check_fault(walk<Zipmap>(zipmap(1, value.view())), Code::entry_encoding, 3, {.found = 255});
}

TEST_CASE("zipmap: a field or value that reaches the end mark is entry_overrun") {
  struct Case {
    std::string pairs;
    uint64_t inner;
    uint64_t size;
  };
  const Case cases[] = {
      {Bytes{}.u8(3).str("ab").string(), 1, 4},
      {Bytes{}.u8(254).u16le(1).string(), 1, 5},
      {Bytes{}.u8(254).u32le(UINT32_MAX).str("ab").string(), 1, 5 + uint64_t{UINT32_MAX}},
      {Bytes{}.u8(1).str("a").string(), 3, 2},                        // no value
      {Bytes{}.u8(1).str("a").u8(0).string(), 3, 2},                  // no free byte
      {Bytes{}.u8(1).str("a").u8(2).u8(0).str("1").string(), 3, 4},   // value
      {Bytes{}.u8(1).str("a").u8(1).u8(2).str("1x").string(), 3, 5},  // unused bytes
      {Bytes{}.u8(1).str("a").u8(254).u32le(300).string(), 3, 6},
      {Bytes{}.u8(1).str("a").u8(254).u32le(UINT32_MAX).u8(255).string(), 3,
       6 + uint64_t{UINT32_MAX} + 255},
  };
  for (const Case& c : cases) {
    CAPTURE(c.size);
    const std::string blob = zipmap(1, c.pairs);
    check_fault(walk<Zipmap>(blob), Code::entry_overrun, c.inner,
                {.found = c.size, .allowed = blob.size()});
  }
}

TEST_CASE("zipmap: every prefix of a sound one fails, every wrong byte is survived") {
  for (const Vector& vector : vectors_with_prefix("zipmap_")) {
    if (vector.is_error) continue;
    CAPTURE(vector.name);
    check_every_prefix_fails<Zipmap>(vector.bytes);
    check_every_wrong_byte_is_survived<Zipmap>(vector.bytes);
  }
}

}  // namespace
}  // namespace rdb
