#include "rdb/sets/sorted_rows.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace rdb {

TEST_CASE("sorted rows: any number comes back in order, within memory and from the file") {
  constexpr size_t kMemory = 32 * sizeof(uint64_t);
  // none; one; all in memory; one run more; 16 runs and 17; enough to merge runs of runs
  for (const size_t count : {0U, 1U, 32U, 33U, 512U, 513U, 20'000U}) {
    CAPTURE(count);
    std::mt19937_64 random(count);
    SortedRows<uint64_t> rows(kMemory);
    std::vector<uint64_t> expected;
    for (size_t i = 0; i < count; ++i) {
      expected.push_back(random() % (count / 2 + 1));
      REQUIRE(rows.add(expected.back()));
    }
    std::sort(expected.begin(), expected.end());
    REQUIRE(rows.finish());
    std::vector<uint64_t> found;
    uint64_t row = 0;
    bool has = false;
    while (rows.next(row, has) && has) found.push_back(row);
    CHECK(rows.error().ok());
    CHECK(found == expected);
  }
}

TEST_CASE("sorted rows: a folder that takes no file is an error") {
  SortedRows<uint64_t> rows(0, "/proc/no/such/folder");
  bool ok = true;
  for (uint64_t i = 0; ok && i < 1000; ++i) ok = rows.add(i);
  CHECK_FALSE(ok);
  CHECK_FALSE(rows.finish());
  CHECK(rows.error().code == Code::temporary_failed);
}

}  // namespace rdb
