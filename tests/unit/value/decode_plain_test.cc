// Values that stand element by element: rdb/value/plain.cc. Value bytes are by hand after
// rdb-format.md sections 4, 4.7 and 5; offsets in messages are kValueOffset (14) and more.
#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "rdb/base/limits.h"
#include "rdb/value/decode.h"
#include "tests/support/file_walk.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

enum : unsigned { kString = 0, kList = 1, kSet = 2, kZset = 3, kHash = 4, kZset2 = 5 };
enum : unsigned { kHash2 = 22, kMetadataPreGa = 22, kMetadata = 24 };
constexpr std::string_view kValkey9 = "VALKEY080";
constexpr std::string_view kCe = "REDIS0012";

std::string i64(int64_t v) { return Bytes{}.i64le(v).string(); }
std::string f64(double v) { return Bytes{}.f64le(v).string(); }

// Everything up to the last byte is too short, opened or stepped over.
void check_every_prefix(unsigned type, const std::string& value, std::string_view header) {
  const std::string file = RdbFile(header).select(3).entry(type, "k", value).cut();
  for (size_t n = kValueOffset; n < file.size(); ++n) {
    for (const Depth depth : {Depth::full, Depth::extents}) {
      const FileWalk walk = walk_file(std::string_view(file).substr(0, n), {.depth = depth});
      CAPTURE(n);
      CHECK(name(walk.error.code) == "truncated");
      CHECK(walk.error.key == "k");
      CHECK(walk.error.db == 3);
    }
  }
}

}  // namespace

TEST_CASE("decode: a string is one item") {
  check_lines(events_of(kString, rdb_string("value")), {"begin string 1", "item value"});
  check_lines(events_of(kString, rdb_string("")), {"begin string 1", "item "});
  // C1 39 30: the integer 12345 in 16 bits, little-endian.
  check_lines(events_of(kString, "\xc1\x39\x30"), {"begin string 1", "item 12345"});
}

TEST_CASE("decode: a string of a megabyte is one item in pieces") {
  const std::string plain = half_random(1 << 20);
  const std::string file = RdbFile().entry(kString, "k", rdb_string(plain)).end();
  const FileWalk walk = walk_file(file);
  CHECK(walk.finished);
  CHECK(walk.pieces >= 16);
  CHECK(walk.lines[3] == "  item " + shown(plain));
}

TEST_CASE("decode: a list and a set give their elements in the order of the file") {
  const std::string value = rdb_length(3) + rdb_string("c") + rdb_string("") + "\xc0\xff";
  check_lines(events_of(kList, value), {"begin list 3", "item c", "item ", "item -1"});
  check_lines(events_of(kSet, value), {"begin set 3", "member c", "member ", "member -1"});
}

TEST_CASE("decode: collections without an element are sound") {
  for (const unsigned type : {kList, kSet, kZset, kHash, kZset2}) {
    CAPTURE(type);
    const Lines events = events_of(type, rdb_length(0));
    REQUIRE(events.size() == 1);
    CHECK(events[0].ends_with(" 0"));
  }
}

TEST_CASE("decode: a sorted set has scores as text, marks or binary64") {
  const std::string text = rdb_length(3) + rdb_string("a") + "\x03" + "1.5" + rdb_string("b") +
                           "\xfe" + rdb_string("c") + "\xff";
  check_lines(events_of(kZset, text), {"begin zset 3", "member a", "score 1.5", "member b",
                                       "score inf", "member c", "score -inf"});
  const std::string binary = rdb_length(2) + rdb_string("a") + f64(-0.0) + rdb_string("b") +
                             vector_named("dbl_bin_0.1").bytes;
  check_lines(events_of(kZset2, binary),
              {"begin zset-2 2", "member a", "score -0", "member b", "score 0.10000000000000001"});
}

TEST_CASE("decode: a hash gives field, value, field, value") {
  const std::string value =
      rdb_length(2) + rdb_string("f") + rdb_string("1") + rdb_string("g") + rdb_string("");
  check_lines(events_of(kHash, value), {"begin hash 2", "field f", "value 1", "field g", "value "});
}

