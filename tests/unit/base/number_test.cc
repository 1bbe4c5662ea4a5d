// Tests of rdb/base/number.h.
#include "rdb/base/number.h"

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using rdb::format_double;
using rdb::format_double_17g;
using rdb::format_int64;
using rdb::format_uint64;
using rdb::kNumberBytes;
using rdb::parse_double;
using rdb::parse_int64;

namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::string shortest(double value) {
  char digits[kNumberBytes];
  return std::string(format_double(value, digits));
}

std::string with_17_digits(double value) {
  char digits[kNumberBytes];
  return std::string(format_double_17g(value, digits));
}

std::string with_printf(const char* form, double value) {
  char digits[512];
  const int size = std::snprintf(digits, sizeof digits, form, value);
  return {digits, static_cast<size_t>(size)};
}

// Same value to the bit, and the same length of text. The test program is in the C locale.
void check_as_strtod(const std::string& text) {
  CAPTURE(text);
  char* end = nullptr;
  const double expected = std::strtod(text.c_str(), &end);
  size_t used = 12345;
  const double value = parse_double(text, used);
  CHECK(used == static_cast<size_t>(end - text.c_str()));
  CHECK(std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(expected));
}

// Doubles of every magnitude, and those that print short.
template <typename Check>
void for_many_doubles(Check check) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto any = std::bit_cast<double>(uint64_t{random()});
    if (!std::isnan(any)) check(any);
    check(std::bit_cast<double>(uint64_t{random()} >> 12));  // subnormal
    check(static_cast<double>(static_cast<int64_t>(random()) >> (i % 64)));
    check(static_cast<double>(static_cast<int64_t>(random()) >> 40) / 1000);
  }
  for (const double value : {0.0, -0.0, kInf, -kInf, 5e-324, 1.7976931348623157e308}) check(value);
}

}  // namespace

TEST_CASE("parse_int64: takes the canonical decimal of every int64") {
  const struct {
    std::string_view text;
    int64_t value;
  } rows[] = {{"0", 0},
              {"7", 7},
              {"-1", -1},
              {"10", 10},
              {"12345678901", 12345678901},
              {"9223372036854775807", kHighest},
              {"-9223372036854775808", kLowest}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    int64_t value = 42;
    CHECK(parse_int64(row.text, value));
    CHECK(value == row.value);
  }
}

TEST_CASE("parse_int64: refuses whatever would not come back as the same text") {
  const std::string_view texts[] = {std::string_view(),
                                    "-",
                                    "-0",
                                    "+1",
                                    "00",
                                    "007",
                                    "-01",
                                    " 1",
                                    "1 ",
                                    std::string_view("1\0", 2),
                                    std::string_view("\0001", 2),
                                    "1.0",
                                    "1e3",
                                    "0x1",
                                    "--1",
                                    "- 1",
                                    "a",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "18446744073709551615",
                                    "100000000000000000000000000000"};
  for (const std::string_view text : texts) {
    CAPTURE(text);
    int64_t value = 42;
    CHECK_FALSE(parse_int64(text, value));
    CHECK(value == 42);
  }
}

TEST_CASE("parse_int64: reads back what format_int64 writes") {
  std::mt19937_64 random(2);
  char digits[kNumberBytes];
  for (int i = 0; i < 20000; ++i) {
    const int64_t expected = static_cast<int64_t>(random()) >> (i % 64);
    int64_t value = 42;
    CHECK(parse_int64(format_int64(expected, digits), value));
    CHECK(value == expected);
  }
}

TEST_CASE("format_int64, format_uint64: the extremes fit") {
  char digits[kNumberBytes];
  CHECK(format_int64(kLowest, digits) == "-9223372036854775808");
  CHECK(format_int64(kHighest, digits) == "9223372036854775807");
  CHECK(format_int64(0, digits) == "0");
  CHECK(format_uint64(0, digits) == "0");
  CHECK(format_uint64(~uint64_t{0}, digits) == "18446744073709551615");
}

TEST_CASE("format_int64: the view is of the caller's room") {
  char digits[kNumberBytes];
  const char* const integer = format_int64(-5, digits).data();
  CHECK(integer >= digits);
  CHECK(integer + 2 <= digits + sizeof digits);
  CHECK(format_double(0.5, digits).data() == digits);
  CHECK(format_double_17g(0.5, digits).data() == digits);
}

TEST_CASE("parse_double: reads decimals as far as strtod reads them") {
  const char* const texts[] = {"",     " ",     "0",   "-0",    "+0",    "1",       "+1",
                               "-1.5", "1 ",    " 1",  "+-1",   "-",     "+",       ".",
                               "-.",   ".5",    "5.",  "-.5e1", "e5",    ".e5",     "1e",
                               "1e+",  "1e-",   "1e5", "1E5",   "1e+05", "1e-05",   "1e5.5",
                               "1,5",  "1_000", "007", "0e0",   "-0.0",  "0.1e1e1", "1d5"};
  for (const char* text : texts) check_as_strtod(text);
}

