#include "rdb/carry/division.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace rdb {
namespace {

// The slots of each part, "; " between them, or what is wrong.
std::string by_ranges(std::string_view text) {
  std::vector<Division> parts;
  std::string out;
  if (!divide_by_ranges(text, parts, out)) return out;
  for (const Division& part : parts) out += (out.empty() ? "" : "; ") + to_text(part.slots);
  return out;
}

std::string evenly(unsigned nodes) {
  std::string out;
  for (const Division& part : divide_evenly(nodes)) {
    out += (out.empty() ? "" : "; ") + to_text(part.slots);
  }
  return out;
}

std::string by_nodes(std::string_view text) {
  std::vector<Division> parts;
  std::string out;
  if (!divide_by_nodes(text, parts, out)) return out;
  for (const Division& part : parts) {
    out += (out.empty() ? "" : "; ") + part.node + " " + part.address + " " + to_text(part.slots);
  }
  return out;
}

}  // namespace

TEST_CASE("division: each range is a part") {
  CHECK(by_ranges("0-5460,5461-10922,10923-16383") == "0-5460; 5461-10922; 10923-16383");
  CHECK(by_ranges("16383,0-16382") == "16383; 0-16382");
  CHECK(by_ranges("0-16383") == "0-16383");
}

TEST_CASE("division: ranges that overlap, end before they begin, or leave slots out are refused") {
  CHECK(by_ranges("0-5460,5460-16383") == "slot 5460 is in both 0-5460 and 5460-16383");
  CHECK(by_ranges("5460-0") == "the range 5460-0 ends before it begins");
  CHECK(by_ranges("0-5460,5462-16383") == "slot 5461 is in no range");
  CHECK(by_ranges("0-5460,6000-16383") == "slots 5461-5999 are in no range");
  CHECK(by_ranges("1-16383") == "slot 0 is in no range");
  CHECK(by_ranges("0-16382") == "slot 16383 is in no range");
  CHECK(by_ranges("0-16384") ==
        "\"0-16384\" is no slot from 0 to 16383 and no range FIRST-LAST of them");
  CHECK(by_ranges("") == "\"\" is no slot from 0 to 16383 and no range FIRST-LAST of them");
}

// What `valkey-cli --cluster create` prints for so many masters.
TEST_CASE("division: slots are given to nodes as valkey-cli gives them") {
  CHECK(evenly(1) == "0-16383");
  CHECK(evenly(3) == "0-5460; 5461-10922; 10923-16383");
  CHECK(evenly(4) == "0-4095; 4096-8191; 8192-12287; 12288-16383");
  CHECK(evenly(5) == "0-3276; 3277-6553; 6554-9829; 9830-13106; 13107-16383");
  CHECK(evenly(6) == "0-2730; 2731-5460; 5461-8191; 8192-10922; 10923-13652; 13653-16383");
}

TEST_CASE("division: among any number of nodes every slot has one") {
  for (const unsigned nodes : {2U, 7U, 16U, 255U, 1000U, 4097U, 16383U, 16384U}) {
    CAPTURE(nodes);
    const std::vector<Division> parts = divide_evenly(nodes);
    CHECK(parts.size() == nodes);
    unsigned next = 0;
    for (const Division& part : parts) {
      REQUIRE(part.slots.size() == 1);
      CHECK(part.slots[0].first == next);
      CHECK(part.slots[0].last >= next);
      next = part.slots[0].last + 1;
    }
    CHECK(next == kSlots);
  }
}

// The lines of a nodes.conf of valkey 8.0 with three masters, of which one is myself, a replica and
// a master without slots.
constexpr std::string_view kNodesConf =
    "07c3 127.0.0.1:7000@17000,host-a,tls-port=0,shard-id=69bc myself,master - 0 0 1 connected "
    "0-5460 5798\n"
    "67ed 127.0.0.1:7001@17001,,tls-port=0,shard-id=114f master - 0 1426238316232 2 connected "
    "5461-5797 5799-10922 [93-<-07c3]\n"
    "292f 127.0.0.1:7002@17002 master,fail? - 0 1426238318243 3 disconnected 10923-16383 "
    "[16383->-67ed]\n"
    "6ec2 127.0.0.1:7003@17003 slave 67ed 0 1426238317239 2 connected\n"
    "824f 127.0.0.1:7004@17004 master - 0 1426238317741 4 connected\n"
    "vars currentEpoch 6 lastVoteEpoch 0\n";

TEST_CASE("division: masters with slots in a nodes.conf are the parts, slots on their way too") {
  CHECK(by_nodes(kNodesConf) ==
        "07c3 127.0.0.1:7000@17000,host-a,tls-port=0,shard-id=69bc 0-5460,5798; "
        "67ed 127.0.0.1:7001@17001,,tls-port=0,shard-id=114f 5461-5797,5799-10922; "
        "292f 127.0.0.1:7002@17002 10923-16383");
}

TEST_CASE("division: CLUSTER NODES with CRLF and without the line of vars is read") {
  CHECK(by_nodes("a :0 master,myself - 0 0 0 connected 0-16383\r\n\r\n") == "a :0 0-16383");
  CHECK(by_nodes("a :0 master - 0 0 0 connected 0-16383") == "a :0 0-16383");
}

TEST_CASE("division: a nodes.conf without slots, or with too few or too many, is refused") {
  CHECK(by_nodes("") == "no node has slots");
  CHECK(by_nodes("a :0 myself,master - 0 0 0 connected\nvars currentEpoch 0 lastVoteEpoch 0\n") ==
        "no node has slots");
  CHECK(by_nodes("a :0 master - 0 0 0 connected 0-100 200-16383\n") ==
        "slots 101-199 are in no node");
  CHECK(by_nodes("a :0 master - 0 0 0 connected 0-100\nb :0 master - 0 0 0 connected 100-16383") ==
        "line 2: slot 100 is in both 0-100 and 100-16383");
  CHECK(by_nodes("a :0 slave b 0 0 0 connected 0-16383\n") == "line 1: has slots and is no master");
  CHECK(by_nodes("a :0 master - 0 0 0 connected x\n") ==
        "line 1: \"x\" is no slot from 0 to 16383 and no range FIRST-LAST of them");
  CHECK(by_nodes("# db0:keys=1\n") ==
        "line 1: is no line of CLUSTER NODES, which has eight words before the slots");
}

TEST_CASE("division: the id of a node, which names a file, is letters and digits") {
  const auto by_id = [](std::string id) {
    return by_nodes(id + " :0 master - 0 0 0 connected 0-16383\n");
  };
  CHECK(by_id(std::string(40, 'f')) == std::string(40, 'f') + " :0 0-16383");
  CHECK(by_id("../../x") == "line 1: \"../../x\" is no id of a node: 1 to 40 letters and digits");
  CHECK(by_id("a\x1b[2J") ==
        "line 1: \"a\\x1b[2J\" is no id of a node: 1 to 40 letters and digits");
  CHECK(by_id("a\xe2\x80\xae") ==
        "line 1: \"a\\xe2\\x80\\xae\" is no id of a node: 1 to 40 letters and digits");
  CHECK(by_id("") == "line 1: \"\" is no id of a node: 1 to 40 letters and digits");
  CHECK(by_id(std::string(41, 'f')) ==
        "line 1: \"" + std::string(41, 'f') + "\" is no id of a node: 1 to 40 letters and digits");
}

}  // namespace rdb
