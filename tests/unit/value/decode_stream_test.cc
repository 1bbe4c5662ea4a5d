// Streams: rdb/value/stream.cc. Values are by hand after rdb-format.md section 4.6; offsets in
// messages are kValueOffset (14) and more.
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

enum : unsigned { kStream1 = 15, kStream2 = 19, kStream3 = 21 };
enum : int64_t { kNone = 0, kDeleted = 1, kSameFields = 2 };

std::string raw_id(uint64_t ms, uint64_t seq) { return Bytes{}.u64be(ms).u64be(seq).string(); }

// <str key> <str listpack>
std::string node(uint64_t ms, uint64_t seq, std::string_view listpack) {
  return rdb_string(raw_id(ms, seq)) + rdb_string(listpack);
}

// Two lengths.
std::string id(uint64_t ms, uint64_t seq) { return rdb_length(ms) + rdb_length(seq); }

// Master entry: count, deleted, fields "f" and "g", 0.
ListpackBlob master(int64_t count, int64_t deleted) {
  return ListpackBlob().num(count).num(deleted).num(2).str("f").str("g").num(0);
}

// One entry with the master's fields.
ListpackBlob one_entry() {
  return master(1, 0).num(kSameFields).num(0).num(0).str("1").str("2").num(5);
}

// What stands behind the nodes in form 1, without groups: length, last id, no groups.
std::string tail(uint64_t length) { return rdb_length(length) + id(9, 0) + rdb_length(0); }

// A form 1 stream of one node with key 5-1.
std::string stream_of(const ListpackBlob& listpack, uint64_t length = 1) {
  return rdb_length(1) + node(5, 1, listpack.blob()) + tail(length);
}

// The node's listpack in stream_of() begins at 14 + 1 + 17 and one or two bytes of length.
std::string damage(const ListpackBlob& listpack) {
  const std::string place = damage_of(kStream1, stream_of(listpack));
  const std::string offset = "byte " + std::to_string(listpack.blob().size() < 64 ? 33 : 34) + "+";
  const std::string key = ": db 3 key \"k\" [stream-listpacks]: ";
  REQUIRE(place.starts_with(offset));
  REQUIRE(place.find(key) != std::string::npos);
  return place.substr(offset.size(), place.find(':') - offset.size()) + ": " +
         place.substr(place.find(key) + key.size());
}

}  // namespace

TEST_CASE("stream: entries with the fields of the master entry, and with their own") {
  const ListpackBlob listpack = master(2, 0)
                                    .num(kSameFields)
                                    .num(0)
                                    .num(0)
                                    .str("1")
                                    .num(-2)
                                    .num(5)
                                    .num(kNone)
                                    .num(3)
                                    .num(7)
                                    .num(1)
                                    .str("h")
                                    .str("3")
                                    .num(6);
  check_lines(events_of(kStream1, stream_of(listpack, 2)),
              {"begin stream-listpacks 1", "entry 5-1 fields 2", "field f", "value 1", "field g",
               "value -2", "entry 8-8 fields 1", "field h", "value 3",
               "stream length 2 last 9-0 groups 0"});
}

TEST_CASE("stream: tombstones are entries too, marked as deleted") {
  const ListpackBlob listpack = master(1, 1)
                                    .num(kSameFields | kDeleted)
                                    .num(0)
                                    .num(0)
                                    .str("1")
                                    .str("2")
                                    .num(5)
                                    .num(kDeleted)
                                    .num(1)
                                    .num(0)
                                    .num(0)
                                    .num(4)
                                    .num(kNone)
                                    .num(2)
                                    .num(0)
                                    .num(0)
                                    .num(4);
  CHECK(damage(listpack) == "16: stream node declares 1 deleted entries, it has 2");
  const ListpackBlob sound = master(1, 1)
                                 .num(kSameFields | kDeleted)
                                 .num(0)
                                 .num(0)
                                 .str("1")
                                 .str("2")
                                 .num(5)
                                 .num(kNone)
                                 .num(1)
                                 .num(0)
                                 .num(0)
                                 .num(4);
  check_lines(events_of(kStream1, stream_of(sound)),
              {"begin stream-listpacks 1", "entry 5-1 fields 2 deleted", "field f", "value 1",
               "field g", "value 2", "entry 6-1 fields 0", "stream length 1 last 9-0 groups 0"});
}