TEST_CASE("parse_double: skips blanks of every kind, and counts them as used") {
  check_as_strtod("\t\n\v\f\r 1");
  check_as_strtod("  -2.5e3rest");
}

TEST_CASE("parse_double: reads the ends of the range as strtod does") {
  const char* const texts[] = {"1e400",
                               "-1e400",
                               "1e-400",
                               "-1e-400",
                               "4.9e-324",
                               "2.4e-324",
                               "2.5e-324",
                               "1e308",
                               "1.8e308",
                               "9007199254740993",
                               "123456789012345678901234567890",
                               "0.30000000000000004",
                               "1.7976931348623158e308",
                               "2.2250738585072011e-308",
                               "2.2250738585072014e-308",
                               "179769313486231580793e289"};
  for (const char* text : texts) check_as_strtod(text);
}

TEST_CASE("parse_double: reads hexadecimal, or the 0 of what is none") {
  const char* const texts[] = {"1x",       "0x",         "0X",   "0xg",  "0x1",      "0X1F",
                               "-0x1.8p3", "+0x1p-1074", "0x1p", "0x.8", "0x1p2000", "0x1p-2000",
                               "00x1",     "1x1",        "x1",   "-0x"};
  for (const char* text : texts) check_as_strtod(text);
}

TEST_CASE("parse_double: reads the words for infinities and NaN") {
  const char* const texts[] = {
      "inf", "INF", "-inf", "+inf", " Inf",  "infinity", "-INFINITY", "infinit",  "in",   "infx",
      "nan", "NaN", "-nan", "+nan", "nan()", "nan(12)",  "nan(",      "nan(a-b)", "nanx", "na"};
  for (const char* text : texts) check_as_strtod(text);
}

TEST_CASE("parse_double: reads the score texts of servers to the bit") {
  // What DEBUG DIGEST hashes, up to redis 7.0 and since, and the bits of the score.
  const struct {
    std::string_view text;
    uint64_t bits;
  } rows[] = {{"0.1", 0x3FB999999999999A},
              {"0.10000000000000001", 0x3FB999999999999A},
              {"10000000", 0x416312D000000000},
              {"100000000", 0x4197D78400000000},
              {"1e+8", 0x4197D78400000000},
              {"123456789", 0x419D6F3454000000},
              {"1e+17", 0x4376345785D8A000},
              {"0.000001", 0x3EB0C6F7A0B5ED8D},
              {"9.9999999999999995e-07", 0x3EB0C6F7A0B5ED8D},
              {"1e-7", 0x3E7AD7F29ABCAF48},
              {"9.9999999999999995e-08", 0x3E7AD7F29ABCAF48},
              {"-1.5", 0xBFF8000000000000},
              {"0.000035", 0x3F02599ED7C6FBD2},
              {"3.4999999999999997e-05", 0x3F02599ED7C6FBD2},
              {"171422365113461.12", 0x42E37D0C25BB8EA4},
              {"171422365113461.13", 0x42E37D0C25BB8EA4},
              {"4.9406564584124654e-324", 0x0000000000000001},
              {"5e-324", 0x0000000000000001},
              {"1.7976931348623157e+308", 0x7FEFFFFFFFFFFFFF},
              {"-0", 0x8000000000000000},
              {"100", 0x4059000000000000},
              {"1e+21", 0x444B1AE4D6E2EF50},
              {"2.5e+20", 0x442B1AE4D6E2EF50}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    size_t used = 0;
    CHECK(std::bit_cast<uint64_t>(parse_double(row.text, used)) == row.bits);
    CHECK(used == row.text.size());
  }
}

TEST_CASE("parse_double: reads every double that C writes in decimal and in hexadecimal") {
  for_many_doubles([](double value) {
    for (const char* form : {"%.17g", "%a", "%+.3e"}) {
      const std::string text = with_printf(form, value);
      CAPTURE(text);
      size_t used = 0;
      const double read = parse_double(text, used);
      REQUIRE(used == text.size());
      REQUIRE(std::bit_cast<uint64_t>(read) ==
              std::bit_cast<uint64_t>(std::strtod(text.c_str(), nullptr)));
    }
  });
}

TEST_CASE("parse_double: where there is no number, 0 bytes are used and the value is 0") {
  for (const std::string_view text : {std::string_view(), std::string_view("x"),
                                      std::string_view("\0001", 2), std::string_view(" \t")}) {
    CAPTURE(text);
    size_t used = 7;
    CHECK(parse_double(text, used) == 0);
    CHECK(used == 0);
  }
}

