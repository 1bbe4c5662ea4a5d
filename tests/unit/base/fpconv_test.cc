#include "rdb/base/fpconv.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "rdb/base/bytes.h"
#include "rdb/base/number.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

TEST_CASE("format_score: the texts of servers since 7.2") {
  char digits[kNumberBytes];
  for (const Vector& vector : vectors_with_prefix("scorefmt_")) {
    CAPTURE(vector.name);
    const auto value = std::bit_cast<double>(load_le<uint64_t>(vector.bytes.data()));
    CHECK(format_score(value, digits) == vector.text("fmt_fpconv"));
  }
  CHECK(format_score(INFINITY, digits) == "inf");
  CHECK(format_score(-INFINITY, digits) == "-inf");
}

TEST_CASE("format_score: every text reads back to the same double") {
  std::mt19937_64 random(1);
  char digits[kNumberBytes];
  for (int i = 0; i < 200000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text(format_score(value, digits));
    CAPTURE(text);
    size_t used = 0;
    CHECK(parse_double(text, used) == value);
    CHECK(used == text.size());
  }
}

}  // namespace
}  // namespace rdb
