#include "rdb/compare/manifest.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace rdb {
namespace {

std::string manifest(std::string_view members) {
  return "{\"schema\":\"rdbferry/manifest/1\"," + std::string(members) + "}";
}

}  // namespace

TEST_CASE("manifest: the items of a document have their paths") {
  JsonItems items;
  REQUIRE(json_items(
      " {\"a\" : [1, {\"b\\\"]\":\"x\\\\\"}, []],\n\"c\":-2.5e3, \"d\":{}, \"e\":null}\n", items));
  const JsonItems expected = {
      {"a[0]", "1"}, {"a[1].b\\\"]", "\"x\\\\\""}, {"c", "-2.5e3"}, {"e", "null"}};
  CHECK(items == expected);
}

TEST_CASE("manifest: what is no document has no items") {
  for (const std::string_view bad : {"", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"a",
                                     "\"a\\", "1 2", "{}}", "[1 2]", ","}) {
    CAPTURE(bad);
    JsonItems items;
    CHECK_FALSE(json_items(bad, items));
  }
  JsonItems items;
  CHECK_FALSE(json_items(std::string(100000, '['), items));
}

TEST_CASE("manifest: differences are named, an item each; tool and file may differ") {
  const std::string recorded = manifest(R"("tool":"a","file":"x","keys":6,"size":1,"old":true)");
  const std::string found = manifest(R"("tool":"b","file":"y","size":1,"keys":5,"new":[7])");
  CHECK(compare_manifests(recorded, recorded)->empty());
  const std::vector<std::string> expected = {"keys is 5, the manifest says 6",
                                             "new[0] is 7, which the manifest does not have",
                                             "old is not there, the manifest says true"};
  CHECK(*compare_manifests(found, recorded) == expected);
}

TEST_CASE("manifest: other documents are none") {
  CHECK_FALSE(compare_manifests(manifest("\"a\":1"), "{\"schema\":\"rdbferry/digest/1\"}"));
  CHECK_FALSE(compare_manifests(manifest("\"a\":1"), "[1]"));
  CHECK_FALSE(compare_manifests(manifest("\"a\":1"), "text"));
}

}  // namespace rdb