TEST_CASE("parse_double: stops at a NUL and at the end of the view") {
  size_t used = 0;
  CHECK(parse_double(std::string_view("1\0002", 3), used) == 1);
  CHECK(used == 1);
  CHECK(parse_double(std::string_view(" 1\0002", 4), used) == 1);
  CHECK(used == 2);
  CHECK(parse_double(std::string_view("125", 2), used) == 12);
  CHECK(used == 2);
  CHECK(parse_double(std::string_view("0x12", 3), used) == 1);
  CHECK(used == 3);
}

TEST_CASE("parse_double: long texts are read whole") {
  for (const size_t size : {size_t{100}, size_t{255}, size_t{400}}) {
    CAPTURE(size);
    check_as_strtod(std::string(size, ' ') + "1.25");
    check_as_strtod(std::string(size, '0') + "1.25");
    check_as_strtod(std::string("1") + std::string(size, '0') + "e-" + std::to_string(size));
    check_as_strtod(std::string("0.") + std::string(size, '0') + "1e" + std::to_string(size));
    check_as_strtod(std::string("0x") + std::string(size, 'f') + "p-" + std::to_string(4 * size));
    check_as_strtod(std::string(size, '9'));
  }
}

TEST_CASE("format_double: writes the shortest text, with plain words for what is no number") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(-1.5) == "-1.5");
  CHECK(shortest(100) == "100");
  CHECK(shortest(0.30000000000000004) == "0.30000000000000004");
  CHECK(shortest(100000) == "100000");
  CHECK(shortest(99999999999999984.0) == "99999999999999984");
  CHECK(shortest(1e17) == "1e+17");
  CHECK(shortest(0.00001) == "0.00001");
  CHECK(shortest(0.0000099) == "9.9e-06");
  CHECK(shortest(5e-324) == "5e-324");
  CHECK(shortest(-1.7976931348623157e308) == "-1.7976931348623157e+308");
  CHECK(shortest(0.0) == "0");
  CHECK(shortest(-0.0) == "-0");
  CHECK(shortest(kInf) == "inf");
  CHECK(shortest(-kInf) == "-inf");
  CHECK(shortest(std::nan("")) == "nan");
  CHECK(shortest(-std::nan("")) == "nan");
}

TEST_CASE("format_double: the text reads back to the same bits") {
  for_many_doubles([](double value) {
    const std::string text = shortest(value);
    CAPTURE(text);
    size_t used = 0;
    const double read = parse_double(text, used);
    REQUIRE(used == text.size());
    REQUIRE(std::bit_cast<uint64_t>(read) == std::bit_cast<uint64_t>(value));
  });
}

TEST_CASE("format_double_17g: writes the score texts of servers") {
  // What DEBUG DIGEST hashes for a score up to redis 7.0.
  CHECK(with_17_digits(0.1) == "0.10000000000000001");
  CHECK(with_17_digits(1e7) == "10000000");
  CHECK(with_17_digits(1e8) == "100000000");
  CHECK(with_17_digits(123456789) == "123456789");
  CHECK(with_17_digits(1e17) == "1e+17");
  CHECK(with_17_digits(1e-6) == "9.9999999999999995e-07");
  CHECK(with_17_digits(1e-7) == "9.9999999999999995e-08");
  CHECK(with_17_digits(3.5e-5) == "3.4999999999999997e-05");
  CHECK(with_17_digits(171422365113461.12) == "171422365113461.12");
  CHECK(with_17_digits(5e-324) == "4.9406564584124654e-324");
  CHECK(with_17_digits(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(with_17_digits(-0.0) == "-0");
  CHECK(with_17_digits(100) == "100");
  CHECK(with_17_digits(1e21) == "1e+21");
  CHECK(with_17_digits(2.5e20) == "2.5e+20");
}

TEST_CASE("format_double_17g: is printf's %.17g for every double") {
  for_many_doubles(
      [](double value) { REQUIRE(with_17_digits(value) == with_printf("%.17g", value)); });
  CHECK(with_17_digits(std::nan("")) == with_printf("%.17g", std::nan("")));
}

TEST_CASE("numbers: a locale with a decimal comma changes nothing") {
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) {
    MESSAGE("skipped: no locale de_DE.UTF-8 here");
    return;
  }
  size_t used = 0;
  CHECK(with_printf("%g", 1.5) == "1,5");
  CHECK(parse_double("1.5", used) == 1.5);
  CHECK(used == 3);
  CHECK(parse_double(" 1.5", used) == 1.5);
  CHECK(used == 4);
  CHECK(parse_double(" 1,5", used) == 1);
  CHECK(used == 2);
  CHECK(shortest(1.5) == "1.5");
  CHECK(with_17_digits(1234567.5) == "1234567.5");
  std::setlocale(LC_ALL, "C");
}
