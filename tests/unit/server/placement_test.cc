#include "rdb/server/placement.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

std::vector<Finding> find(const std::string& file, const char* slots, const char* target = "",
                          uint64_t databases = 0) {
  std::optional<SlotSet> set;
  std::string why;
  if (slots != nullptr) REQUIRE(set.emplace().add(slots, why));
  Loading loading;
  loading.target = find_target(target);
  loading.is_cluster = true;
  loading.databases = databases;
  Placement placement(loading, set);
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  for (Record record; reader.next(record);) placement.add(record);
  REQUIRE(reader.finished());
  std::vector<Finding> out;
  placement.find(out);
  return out;
}

}  // namespace

// CLUSTER KEYSLOT says foo 12182, bar 5061, hello 866.
TEST_CASE("placement: keys outside the slots of a node are found and counted") {
  const std::string file =
      RdbFile().select(0).string("hello", "1").string("foo", "2").string("bar", "3").end();
  CHECK(find(file, nullptr).empty());
  CHECK(find(file, "866,5061,12182").empty());
  const std::vector<Finding> got = find(file, "0-5000");
  REQUIRE(got.size() == 1);
  CHECK(got[0].name == "cluster_slot");
  CHECK(got[0].key == "foo");
  CHECK(got[0].count == 2);
  CHECK(got[0].words ==
        "the key is in slot 12182, which is not among those of the node; the server deletes it "
        "unless no node has the slot");
  CHECK(status(got) == Status::unexpected);
}

// Seen: redis 7.0.15 keeps such keys, valkey 8.0.1, 8.1.1 and 9.1.2 delete them.
TEST_CASE("placement: keys of other slots are deleted by Valkey from 8.0 on, and kept by others") {
  const std::string file = RdbFile().select(0).string("foo", "2").end();
  for (const char* target : {"valkey-8.0", "valkey-8.1", "valkey-9.1"}) {
    CHECK(find(file, "0-5000", target).at(0).severity == Severity::drops);
  }
  for (const char* target : {"redis-6.0", "redis-7.2", "valkey-7.2"}) {
    const Finding got = find(file, "0-5000", target).at(0);
    CHECK(got.severity == Severity::differs);
    CHECK(got.status == Status::unexpected);
    CHECK(got.words ==
          "the key is in slot 12182, which is not among those of the node; the server keeps it, "
          "and takes the slot for one it imports");
  }
}

TEST_CASE("placement: nodes of Valkey 9 may have several databases") {
  const std::string file = RdbFile().select(5).string("a", "1").end();
  CHECK(find(file, nullptr, "valkey-9.1", 16).empty());
  CHECK(find(file, nullptr, "valkey-9.1").size() == 1);
  CHECK(find(file, nullptr, "valkey-8.1", 16).size() == 1);
  CHECK(find(file, nullptr, "redis-7.0", 16).size() == 1);
  const Finding beyond = find(file, nullptr, "valkey-9.1", 4).at(0);
  CHECK(beyond.words == "the key is in none of the cluster's 4 databases");
}

TEST_CASE("placement: keys outside database 0 are found and counted") {
  const std::vector<Finding> got =
      find(RdbFile().select(0).string("a", "1").select(9).string("b", "2").string("c", "3").end(),
           nullptr);
  REQUIRE(got.size() == 1);
  CHECK(got[0].name == "cluster_database");
  CHECK(got[0].severity == Severity::refuses);
  CHECK(got[0].db == 9);
  CHECK(got[0].key == "b");
  CHECK(got[0].count == 2);
}

}  // namespace rdb