// rdb-format.md 4.6: "add to nodekey modulo 2^64, deltas may be negative".
TEST_CASE("stream: differences to the node key are signed, and sums wrap") {
  const auto entry = [](int64_t ms, int64_t seq) {
    return stream_of(master(1, 0).num(kNone).num(ms).num(seq).num(0).num(4));
  };
  CHECK(events_of(kStream1, entry(1, -1))[1] == "entry 6-0 fields 0");
  CHECK(events_of(kStream1, entry(-5, -2))[1] == "entry 0-18446744073709551615 fields 0");
  CHECK(events_of(kStream1, entry(INT64_MIN, INT64_MAX))[1] ==
        "entry 9223372036854775813-9223372036854775808 fields 0");
}

TEST_CASE("stream: a stream of no node is sound in each form") {
  const std::string nothing = rdb_length(0) + rdb_length(0) + id(0, 0);
  check_lines(events_of(kStream1, nothing + rdb_length(0)),
              {"begin stream-listpacks 0", "stream length 0 last 0-0 groups 0"});
  const std::string history = id(0, 0) + id(3, 4) + rdb_length(17) + rdb_length(0);
  for (const unsigned type : {kStream2, kStream3}) {
    CHECK(events_of(type, nothing + history).back() ==
          "stream length 0 last 0-0 first 0-0 max-deleted 3-4 added 17 groups 0");
  }
}

TEST_CASE("stream: groups, pending entries and consumers in each form") {
  for (const unsigned form : {kStream1, kStream2, kStream3}) {
    CAPTURE(form);
    std::string value = rdb_length(1) + node(5, 1, one_entry().blob()) + rdb_length(1) + id(5, 1);
    if (form != kStream1) value += id(5, 1) + id(0, 0) + rdb_length(1);
    value += rdb_length(2);  // groups
    value += rdb_string("g1") + id(5, 1);
    if (form != kStream1) value += rdb_length(1);
    value += rdb_length(1) + raw_id(5, 1) + Bytes{}.i64le(1700000000000).string() + rdb_length(3);
    value += rdb_length(2);  // consumers
    value += rdb_string("c1") + Bytes{}.i64le(1700000000001).string();
    if (form == kStream3) value += Bytes{}.i64le(-1).string();
    value += rdb_length(0);
    value += rdb_string("c2") + Bytes{}.i64le(1700000000002).string();
    if (form == kStream3) value += Bytes{}.i64le(1700000000003).string();
    value += rdb_length(1) + raw_id(5, 1);
    value += rdb_string("g2") + id(0, 0);
    // Entries read: unknown, written as 2^64-1.
    if (form != kStream1) value += Bytes{}.u8(0x81).u64be(UINT64_MAX).string();
    value += rdb_length(0) + rdb_length(0);

    const Lines events = events_of(form, value);
    const std::string read = form == kStream1 ? "" : " read 1";
    const std::string unread = form == kStream1 ? "" : " read ?";
    const std::string never = form == kStream3 ? " active -1" : "";
    const std::string active = form == kStream3 ? " active 1700000000003" : "";
    const std::string history = form == kStream1 ? "" : " first 5-1 max-deleted 0-0 added 1";
    REQUIRE(events.size() > 6);
    check_lines({events.begin() + 6, events.end()},
                {"stream length 1 last 5-1" + history + " groups 2", "group-name g1",
                 "group last 5-1" + read + " pending 1", "pending 5-1 at 1700000000000 times 3",
                 "consumer-name c1", "consumer seen 1700000000001" + never + " pending 0",
                 "consumer-name c2", "consumer seen 1700000000002" + active + " pending 1",
                 "owned 5-1", "group-name g2", "group last 0-0" + unread + " pending 0"});
  }
}

