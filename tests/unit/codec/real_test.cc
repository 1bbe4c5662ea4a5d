#include "rdb/codec/real.h"

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/bytes.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Read {
  bool ok = false;
  double score = 7;
  uint64_t pos = 0;
  Tally tally;
  std::string message;
};

Read read_score(std::string_view bytes) {
  Read out;
  for (const size_t step : kSteps) {
    MemorySource source(bytes, step);
    Input in(source);
    const Read before = out;
    out.ok = read_text_score(in, out.score);
    out.pos = in.pos();
    out.tally = in.tally;
    out.message = message(in.error(), "f");
    if (step == kSteps[0]) continue;
    CAPTURE(step);
    CHECK(out.ok == before.ok);
    CHECK(out.pos == before.pos);
    CHECK(out.message == before.message);
  }
  return out;
}

// <u8 size> <text>
std::string score_text(std::string_view text) {
  return Bytes{}.u8(static_cast<unsigned>(text.size())).str(text).string();
}

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

}  // namespace

TEST_CASE("real: text scores are what servers read from them") {
  const struct {
    const char* vector;
    double score;
    Form form;
  } cases[] = {
      {"dbl_ascii_pinf", kInfinity, Form::double_inf},
      {"dbl_ascii_ninf", -kInfinity, Form::double_minus_inf},
      {"dbl_ascii_1.5", 1.5, Form::double_text},
      {"dbl_ascii_neg0", -0.0, Form::double_text},
      {"dbl_ascii_17g", 0.1, Form::double_text},
  };
  for (const auto& row : cases) {
    CAPTURE(row.vector);
    const std::string& bytes = vector_named(row.vector).bytes;
    const Read read = read_score(bytes + "after");
    CHECK(read.ok);
    CHECK(same_bits(read.score, row.score));
    CHECK(read.pos == bytes.size());
    CHECK(read.tally[row.form] == 1);
  }
}

// rdb-format.md 2.3 and 6.2: L=0 or non-numeric fails the load, "1x" loads, NaN is fatal.
TEST_CASE("real: a text score without a number fails, junk behind a number is noted") {
  CHECK(read_score(score_text("")).message == "f: byte 0: score is no number but \"\"");
  CHECK(read_score(score_text("abc")).message == "f: byte 0: score is no number but \"abc\"");
  const Read junk = read_score(score_text("1x"));
  CHECK(junk.ok);
  CHECK(junk.score == 1);
  CHECK(junk.tally[Odd::score_junk].count == 1);
  CHECK(junk.tally[Odd::score_junk].first_offset == 0);
  CHECK(read_score(score_text("1")).tally[Odd::score_junk].count == 0);
}

TEST_CASE("real: NaN is refused, as its mark and as text") {
  const std::string nan = "f: byte 0: score is not a number (NaN)";
  CHECK(read_score(vector_named("dbl_ascii_nan").bytes).message == nan);
  CHECK(read_score(score_text("nan")).message == nan);
  CHECK(read_score(vector_named("dbl_ascii_nan").bytes).tally[Form::double_nan] == 1);
}

TEST_CASE("real: a text score that is cut is told as too short") {
  CHECK(read_score("").message ==
        "f: byte 0: file ends early, 0 of the 1 bytes needed here are there");
  CHECK(read_score("\x05"
                   "1.5")
            .message == "f: byte 1: file ends early, 3 of the 5 bytes needed here are there");
}

TEST_CASE("real: binary scores are little-endian binary64") {
  const struct {
    const char* vector;
    double score;
  } cases[] = {
      {"dbl_bin_0.1", 0.1},       {"dbl_bin_-0.0", -0.0},     {"dbl_bin_1e+17", 1e17},
      {"dbl_bin_inf", kInfinity}, {"dbl_bin_5e-324", 5e-324},
  };
  for (const auto& row : cases) {
    CAPTURE(row.vector);
    for (const size_t step : kSteps) {
      MemorySource source(vector_named(row.vector).bytes, step);
      Input in(source);
      double score = 0;
      CHECK(read_double(in, score));
      CHECK(same_bits(score, row.score));
      CHECK(in.at_end());
    }
  }
}

TEST_CASE("real: floats and integers are little-endian too") {
  MemorySource source(vector_named("flt_bin_1.5").bytes);
  Input in(source);
  double real = 0;
  CHECK(read_float(in, real));
  CHECK(real == 1.5);
  MemorySource times(vector_named("ms_2100").bytes);
  Input time(times);
  int64_t ms = 0;
  CHECK(read_int64(time, ms));
  CHECK(ms == 4102444800000);
  CHECK_FALSE(read_int64(time, ms));
  CHECK(ms == 0);
  CHECK_FALSE(read_double(time, real));
  CHECK(real == 0);
}

// rdb-format.md 6.2: in 12 and 17 "non-numeric score text; \"\": becomes a number or 0".
TEST_CASE("real: a packed score without a number is 0, and only 127 bytes of it count") {
  CHECK(parse_packed_score("1.5") == 1.5);
  CHECK(same_bits(parse_packed_score("-0"), -0.0));
  CHECK(parse_packed_score("") == 0);
  CHECK(parse_packed_score("x") == 0);
  CHECK(parse_packed_score("2x") == 2);
  CHECK(parse_packed_score("-inf") == -kInfinity);
  CHECK(parse_packed_score(std::string(126, '0') + "12") == 1);
}

}  // namespace rdb
