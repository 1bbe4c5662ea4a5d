// Values that are one packed blob: rdb/value/packed.cc. What the cursors find wrong has its tests
// with them; here it is how it surfaces, and what the shapes add.
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

enum : unsigned {
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kZsetZiplist = 12,
  kHashZiplist = 13,
  kHashListpack = 16,
  kZsetListpack = 17,
  kSetListpack = 20,
  kListpackExPreGa = 23,
  kListpackEx = 25,
};
constexpr std::string_view kCe = "REDIS0012";

// The file reads in extents: packed values are stepped over unopened.
bool steps_over(unsigned type, std::string_view value) {
  const std::string file = RdbFile().entry(type, "k", value).end();
  return walk_file(file, {.depth = Depth::extents}).finished;
}

// <width:u32le> <count:u32le> and 16-bit integers
std::string intset16(std::initializer_list<int16_t> integers) {
  Bytes out;
  out.u32le(2).u32le(static_cast<uint32_t>(integers.size()));
  for (const int16_t v : integers) out.i16le(v);
  return out.string();
}

}  // namespace

TEST_CASE("decode: packed lists and sets give their elements") {
  check_lines(events_of(kListZiplist, rdb_string(ZiplistBlob().str("a").str("").str("b").blob())),
              {"begin list-ziplist 3", "item a", "item ", "item b"});
  check_lines(events_of(kSetIntset, rdb_string(intset16({-300, -1, 7}))),
              {"begin set-intset 3", "member -300", "member -1", "member 7"});
  check_lines(events_of(kSetListpack, rdb_string(ListpackBlob().str("a").num(-5).blob())),
              {"begin set-listpack 2", "member a", "member -5"});
}

TEST_CASE("decode: packed hashes give fields and values, and count pairs") {
  const Lines pairs = {"field f", "value 1", "field g", "value x"};
  const auto expected = [&](std::string_view name) {
    Lines out = {"begin " + std::string(name) + " 2"};
    out.insert(out.end(), pairs.begin(), pairs.end());
    return out;
  };
  check_lines(events_of(kHashZipmap, rdb_string(ZipmapBlob().pair("f", "1").pair("g", "x").blob())),
              expected("hash-zipmap"));
  check_lines(
      events_of(kHashZiplist, rdb_string(ZiplistBlob().str("f").str("1").str("g").str("x").blob())),
      expected("hash-ziplist"));
  check_lines(
      events_of(kHashListpack, rdb_string(ListpackBlob().str("f").num(1).str("g").str("x").blob())),
      expected("hash-listpack"));
}

TEST_CASE("decode: packed sorted sets give members and scores, integers or text") {
  check_lines(events_of(kZsetZiplist, rdb_string(ZiplistBlob().str("m").str("-0").blob())),
              {"begin zset-ziplist 1", "member m", "score -0"});
  // testdata/vectors.json: a value of type 17 as Valkey 8.0 wrote it.
  check_lines(events_of(kZsetListpack, vector_named("zset_listpack_value").bytes.substr(1)),
              {"begin zset-listpack 2", "member m1", "score 1.5", "member m2", "score 3"});
}

// rdb-format.md 6.2: "non-numeric score text in 12/17; \"\": becomes a number or 0".
TEST_CASE("decode: a packed score that is no number is what servers make of it") {
  const std::string value =
      ListpackBlob().str("a").str("x").str("b").str("2x").str("c").str("").blob();
  check_lines(events_of(kZsetListpack, rdb_string(value)),
              {"begin zset-listpack 3", "member a", "score 0", "member b", "score 2", "member c",
               "score 0"});
}

TEST_CASE("decode: a blob whose header does not count is counted first") {
  const std::string listpack = ListpackBlob().str("f").num(1).blob_counted(65535);
  check_lines(events_of(kHashListpack, rdb_string(listpack)),
              {"begin hash-listpack 1", "field f", "value 1"});
  std::string zipmap = ZipmapBlob().pair("f", "1").blob();
  zipmap[0] = static_cast<char>(254);
  check_lines(events_of(kHashZipmap, rdb_string(zipmap)),
              {"begin hash-zipmap 1", "field f", "value 1"});
}

TEST_CASE("decode: an odd number of elements does not make pairs") {
  const std::string place = "byte 15+0: db 3 key \"k\" ";
  const std::string listpack = rdb_string(ListpackBlob().str("a").str("b").str("c").blob());
  const std::string ziplist = rdb_string(ZiplistBlob().str("a").str("b").str("c").blob());
  const std::string words = "3 elements do not make pairs";
  CHECK(damage_of(kHashListpack, listpack) == place + "[hash-listpack]: " + words);
  CHECK(damage_of(kZsetListpack, listpack) == place + "[zset-listpack]: " + words);
  CHECK(damage_of(kHashZiplist, ziplist) == place + "[hash-ziplist]: " + words);
  CHECK(damage_of(kZsetZiplist, ziplist) == place + "[zset-ziplist]: " + words);
  CHECK(steps_over(kHashListpack, listpack));
}