// testdata/vectors.json: a value of type 21 as Valkey 8.0 wrote it, and what it held.
TEST_CASE("stream: what Valkey 8.0 wrote reads as what it held") {
  const Vector& vector = vector_named("stream_v3_value");
  REQUIRE(vector.meaning.find("4 XADDs (one not SAMEFIELDS), one XDEL") != std::string::npos);
  const Lines events = events_of(kStream3, vector.bytes.substr(1));
  Lines live;
  bool is_deleted = false;
  for (const std::string& event : events) {
    if (event.starts_with("entry ")) is_deleted = event.ends_with(" deleted");
    if (!is_deleted || event.starts_with("stream ")) live.push_back(event);
    if (event.starts_with("stream ")) is_deleted = false;
  }
  // "entries" of the vector: 5-1 f 1 g x, 6-0 h 3, 7-0 f 4 g z.
  const Lines expected = {"begin stream-listpacks-3 1",
                          "entry 5-1 fields 2",
                          "field f",
                          "value 1",
                          "field g",
                          "value x",
                          "entry 6-0 fields 1",
                          "field h",
                          "value 3",
                          "entry 7-0 fields 2",
                          "field f",
                          "value 4",
                          "field g",
                          "value z"};
  REQUIRE(live.size() > expected.size());
  check_lines({live.begin(), live.begin() + static_cast<int64_t>(expected.size())}, expected);
  CHECK(live[expected.size()].starts_with("stream length 3 last 7-0 first 5-1 "));
}

TEST_CASE("stream: a node key that is not 16 bytes is refused, opened or not") {
  const std::string value = rdb_length(1) + rdb_string("15 bytes of key") + tail(1);
  const std::string expected =
      "byte 15: db 3 key \"k\" [stream-listpacks]: stream node key has 15 bytes, not 16";
  CHECK(damage_of(kStream1, value) == expected);
  const std::string file = RdbFile().select(3).entry(kStream1, "k", value).end();
  CHECK(walk_file(file, {.depth = Depth::extents}).message() == "dump.rdb: " + expected);
}

TEST_CASE("stream: entries without a node are refused, opened or not") {
  const std::string expected =
      "byte 14: db 3 key \"k\" [stream-listpacks]: stream of 7 entries has no nodes";
  CHECK(damage_of(kStream1, rdb_length(0) + tail(7)) == expected);
  const std::string file = RdbFile().select(3).entry(kStream1, "k", rdb_length(0) + tail(7)).end();
  CHECK(walk_file(file, {.depth = Depth::extents}).message() == "dump.rdb: " + expected);
}

TEST_CASE("stream: a node without elements is refused") {
  CHECK(damage(ListpackBlob()) == "0: stream node is empty");
}

TEST_CASE("stream: a node that does not begin with a master entry is refused") {
  const std::string words = "0: stream node does not begin with a master entry";
  CHECK(damage(ListpackBlob().num(1)) == words);
  CHECK(damage(ListpackBlob().num(1).num(0)) == words);
  CHECK(damage(ListpackBlob().str("x").num(0).num(0).num(0)) ==
        "6: stream node declares -9223372036854775808 entries, it has 0");
  CHECK(damage(ListpackBlob().num(0).num(-1).num(0).num(0)) ==
        "16: stream node declares -1 deleted entries, it has 0");
  CHECK(damage(ListpackBlob().num(0).num(0).num(-1).num(0)) == words);
  CHECK(damage(ListpackBlob().num(0).num(0).num(2).str("f").num(0)) == words);
  CHECK(damage(ListpackBlob().num(0).num(0).num(1).str("f").num(1)) == words);
  CHECK(damage(ListpackBlob().num(0).num(0).num(INT64_MAX).str("f").num(0)) == words);
  CHECK(damage(ListpackBlob().num(0).num(0).num(1).str("f").str("x")) == words);
}

TEST_CASE("stream: integers kept as text are integers, as they are to servers") {
  const ListpackBlob listpack =
      ListpackBlob().str("1").str("0").str("0").str("0").str("0").str("3").str("4").str("0").str(
          "4");
  CHECK(events_of(kStream1, stream_of(listpack))[1] == "entry 8-5 fields 0");
}

TEST_CASE("stream: a node that counts its entries wrongly is refused") {
  CHECK(damage(master(2, 0).num(kSameFields).num(0).num(0).str("1").str("2").num(5)) ==
        "6: stream node declares 2 entries, it has 1");
  CHECK(damage(master(0, 0).num(kSameFields).num(0).num(0).str("1").str("2").num(5)) ==
        "6: stream node declares 0 entries, it has 1");
}