TEST_CASE("decode: a score that is NaN or no number is refused at its place") {
  const std::string member = rdb_length(1) + rdb_string("a");  // 3 bytes, the score is at 17
  const std::string at = "byte 17: db 3 key \"k\" [zset]: ";
  CHECK(damage_of(kZset, member + "\xfd") == at + "score is not a number (NaN)");
  CHECK(damage_of(kZset, member + "\x03nan") == at + "score is not a number (NaN)");
  CHECK(damage_of(kZset, member + '\0') == at + "score is no number but \"\"");
  CHECK(damage_of(kZset, member + "\x01x") == at + "score is no number but \"x\"");
  CHECK(damage_of(kZset2, member + f64(std::numeric_limits<double>::quiet_NaN())) ==
        "byte 17: db 3 key \"k\" [zset-2]: score is not a number (NaN)");
}

TEST_CASE("decode: a NaN score is refused where values are stepped over, too") {
  for (const auto& [type, score] : {std::pair<unsigned, std::string>{kZset, "\xfd"},
                                    {kZset2, f64(std::numeric_limits<double>::quiet_NaN())}}) {
    const std::string file =
        RdbFile().entry(type, "k", rdb_length(1) + rdb_string("a") + score).end();
    const FileWalk walk = walk_file(file, {.depth = Depth::extents});
    CHECK(name(walk.error.code) == "nan_score");
  }
}

TEST_CASE("decode: a damaged element has its place, whatever the type around it") {
  // 01 c4: one element, of string encoding 4.
  CHECK(damage_of(kList, "\x01\xc4") ==
        "byte 15: db 3 key \"k\" [list]: string encoding 4 is unknown, 0 to 3 are known");
  // 85: no length begins so.
  CHECK(damage_of(kSet, "\x85") ==
        "byte 14: db 3 key \"k\" [set]: length begins with byte 0x85, none of 00-7f, 80, 81");
  // 01 01 'f' c3 02 06 | 05 'x': a field and a compressed value whose token is cut.
  CHECK(damage_of(kHash, rdb_length(1) + rdb_string("f") + "\xc3\x02\x06\x05x") ==
        "byte 20+0: db 3 key \"k\" [hash]: compressed string ends inside a token of 7 bytes, 2 are "
        "left");
}

TEST_CASE("decode: a count of 2^64-1 or 2^40 is no reason to allocate, only too short a file") {
  for (const uint64_t n : {UINT64_MAX, uint64_t{1} << 40}) {
    for (const unsigned type : {kList, kSet, kZset, kHash, kZset2}) {
      const std::string file = RdbFile().entry(type, "k", rdb_length(n)).cut();
      for (const Depth depth : {Depth::full, Depth::extents}) {
        const FileWalk walk = walk_file(file, {.depth = depth});
        CHECK(name(walk.error.code) == "truncated");
      }
    }
  }
}

TEST_CASE("decode: every prefix of every plain value is told as too short") {
  const std::string pair = rdb_string("f") + rdb_string("v");
  check_every_prefix(kString, rdb_string("value"), "REDIS0011");
  check_every_prefix(kList, rdb_length(2) + pair, "REDIS0011");
  check_every_prefix(kSet, rdb_length(2) + pair, "REDIS0011");
  check_every_prefix(kHash, rdb_length(1) + pair, "REDIS0011");
  check_every_prefix(kZset, rdb_length(1) + rdb_string("m") + "\x03" + "1.5", "REDIS0011");
  check_every_prefix(kZset2, rdb_length(1) + rdb_string("m") + f64(1.5), "REDIS0011");
  check_every_prefix(kHash2, rdb_length(1) + pair + i64(-1), kValkey9);
  check_every_prefix(kMetadata, i64(1000) + rdb_length(1) + rdb_length(5) + pair, kCe);
  check_every_prefix(kMetadataPreGa, rdb_length(1) + rdb_length(5) + pair, kCe);
}