TEST_CASE("decode: damage in a blob has the blob's offset and its place inside") {
  const std::string place = "byte 15+";
  const std::string key = ": db 3 key \"k\" ";
  std::string listpack = ListpackBlob().str("f").str("v").blob();
  // header 6, 81 'f' 02, 81 'v' 02: the second back-length is at 11.
  listpack[11] = 3;
  CHECK(damage_of(kHashListpack, rdb_string(listpack)) ==
        place + "11" + key + "[hash-listpack]: back-length says 3, the element has 2 bytes");
  CHECK(steps_over(kHashListpack, rdb_string(listpack)));
  listpack = ListpackBlob().str("f").str("v").blob();
  listpack[9] = static_cast<char>(0x8a);  // 10 bytes, with head and back-length 12, of which 3 fit
  CHECK(damage_of(kSetListpack, rdb_string(listpack)) ==
        place + "9" + key + "[set-listpack]: element of 12 bytes runs past the blob (13 bytes)");
  CHECK(damage_of(kSetListpack, rdb_string(ListpackBlob().str("f").blob_counted(2))) ==
        place + "4" + key + "[set-listpack]: header says 2 elements, the blob has 1");
  // 12 bytes of ziplist, whose header says 13.
  std::string ziplist = ZiplistBlob().blob();
  ziplist[0] = 12;
  CHECK(damage_of(kListZiplist, rdb_string(ziplist)) ==
        place + "0" + key + "[list-ziplist]: header says 12 bytes, the blob has 11");
  CHECK(damage_of(kSetIntset, rdb_string(Bytes{}.u32le(3).u32le(1).str("abc").view())) ==
        place + "0" + key + "[set-intset]: integers are 3 bytes wide, only 2, 4 and 8 exist");
  CHECK(damage_of(kSetIntset, rdb_string(intset16({}))) ==
        place + "4" + key +
            "[set-intset]: blob has no element, which no server accepts in this type");
  CHECK(damage_of(kHashZipmap, rdb_string(ZipmapBlob().blob())) ==
        place + "0" + key +
            "[hash-zipmap]: blob has no element, which no server accepts in this type");
}

TEST_CASE("decode: a blob too short for a header is told so, in any string encoding") {
  CHECK(damage_of(kHashListpack, rdb_string("abc")) ==
        "byte 15+0: db 3 key \"k\" [hash-listpack]: blob of 3 bytes is shorter than the 7 of an "
        "empty one");
  // C0 05: the integer 5, whose text is one byte.
  CHECK(damage_of(kListZiplist, "\xc0\x05") ==
        "byte 15+0: db 3 key \"k\" [list-ziplist]: blob of 1 bytes is shorter than the 11 of an "
        "empty one");
}

TEST_CASE("decode: a compressed blob has its inner offset in the decompressed bytes") {
  // C3 <stored> <size>, one literal run: the control byte is the size less one.
  std::string listpack = ListpackBlob().str("f").str("v").blob();
  listpack[11] = 3;
  const auto size = static_cast<unsigned>(listpack.size());
  const std::string value =
      Bytes{}.u8(0xc3).u8(size + 1).u8(size).u8(size - 1).str(listpack).string();
  CHECK(damage_of(kHashListpack, value) ==
        "byte 17+11: db 3 key \"k\" [hash-listpack]: back-length says 3, the element has 2 bytes");
}

TEST_CASE("decode: a packed value that has no element is sound but for intset and zipmap") {
  for (const unsigned type : {kHashListpack, kZsetListpack, kSetListpack}) {
    CHECK(events_of(type, rdb_string(ListpackBlob().blob())).size() == 1);
  }
  for (const unsigned type : {kListZiplist, kZsetZiplist, kHashZiplist}) {
    CHECK(events_of(type, rdb_string(ZiplistBlob().blob())).size() == 1);
  }
}

// rdb-format.md section 5, types 25 and 23: field, value, expiry in unix ms, 0 is none.
TEST_CASE("decode: the extended listpack has field, value and expiry, behind the least expiry") {
  const std::string triples =
      rdb_string(ListpackBlob().str("f").str("v").num(4102444800000).str("g").num(7).num(0).blob());
  const Lines events = {"field f", "value v", "expiry 4102444800000",
                        "field g", "value 7", "expiry -1"};
  Lines expected = {"begin hash-listpack-ex 2"};
  expected.insert(expected.end(), events.begin(), events.end());
  // The minimum is only a hint, and may be of no field.
  check_lines(events_of(kListpackEx, Bytes{}.i64le(5).str(triples).view(), kCe), expected);
  expected[0] = "begin hash-listpack-ex-pre-ga 2";
  check_lines(events_of(kListpackExPreGa, triples, kCe), expected);
}

TEST_CASE("decode: an extended listpack that is not made of triples is refused") {
  const std::string pair = rdb_string(ListpackBlob().str("f").str("v").blob());
  CHECK(damage_of(kListpackExPreGa, pair, kCe)
            .starts_with(
                "byte 15+0: db 3 key \"k\" [hash-listpack-ex-pre-ga]: 2 elements do not make "));
}

TEST_CASE("decode: elements of a large blob come whole") {
  ListpackBlob listpack;
  const std::string element(100, 'e');
  for (int i = 0; i < 1000; ++i) listpack.str(element);
  const Lines events = events_of(kSetListpack, rdb_string(listpack.blob()));
  REQUIRE(events.size() == 1001);
  CHECK(events[0] == "begin set-listpack 1000");
  CHECK(events[1000] == "member " + shown(element));
}

TEST_CASE("decode: every prefix of a packed value is told as too short") {
  const std::string value = rdb_string(ListpackBlob().str("f").num(1).blob());
  const std::string file = RdbFile().select(3).entry(kHashListpack, "k", value).cut();
  for (size_t n = kValueOffset; n < file.size(); ++n) {
    CAPTURE(n);
    for (const Depth depth : {Depth::full, Depth::extents}) {
      CHECK(name(walk_file(file.substr(0, n), {.depth = depth}).error.code) == "truncated");
    }
  }
}

}  // namespace rdb