// The two counts are the first elements, at 6 and 16.
TEST_CASE("stream: an entry counted as deleted that is not is refused") {
  CHECK(damage(master(1, 1).num(kSameFields).num(0).num(0).str("1").str("2").num(5)) ==
        "16: stream node declares 1 deleted entries, it has 0");
}

// The master entry takes 6 + 3*10 + 2*3 + 10 = 52 bytes: flags, ms, seq are at 52, 62, 72.
TEST_CASE("stream: an entry without flags, id and fields is refused at its place") {
  const std::string words =
      "52: stream entry has no flags, id and field count in integers of "
      "their range";
  CHECK(damage(master(1, 0).str("x").num(0).num(0)) == words);
  CHECK(damage(master(1, 0).num(kNone)) == words);
  CHECK(damage(master(1, 0).num(kNone).num(0).str("x")) == words);
  CHECK(damage(master(1, 0).num(kNone).num(0).num(0).num(-1)) == words);
  CHECK(damage(master(1, 0).num(kNone).num(0).num(0).num(INT64_MAX)) == words);
  CHECK(damage(master(1, 0).num(kSameFields).num(0).num(0).str("1")) == words);
  CHECK(damage(master(1, 0).num(kNone).num(0).num(0).num(1).str("f")) == words);
}

TEST_CASE("stream: an entry whose length in elements is wrong is refused at that length") {
  // With the master's fields: 2 + 3. Values "1" and "2" take 3 bytes each: 52 + 30 + 6 = 88.
  CHECK(damage(master(1, 0).num(kSameFields).num(0).num(0).str("1").str("2").num(4)) ==
        "88: stream entry says it is 4 elements long, it has 5");
  // With its own: 2 * 1 + 4; flags, ms, seq, 1, "f", "v" end at 52 + 40 + 6 = 98.
  CHECK(damage(master(1, 0).num(kNone).num(0).num(0).num(1).str("f").str("v").num(5)) ==
        "98: stream entry says it is 5 elements long, it has 6");
}

TEST_CASE("stream: damage of a node's listpack goes before what it made us miss") {
  std::string blob = one_entry().blob();
  blob[62] = static_cast<char>(0xf5);  // the element ms of the entry: no encoding
  const std::string value = rdb_length(1) + node(5, 1, blob) + tail(1);
  CHECK(damage_of(kStream1, value) ==
        "byte 34+62: db 3 key \"k\" [stream-listpacks]: element begins with byte 0xf5, which is no "
        "encoding");
  const std::string file = RdbFile().select(3).entry(kStream1, "k", value).end();
  CHECK(walk_file(file, {.depth = Depth::extents}).finished);
}

TEST_CASE("stream: counts of 2^40 are only too short a file") {
  const std::string many = rdb_length(uint64_t{1} << 40);
  const std::string values[] = {
      many,                                             // nodes
      rdb_length(0) + rdb_length(0) + id(0, 0) + many,  // groups
      rdb_length(0) + rdb_length(0) + id(0, 0) + rdb_length(1) + rdb_string("g") + id(0, 0) + many,
      rdb_length(0) + rdb_length(0) + id(0, 0) + rdb_length(1) + rdb_string("g") + id(0, 0) +
          rdb_length(0) + many,  // consumers
  };
  for (const std::string& value : values) {
    const std::string file = RdbFile().entry(kStream1, "k", value).cut();
    for (const Depth depth : {Depth::full, Depth::extents}) {
      CHECK(name(walk_file(file, {.depth = depth}).error.code) == "truncated");
    }
  }
}

TEST_CASE("stream: every prefix of a stream is told as too short") {
  const std::string value = vector_named("stream_v3_value").bytes.substr(1);
  const std::string file = RdbFile().select(3).entry(kStream3, "k", value).cut();
  for (size_t n = kValueOffset; n < file.size(); ++n) {
    CAPTURE(n);
    for (const Depth depth : {Depth::full, Depth::extents}) {
      CHECK(name(walk_file(file.substr(0, n), {.depth = depth}).error.code) == "truncated");
    }
  }
}

}  // namespace rdb
