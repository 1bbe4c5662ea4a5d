// Lengths, strings and scores are written as servers write them.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"
#include "rdb/codec/length.h"
#include "rdb/codec/real.h"
#include "rdb/codec/string.h"
#include "rdb/io/source.h"
#include "tests/support/bytes.h"
#include "tests/support/elements.h"
#include "tests/support/vectors.h"
#include "tests/support/written.h"

namespace rdb {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

std::string string(std::string_view bytes, bool compress) {
  return written([&](Output& out) { return write_string(out, bytes, compress); });
}

std::string text_score(double score) {
  return written([&](Output& out) { return write_text_score(out, score); });
}

TEST_CASE("write: a length takes its shortest form") {
  for (const Vector& vector : vectors_with_prefix("len_")) {
    if (vector.is_error || vector.name.starts_with("len_noncanon")) continue;
    CAPTURE(vector.name);
    const uint64_t n = std::stoull(vector.text("value"));
    CHECK(written([&](Output& out) { return write_length(out, n); }) == vector.bytes);
  }
}

TEST_CASE("write: a string takes the form that a real server gave it") {
  for (const Vector& vector : vectors_with_prefix("str_")) {
    CAPTURE(vector.name);
    CHECK(string(vector.text("value"), true) == vector.bytes);
    if (vector.name.starts_with("str_lzf")) continue;
    CHECK(string(vector.text("value"), false) == vector.bytes);
  }
}

TEST_CASE("write: without compression no string is compressed") {
  const std::string plain(300, 'a');
  CHECK(string(plain, false) == Bytes{}.u16be(0x4000 | 300).str(plain).view());
}

TEST_CASE("write: a string reads back as it was, compressed or not") {
  std::vector<std::string> strings = edge_elements();
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) strings.push_back(random_element(random));
  strings.emplace_back(kPieceBytes, 'x');
  strings.emplace_back(kPieceBytes + 1, 'x');
  strings.emplace_back(5 * kPieceBytes, 'x');
  for (const std::string& plain : strings) {
    for (const bool compress : {false, true}) {
      const std::string bytes = string(plain, compress);
      MemorySource source(bytes);
      Input in(source);
      StringReader reader(in);
      Kept got;
      REQUIRE(reader.whole(got, "string"));
      CHECK(got.view() == plain);
      CHECK(in.pos() == bytes.size());
      CHECK(in.tally[Odd::long_length].count == 0);
    }
  }
}

TEST_CASE("write: a score takes the text that real servers gave it") {
  CHECK(text_score(std::nan("")) == vector_named("dbl_ascii_nan").bytes);
  CHECK(text_score(kInfinite) == vector_named("dbl_ascii_pinf").bytes);
  CHECK(text_score(-kInfinite) == vector_named("dbl_ascii_ninf").bytes);
  CHECK(text_score(1.5) == vector_named("dbl_ascii_1.5").bytes);
  CHECK(text_score(-0.0) == vector_named("dbl_ascii_neg0").bytes);
  CHECK(text_score(0.1) == vector_named("dbl_ascii_17g").bytes);
  for (const Vector& vector : vectors_with_prefix("scorefmt_")) {
    CAPTURE(vector.name);
    const std::string& text = vector.text("fmt_17g");
    CHECK(text_score(load_le<double>(vector.bytes.data())) ==
          Bytes{}.u8(static_cast<unsigned>(text.size())).str(text).view());
  }
}

TEST_CASE("write: an integral score has no point and, below 1e17, no exponent") {
  CHECK(text_score(0) ==
        "\x01"
        "0");
  CHECK(text_score(-4503599627370497) == "\x11-4503599627370497");
  CHECK(text_score(99999999999999984) ==
        "\x11"
        "99999999999999984");
  CHECK(text_score(1e17) ==
        "\x05"
        "1e+17");
}

TEST_CASE("write: any score reads back as the same double") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 5000; ++i) {
    const double score = std::bit_cast<double>(random());
    if (std::isnan(score)) continue;
    const std::string bytes = text_score(score);
    MemorySource source(bytes);
    Input in(source);
    double got = 0;
    REQUIRE(read_text_score(in, got));
    CHECK(std::bit_cast<uint64_t>(got) == std::bit_cast<uint64_t>(score));
  }
}

TEST_CASE("write: a binary double is its eight bytes, little-endian") {
  const auto binary = [](double value) {
    return written([&](Output& out) { return write_binary_double(out, value); });
  };
  CHECK(binary(0.1) == vector_named("dbl_bin_0.1").bytes);
  CHECK(binary(-0.0) == vector_named("dbl_bin_-0.0").bytes);
  CHECK(binary(1e17) == vector_named("dbl_bin_1e+17").bytes);
  CHECK(binary(kInfinite) == vector_named("dbl_bin_inf").bytes);
  CHECK(binary(5e-324) == vector_named("dbl_bin_5e-324").bytes);
}

}  // namespace
}  // namespace rdb
