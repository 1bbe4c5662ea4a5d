// Lists in nodes and module values: rdb/value/quicklist.cc, rdb/value/module.cc. Offsets in
// messages are kValueOffset (14) and more.
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "rdb/value/sink.h"
#include "tests/support/blobs.h"
#include "tests/support/file_walk.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

enum : unsigned { kQuicklist = 14, kQuicklist2 = 18 };

// <container> <str>
std::string plain_node(std::string_view element) { return "\x01" + rdb_string(element); }
std::string packed_node(const ListpackBlob& listpack) {
  return "\x02" + rdb_string(listpack.blob());
}

}  // namespace

TEST_CASE("quicklist: elements of all nodes in order, the number of nodes before") {
  const std::string value = rdb_length(3) + rdb_string(ZiplistBlob().str("a").str("b").blob()) +
                            rdb_string(ZiplistBlob().blob()) +
                            rdb_string(ZiplistBlob().str("c").blob());
  check_lines(events_of(kQuicklist, value),
              {"begin list-quicklist 3", "item a", "item b", "item c"});
}

TEST_CASE("quicklist: packed nodes hold elements, a plain node is one") {
  const std::string value = rdb_length(3) + packed_node(ListpackBlob().str("a").num(7)) +
                            plain_node("bb") + packed_node(ListpackBlob().str("c"));
  check_lines(events_of(kQuicklist2, value),
              {"begin list-quicklist-2 3", "item a", "item 7", "item bb", "item c"});
  const FileWalk walk = walk_value(kQuicklist2, value);
  CHECK(walk.tally[Form::node_packed] == 2);
  CHECK(walk.tally[Form::node_plain] == 1);
}

TEST_CASE("quicklist: a plain node of a megabyte passes in pieces") {
  const std::string element = half_random(1 << 20);
  const std::string value = rdb_length(1) + plain_node(element);
  const FileWalk walk = walk_file(RdbFile().entry(kQuicklist2, "k", value).end());
  CHECK(walk.finished);
  CHECK(walk.pieces >= 16);
  CHECK(walk.lines[3] == "  item " + shown(element));
}

TEST_CASE("quicklist: no node is a sound list of no element") {
  CHECK(events_of(kQuicklist, rdb_length(0)).size() == 1);
  CHECK(events_of(kQuicklist2, rdb_length(0)).size() == 1);
}

TEST_CASE("quicklist: containers other than plain and packed are refused, opened or not") {
  for (const unsigned container : {0U, 3U}) {
    const std::string value = rdb_length(1) + Bytes{}.u8(container).str(rdb_string("x")).string();
    const std::string expected = "byte 15: db 3 key \"k\" [list-quicklist-2]: node container " +
                                 std::to_string(container) +
                                 " is unknown, 1 (plain) and 2 (packed) are known";
    CHECK(damage_of(kQuicklist2, value) == expected);
    const std::string file = RdbFile().select(3).entry(kQuicklist2, "k", value).end();
    CHECK(walk_file(file, {.depth = Depth::extents}).message() == "dump.rdb: " + expected);
  }
}

TEST_CASE("quicklist: an empty plain node is refused") {
  CHECK(damage_of(kQuicklist2, rdb_length(1) + plain_node("")) ==
        "byte 16: db 3 key \"k\" [list-quicklist-2]: plain node is empty");
}

TEST_CASE("quicklist: damage in a later node has that node's offset") {
  std::string bad = ListpackBlob().str("x").blob();
  bad[8] = 9;  // header 6, 81 'x', then the back-length
  const std::string first = packed_node(ListpackBlob().str("a"));  // 1 + 1 + 10 bytes
  const std::string value = rdb_length(2) + first + "\x02" + rdb_string(bad);
  // The second node's blob is at 14 + 1 + 12 + 2.
  CHECK(first.size() == 12);
  CHECK(
      damage_of(kQuicklist2, value) ==
      "byte 29+8: db 3 key \"k\" [list-quicklist-2]: back-length says 9, the element has 2 bytes");
  std::string ziplist = ZiplistBlob().str("x").blob();
  ziplist.back() = 0;
  CHECK(damage_of(kQuicklist, rdb_length(1) + rdb_string(ziplist)) ==
        "byte 16+13: db 3 key \"k\" [list-quicklist]: the last of the blob's 14 bytes, and none "
        "before it, should be the end mark ff");
}

TEST_CASE("quicklist: 2^40 nodes are only too short a file") {
  for (const unsigned type : {kQuicklist, kQuicklist2}) {
    const std::string file = RdbFile().entry(type, "k", rdb_length(uint64_t{1} << 40)).cut();
    for (const Depth depth : {Depth::full, Depth::extents}) {
      CHECK(name(walk_file(file, {.depth = depth}).error.code) == "truncated");
    }
  }
}

}  // namespace rdb
