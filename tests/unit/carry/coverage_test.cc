#include "rdb/carry/coverage.h"

#include <doctest/doctest.h>

#include <string>

#include "rdb/carry/division.h"

namespace rdb {
namespace {

// Keys "key:0" and on, of which those in slots `from` to `to` are left out.
SlotCoverage keys_without(unsigned from, unsigned to, int keys) {
  SlotCoverage coverage;
  coverage.add_file("node.rdb");
  for (int i = 0; i < keys; ++i) {
    const std::string key = "key:" + std::to_string(i);
    const unsigned slot = key_slot(key);
    if (slot < from || slot > to) coverage.add_key(key);
  }
  return coverage;
}

}  // namespace

TEST_CASE("coverage: the names of slot parts tell which slots are in none of them") {
  SlotCoverage coverage;
  coverage.add_file("parts/part-0000-slots-0-5460.rdb");
  coverage.add_file("part-0002-slots-10923-16000,16002-16383.rdb.gz");
  CHECK(coverage.is_named());
  CHECK(to_text(coverage.uncovered()) == "5461-10922,16001");
  coverage.add_file("/a/part-0001-slots-5461-10922,16001.rdb.zst");
  CHECK(coverage.uncovered().empty());
}

TEST_CASE("coverage: parts by name may be empty, and keys are not asked") {
  SlotCoverage coverage;
  coverage.add_file("part-0000-slots-0-16382.rdb");
  for (int i = 0; i < 1000; ++i) coverage.add_key("{a}" + std::to_string(i));
  CHECK(to_text(coverage.uncovered()) == "16383");
}

TEST_CASE("coverage: other names tell no slots") {
  for (const char* const name :
       {"part-0000-node-abc.rdb", "part-db-0.rdb", "dump.rdb", "part--slots-0-1.rdb",
        "part-0000-slots-.rdb", "part-0000-slots-0-99999.rdb", "part-0000-slots-0-1.rdb.bak",
        "my-part-0000-slots-0-1.rdb", "part-0000-slots-5-4.rdb", ""}) {
    CAPTURE(name);
    SlotCoverage coverage;
    coverage.add_file("part-0000-slots-0-8191.rdb");
    coverage.add_file(name);
    CHECK_FALSE(coverage.is_named());
    CHECK(coverage.uncovered().empty());
  }
}

TEST_CASE("coverage: the keys of nodes tell that the slots of another are missing") {
  CHECK(to_text(keys_without(5461, 10922, 200'000).uncovered()) == "5461-10922");
  // 164 slots of a hundred nodes: 12 keys in each.
  CHECK(to_text(keys_without(1000, 1163, 200'000).uncovered()) == "1000-1163");
  CHECK(to_text(keys_without(0, 8191, 3'000).uncovered()).starts_with("0-"));
}

TEST_CASE("coverage: slots that are without keys by chance are not missing") {
  for (const int keys : {0, 1, 3, 20, 1000, 16384, 50'000}) {
    CAPTURE(keys);
    CHECK(keys_without(kSlots, kSlots, keys).uncovered().empty());
  }
  CHECK(keys_without(7, 7, 200'000).uncovered().empty());
}

TEST_CASE("coverage: keys that share a few hash tags are no nodes") {
  SlotCoverage coverage;
  coverage.add_file("dump.rdb");
  for (int i = 0; i < 100'000; ++i) {
    coverage.add_key("{user" + std::to_string(i % 10) + "}:" + std::to_string(i));
  }
  CHECK(coverage.uncovered().empty());
}

TEST_CASE("coverage: of many keys some are looked at") {
  CHECK(to_text(keys_without(3000, 3999, 5'000'000).uncovered()) == "3000-3999");
}

}  // namespace rdb
