#include "rdb/stage/duplicates.h"

#include <string>

#include <doctest/doctest.h>

namespace rdb {

TEST_CASE("duplicates: a key is one only the second time, and in its own database") {
  Duplicates seen;
  CHECK_FALSE(seen.add(0, "a"));
  CHECK_FALSE(seen.add(1, "a"));
  CHECK_FALSE(seen.add(0, "A"));
  CHECK_FALSE(seen.add(0, ""));
  CHECK(seen.add(0, "a"));
  CHECK(seen.add(0, "a"));
  CHECK(seen.add(1, "a"));
  CHECK(seen.add(0, ""));
  CHECK(seen.is_complete());
}

TEST_CASE("duplicates: keys with a zero byte differ behind it") {
  Duplicates seen;
  CHECK_FALSE(seen.add(0, std::string_view("a\0b", 3)));
  CHECK_FALSE(seen.add(0, std::string_view("a\0c", 3)));
  CHECK_FALSE(seen.add(0, "a"));
}

TEST_CASE("duplicates: beyond its capacity it knows no new keys, says so, and still the old") {
  Duplicates seen;
  size_t wrong = 0;
  for (size_t i = 0; i < Duplicates::kKeysMax; ++i) {
    wrong += seen.add(0, "key:" + std::to_string(i)) ? 1 : 0;
  }
  CHECK(wrong == 0);
  CHECK(seen.is_complete());
  CHECK(seen.add(0, "key:0"));
  CHECK(seen.is_complete());  // nothing was forgotten yet
  CHECK_FALSE(seen.add(0, "one more"));
  CHECK_FALSE(seen.is_complete());
  CHECK_FALSE(seen.add(0, "one more"));  // it could not be remembered
  for (size_t i = 0; i < Duplicates::kKeysMax; ++i) {
    wrong += seen.add(0, "key:" + std::to_string(i)) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

}  // namespace rdb