// testdata/vectors.json, hash2_*: as Valkey 9.1.2 writes and judges them.
TEST_CASE("decode: fields of hash-2 have expiries in unix ms, -1 is none, 0 is a time") {
  const auto value = [](const char* name) { return vector_named(name).bytes.substr(1); };
  check_lines(
      events_of(kHash2, value("hash2_value_written"), kValkey9),
      {"begin hash-2 3", "field f1", "value v1", "expiry 4102444800000", "field f2", "value 12345",
       "expiry -1", "field f3", "value " + std::string(30, 'x'), "expiry 4102444800001"});
  check_lines(
      events_of(kHash2, value("hash2_ttl_zero"), kValkey9),
      {"begin hash-2 2", "field a", "value 1", "expiry 0", "field b", "value 2", "expiry -1"});
}

TEST_CASE("decode: a field expiry below -1 is refused, opened or not") {
  const std::string value = vector_named("hash2_bad_ttl_minus2").bytes.substr(1);
  // 01 01 'a' 01 '1' and the expiry, which is at 14 + 5.
  const std::string expected =
      "byte 19: db 3 key \"k\" [hash-2]: field expiry is below -1, which stands for none";
  CHECK(damage_of(kHash2, value, kValkey9) == expected);
  const std::string file = RdbFile(kValkey9).select(3).entry(kHash2, "k", value).end();
  const FileWalk walk = walk_file(file, {.depth = Depth::extents});
  CHECK(walk.message() == "dump.rdb: " + expected);
}

// rdb-format.md section 5, type 24: ttl 0 none, else ttl + minExpire - 1.
TEST_CASE("decode: expiries of hash-metadata count from the least one of the hash") {
  const std::string value = i64(4102444799995) + rdb_length(3) +                  //
                            rdb_length(6) + rdb_string("f1") + rdb_string("a") +  //
                            rdb_length(1) + rdb_string("f2") + rdb_string("b") +  //
                            rdb_length(0) + rdb_string("f3") + rdb_string("c");
  check_lines(events_of(kMetadata, value, kCe),
              {"begin hash-metadata 3", "field f1", "value a", "expiry 4102444800000", "field f2",
               "value b", "expiry 4102444799995", "field f3", "value c", "expiry -1"});
}

TEST_CASE("decode: expiries of the pre-release hash-metadata are unix ms, 0 is none") {
  const std::string value = rdb_length(2) + rdb_length(4102444800000) + rdb_string("f") +
                            rdb_string("a") + rdb_length(0) + rdb_string("g") + rdb_string("b");
  check_lines(events_of(kMetadataPreGa, value, kCe),
              {"begin hash-metadata-pre-ga 2", "field f", "value a", "expiry 4102444800000",
               "field g", "value b", "expiry -1"});
}

TEST_CASE("decode: an expiry arithmetic beyond int64 wraps, it does not crash") {
  const int64_t least = std::numeric_limits<int64_t>::min();
  const std::string value =
      i64(least) + rdb_length(1) + rdb_length(UINT64_MAX) + rdb_string("f") + rdb_string("a");
  // 2^64-1 + -2^63 - 1 = 2^63 - 2 modulo 2^64.
  CHECK(events_of(kMetadata, value, kCe).back() == "expiry 9223372036854775806");
}

// testdata/vectors.json, file_redis8.0_rdb12_hfe: written by Redis CE 8.0.2, with its expiries.
TEST_CASE("decode: field expiries of a Redis 8.0 file are those that the server had") {
  const FileWalk walk = walk_at_every_step(vector_named("file_redis8.0_rdb12_hfe").bytes);
  CHECK(walk.finished);
  CHECK(walk.checksum == Checksum::verified);
  Lines hashes;
  for (const std::string& line : walk.lines) {
    const bool is_event = line.starts_with("  field") || line.starts_with("  expiry");
    if (line.starts_with("entry") || is_event) hashes.push_back(line);
  }
  check_lines(hashes, {"entry db 0 key p hash-listpack-ex", "  field a", "  expiry -1",
                       "entry db 0 key l hash-listpack-ex", "  field f2", "  expiry 4102444799995",
                       "  field f1", "  expiry 4102444800000", "  field f3", "  expiry -1",
                       "entry db 0 key b hash-metadata", "  field f3", "  expiry -1", "  field f2",
                       "  expiry 4102444799995", "  field f1", "  expiry 4102444800000"});
}

}  // namespace rdb
