#include "rdb/carry/option.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace rdb {
namespace {

constexpr int64_t kUntouched = 42;

// What the text is worth, or what is wrong with it.
std::string read(ParseNumber parse, std::string_view text) {
  int64_t v = kUntouched;
  std::string why;
  if (parse(text, v, why)) return std::to_string(v);
  CHECK(v == kUntouched);
  return why;
}

std::string duration(std::string_view text) { return read(parse_duration, text); }
std::string size(std::string_view text) { return read(parse_size, text); }

}  // namespace

TEST_CASE("option: durations are whole numbers with a unit, in milliseconds") {
  CHECK(duration("0ms") == "0");
  CHECK(duration("1500ms") == "1500");
  CHECK(duration("30s") == "30000");
  CHECK(duration("15m") == "900000");
  CHECK(duration("1h") == "3600000");
  CHECK(duration("7d") == "604800000");
  CHECK(duration("2w") == "1209600000");
  CHECK(duration("+1h") == "3600000");
  CHECK(duration("-1h") == "-3600000");
  CHECK(duration("9223372036854775806ms") == "9223372036854775806");
  CHECK(duration("-15250284452w") == "-9223372036569600000");
}

TEST_CASE("option: what is no duration, or too long, is named") {
  for (const char* text :
       {"", "1", "h", "1.5h", "1 h", " 1h", "1h ", "1H", "--1h", "+-1h", "-+1h", "1h30m", "0x1h",
        "9223372036854775807ms", "15250284453w", "99999999999999999999ms"}) {
    CHECK(duration(text) ==
          "\"" + std::string(text) + "\" is no duration such as 500ms, 30s, 15m, 12h, 7d or 2w");
  }
}

TEST_CASE("option: sizes are powers of 1024, in any case, with or without a b") {
  CHECK(size("0") == "0");
  CHECK(size("512") == "512");
  CHECK(size("512b") == "512");
  CHECK(size("64k") == "65536");
  CHECK(size("64KB") == "65536");
  CHECK(size("1M") == "1048576");
  CHECK(size("1mb") == "1048576");
  CHECK(size("1g") == "1073741824");
  CHECK(size("2T") == "2199023255552");
  for (const char* text : {"", "k", "b", "-1", "+1", "1p", "1kib", "1.5m", "1 k", "1bb", "1bk",
                           "9223372036854775807", "8589934592g"}) {
    CHECK(size(text) == "\"" + std::string(text) + "\" is no size such as 512, 64k, 1M or 2GB");
  }
}

TEST_CASE("option: a bound is exclusive, and bounds narrow each other") {
  Range range;
  std::string why;
  REQUIRE(parse_bound("<64k", parse_size, range, why));
  CHECK(range.has(65535));
  CHECK_FALSE(range.has(65536));
  CHECK(range.has(-1));
  REQUIRE(parse_bound(">1000", parse_size, range, why));
  CHECK(range.has(1001));
  CHECK_FALSE(range.has(1000));
  REQUIRE(parse_bound(">10", parse_size, range, why));  // no narrower
  REQUIRE(parse_bound("<1m", parse_size, range, why));
  CHECK(range.min == 1001);
  CHECK(range.max == 65535);
  REQUIRE(parse_bound("<1001", parse_size, range, why));
  CHECK(range.min > range.max);
}

TEST_CASE("option: durations make bounds at their ends too") {
  Range range;
  std::string why;
  REQUIRE(parse_bound(">9223372036854775806ms", parse_duration, range, why));
  CHECK(range.min == range.max);
  range = {};
  REQUIRE(parse_bound("<-9223372036854775806ms", parse_duration, range, why));
  CHECK(range.max == -9223372036854775807);
}

TEST_CASE("option: what is no bound is named") {
  Range range;
  std::string why;
  for (const char* text : {"", "1h", "=1h", " <1h"}) {
    CHECK_FALSE(parse_bound(text, parse_duration, range, why));
    CHECK(why == "\"" + std::string(text) + "\" begins with neither < nor >");
  }
  CHECK_FALSE(parse_bound("<=1h", parse_duration, range, why));
  CHECK(why == "\"=1h\" is no duration such as 500ms, 30s, 15m, 12h, 7d or 2w");
}

TEST_CASE("option: a pair of databases is FROM=TO") {
  DbPair pair;
  std::string why;
  REQUIRE(parse_db_pair("3=0", pair, why));
  CHECK(pair.from == 3);
  CHECK(pair.to == 0);
  for (const char* text :
       {"", "3", "3=", "=0", "3=-1", "3=0=1", "03=0", "a=b", "3:0", "9223372036854775808=0"}) {
    CHECK_FALSE(parse_db_pair(text, pair, why));
    CHECK(why == "\"" + std::string(text) + "\" is no pair of databases such as 3=0");
  }
  CHECK(pair.from == 3);
}

}  // namespace rdb
