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
  CHECK_FALSE(seen.is_full());
}

TEST_CASE("duplicates: keys with a zero byte differ behind it") {
  Duplicates seen;
  CHECK_FALSE(seen.add(0, std::string_view("a\0b", 3)));
  CHECK_FALSE(seen.add(0, std::string_view("a\0c", 3)));
  CHECK_FALSE(seen.add(0, "a"));
}

TEST_CASE("duplicates: it is full after 131072 keys, and knows every one of them") {
  Duplicates seen;
  size_t wrong = 0;
  for (size_t i = 0; i < Duplicates::kKeysMax; ++i) {
    wrong += seen.is_full() ? 1 : 0;
    wrong += seen.add(0, "key:" + std::to_string(i)) ? 1 : 0;
    wrong += seen.add(0, "key:" + std::to_string(i / 2)) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(seen.is_full());
  CHECK(Duplicates::kKeysMax == 131072);
}

}  // namespace rdb
