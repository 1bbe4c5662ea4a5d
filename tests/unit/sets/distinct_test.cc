#include "rdb/sets/distinct.h"

#include <string>

#include <doctest/doctest.h>

namespace rdb {
namespace {

bool add(Distinct& to, std::string_view text) { return to.add(Text::whole(text)); }

}  // namespace

TEST_CASE("distinct: what occurs twice is found, in memory and beyond it") {
  for (const size_t n : {3U, 100U, 5000U, 200000U}) {
    Distinct distinct;
    for (size_t i = 0; i < n; ++i) REQUIRE(add(distinct, std::to_string(i)));
    REQUIRE(distinct.finish());
    CHECK(distinct.duplicates() == 0);
    distinct.start();
    for (size_t i = 0; i < n; ++i) REQUIRE(add(distinct, std::to_string(i)));
    REQUIRE(add(distinct, "1"));
    REQUIRE(distinct.finish());
    CHECK(distinct.duplicates() == 1);
  }
}

TEST_CASE("distinct: how many are expected makes no difference") {
  Distinct distinct;
  for (const uint64_t expected : {0U, 1U, 40U, 600U, 1U << 30}) {
    for (const size_t n : {1U, 500U, 5000U, 40000U}) {
      distinct.start();
      distinct.expect(expected);
      for (size_t i = 0; i < n; ++i) REQUIRE(add(distinct, std::to_string(i)));
      REQUIRE(add(distinct, "0"));
      REQUIRE(distinct.finish());
      CHECK(distinct.duplicates() == 1);
    }
  }
}

TEST_CASE("distinct: a new value has nothing of the one before") {
  Distinct distinct;
  REQUIRE(add(distinct, "a"));
  distinct.start();
  REQUIRE(add(distinct, "a"));
  REQUIRE(distinct.finish());
  CHECK(distinct.duplicates() == 0);
}

TEST_CASE("distinct: a string in pieces is the same as the whole") {
  Distinct distinct;
  REQUIRE(add(distinct, "abcdef"));
  REQUIRE(distinct.add({"abc", 0, 6}));
  REQUIRE(distinct.add({"def", 3, 6}));
  REQUIRE(distinct.finish());
  CHECK(distinct.duplicates() == 1);
}

}  // namespace rdb
