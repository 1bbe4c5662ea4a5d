#include "rdb/server/placement.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

std::vector<Finding> find(const std::string& file, const char* slots) {
  std::optional<SlotSet> set;
  std::string why;
  if (slots != nullptr) REQUIRE(set.emplace().add(slots, why));
  Placement placement(set);
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
  CHECK(got[0].words == "the key is in slot 12182, which is not among those of the node");
  CHECK(status(got) == Status::unexpected);
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
