#include "rdb/codec/lzf.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/limits.h"
#include "rdb/io/source.h"
#include "tests/support/bytes.h"
#include "tests/support/liblzf.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

constexpr size_t kSteps[] = {1, 2, 3, 16, SIZE_MAX};
constexpr std::string_view kBefore = "before";
constexpr std::string_view kAfter = "after";

// A compressed string and what it stands for.
struct Sample {
  std::string packed;
  std::string plain;

  Sample& literals(std::string_view bytes) {
    packed += static_cast<char>(bytes.size() - 1);
    packed += bytes;
    plain += bytes;
    return *this;
  }
  // Room for any distance up to 8192 and any n from 3 to 264, sound or not.
  Sample& match(size_t distance, size_t n) {
    const size_t back = distance - 1;
    const size_t run = std::min<size_t>(n - 2, 7);
    packed += static_cast<char>(run << 5 | back >> 8);
    if (run == 7) packed += static_cast<char>(n - 9);
    packed += static_cast<char>(back & 255);
    for (size_t i = 0; i < n && distance <= plain.size(); ++i) {
      plain += plain[plain.size() - distance];
    }
    return *this;
  }
};

// Tokens of every kind until `size` bytes are made; a `literal_share` of 100 is noise.
Sample random_sample(std::mt19937& random, size_t size, unsigned literal_share) {
  const auto up_to = [&](size_t n) { return std::uniform_int_distribution<size_t>(1, n)(random); };
  Sample out;
  while (out.plain.size() < size) {
    const size_t room = size - out.plain.size();
    if (out.plain.empty() || room < 3 || up_to(100) <= literal_share) {
      std::string bytes(std::min<size_t>(up_to(32), room), '\0');
      for (char& c : bytes) c = static_cast<char>(random() & 255);
      out.literals(bytes);
    } else {
      // Half of the matches are near: those overlap what they make.
      const size_t farthest = up_to(2) == 1 ? 8192 : 12;
      const size_t distance = up_to(std::min(out.plain.size(), farthest));
      out.match(distance, std::min<size_t>(2 + up_to(262), room));
    }
  }
  return out;
}

struct Result {
  bool ok = false;
  std::string plain;
  std::vector<size_t> pieces;
  uint64_t pos = 0;
  Error error;
};

// Reads a file in which the compressed bytes stand between others.
Result read(std::string_view packed, uint64_t size, size_t step = SIZE_MAX) {
  const Bytes file = Bytes{}.str(kBefore).str(packed).str(kAfter);
  MemorySource source(file.view(), step);
  Input in(source);
  REQUIRE(in.skip(kBefore.size()));
  LzfReader reader(in, packed.size(), size);
  Result out;
  std::string_view piece;
  while ((out.ok = reader.next(piece)) && !piece.empty()) {
    REQUIRE(piece.size() <= kPieceBytes);
    out.plain += piece;
    out.pieces.push_back(piece.size());
  }
  out.pos = in.pos();
  out.error = in.error();
  return out;
}

void check_failure(const Result& got, Code code, int64_t inner, Detail numbers) {
  CHECK_FALSE(got.ok);
  CHECK(name(got.error.code) == name(code));
  CHECK(got.error.has_offset);
  CHECK(got.error.offset == kBefore.size());
  CHECK(got.error.inner == inner);
  CHECK(got.error.numbers.found == numbers.found);
  CHECK(got.error.numbers.allowed == numbers.allowed);
}

std::string decoded(std::string_view packed, size_t size) {
  std::vector<char> to(size);  // just as large, so that a sanitizer sees a byte beyond
  CHECK(lzf_decode(packed, to.data(), size));
  return {to.begin(), to.end()};
}

bool decodes(std::string_view packed, size_t size) {
  std::vector<char> to(size);
  return lzf_decode(packed, to.data(), size);
}

std::string decoded_by_liblzf(std::string_view packed, size_t size) {
  std::vector<char> to(size);
  CHECK(liblzf_decode(packed, to.data(), size));
  return {to.begin(), to.end()};
}

bool decodes_by_liblzf(std::string_view packed, size_t size) {
  std::vector<char> to(size);
  return liblzf_decode(packed, to.data(), size);
}

// The compressed bytes of a vector, which has both lengths in front: C3, 1 or 2 bytes, 1 or 2.
std::string_view packed_bytes(const Vector& vector) {
  std::string_view bytes = vector.bytes;
  REQUIRE(bytes[0] == '\xc3');
  bytes.remove_prefix(1);
  for (int i = 0; i < 2; ++i) bytes.remove_prefix((bytes[0] & 0x40) != 0 ? 2 : 1);
  return bytes;
}

TEST_CASE("lzf: strings of real servers decode to what the servers said") {
  for (const char* const vector_name : {"str_lzf_a300", "str_lzf_abc_rep", "str_lzf_mixed",
                                        "lzf_hand_short_match", "lzf_hand_overlap"}) {
    CAPTURE(vector_name);
    const Vector& vector = vector_named(vector_name);
    const std::string& plain = vector.text("value");
    CHECK(decoded(packed_bytes(vector), plain.size()) == plain);
    const Result got = read(packed_bytes(vector), plain.size());
    CHECK(got.ok);
    CHECK(got.plain == plain);
  }
}

TEST_CASE("lzf: both decoders and liblzf agree at every size, share of literals and source step") {
  std::mt19937 random(1);
  for (const size_t size :
       {size_t{1}, size_t{2}, size_t{33}, size_t{264}, size_t{8191}, size_t{8192}, size_t{8193},
        kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, kPieceBytes + 263, kPieceBytes + 8192,
        2 * kPieceBytes, 2 * kPieceBytes + 1, 5 * kPieceBytes + 77}) {
    for (const unsigned literal_share : {0U, 30U, 100U}) {
      CAPTURE(size);
      CAPTURE(literal_share);
      const Sample sample = random_sample(random, size, literal_share);
      REQUIRE(sample.plain.size() == size);
      CHECK(decoded(sample.packed, size) == sample.plain);
      CHECK(decoded_by_liblzf(sample.packed, size) == sample.plain);
      for (const size_t step : kSteps) {
        CAPTURE(step);
        const Result got = read(sample.packed, size, step);
        CHECK(got.ok);
        CHECK(got.plain == sample.plain);
        CHECK(got.pos == kBefore.size() + sample.packed.size());
      }
    }
  }
}

TEST_CASE("lzf: every piece but the last is full") {
  std::mt19937 random(2);
  const Sample sample = random_sample(random, 3 * kPieceBytes + 100, 30);
  const Result got = read(sample.packed, sample.plain.size());
  CHECK(got.pieces == std::vector<size_t>{kPieceBytes, kPieceBytes, kPieceBytes, 100});
}

TEST_CASE("lzf: one byte may repeat over many pieces") {
  Sample sample;
  sample.literals("x");
  while (sample.plain.size() < 4 * kPieceBytes) sample.match(1, 264);
  const Result got = read(sample.packed, sample.plain.size(), 3);
  CHECK(got.ok);
  CHECK(got.plain == std::string(sample.plain.size(), 'x'));
}

TEST_CASE("lzf: a match reaches 8192 back, across pieces, at every distance and length") {
  std::mt19937 random(3);
  Sample sample = random_sample(random, kPieceBytes - 100, 100);
  for (const size_t distance : {1U, 2U, 3U, 7U, 8U, 9U, 15U, 16U, 263U, 264U, 265U, 8191U, 8192U}) {
    for (size_t n = 3; n <= 264; n += n < 20 ? 1 : 61) sample.match(distance, n);
  }
  const Result got = read(sample.packed, sample.plain.size());
  CHECK(got.ok);
  CHECK(got.plain == sample.plain);
  CHECK(decoded(sample.packed, sample.plain.size()) == sample.plain);
}

TEST_CASE("lzf: nothing makes nothing") {
  CHECK(decodes("", 0));
  const Result got = read("", 0);
  CHECK(got.ok);
  CHECK(got.pieces.empty());
}

TEST_CASE("lzf: literals that run past the compressed bytes are lzf_overrun") {
  const Bytes packed = Bytes{}.u8(0).str("a").u8(9).str("bcd");
  check_failure(read(packed.view(), 11), Code::lzf_overrun, 2, {.found = 11, .allowed = 4});
  CHECK_FALSE(decodes(packed.view(), 11));
}

TEST_CASE("lzf: a match without its last bytes is lzf_overrun") {
  const Bytes one_missing = Bytes{}.u8(0).str("a").u8(1 << 5);
  check_failure(read(one_missing.view(), 4), Code::lzf_overrun, 2, {.found = 2, .allowed = 1});
  CHECK_FALSE(decodes(one_missing.view(), 4));
  const Bytes offset_missing = Bytes{}.u8(0).str("a").u8(7 << 5).u8(0);
  check_failure(read(offset_missing.view(), 10), Code::lzf_overrun, 2, {.found = 3, .allowed = 2});
  CHECK_FALSE(decodes(offset_missing.view(), 10));
}

TEST_CASE("lzf: a match that reaches before the first byte is lzf_distance") {
  const Sample first = Sample{}.match(1, 3);
  check_failure(read(first.packed, 3), Code::lzf_distance, 0, {.found = 1, .allowed = 0});
  CHECK_FALSE(decodes(first.packed, 3));
  const Sample later = Sample{}.literals("abc").match(4, 5);
  check_failure(read(later.packed, 8), Code::lzf_distance, 4, {.found = 4, .allowed = 3});
  CHECK_FALSE(decodes(later.packed, 8));
  const Sample farthest = Sample{}.literals("abc").match(8192, 264);
  check_failure(read(farthest.packed, 267), Code::lzf_distance, 4, {.found = 8192, .allowed = 3});
}

TEST_CASE("lzf: more bytes than declared are lzf_size at the token that makes them") {
  const Sample sample = Sample{}.literals("abc").match(3, 9).literals("d");
  check_failure(read(sample.packed, 2), Code::lzf_size, 0, {.found = 3, .allowed = 2});
  check_failure(read(sample.packed, 11), Code::lzf_size, 4, {.found = 12, .allowed = 11});
  check_failure(read(sample.packed, 12), Code::lzf_size, 7, {.found = 13, .allowed = 12});
  check_failure(read(sample.packed, 0), Code::lzf_size, 0, {.found = 3, .allowed = 0});
  for (const size_t size : {0U, 2U, 11U, 12U}) CHECK_FALSE(decodes(sample.packed, size));
  CHECK(decodes(sample.packed, 13));
}

TEST_CASE("lzf: one byte more than a whole number of pieces declared is found in time") {
  std::mt19937 random(4);
  const Sample sample = random_sample(random, kPieceBytes + 1, 100);
  const Result got = read(sample.packed, kPieceBytes);
  CHECK(got.pieces.empty());
  CHECK(name(got.error.code) == "lzf_size");
  CHECK(got.error.numbers.allowed == kPieceBytes);
}

TEST_CASE("lzf: fewer bytes than declared are lzf_size at the end") {
  const Sample sample = Sample{}.literals("abc").match(3, 9);
  const auto end = static_cast<int64_t>(sample.packed.size());
  check_failure(read(sample.packed, 13), Code::lzf_size, end, {.found = 12, .allowed = 13});
  check_failure(read(sample.packed, UINT64_MAX), Code::lzf_size, end,
                {.found = 12, .allowed = UINT64_MAX});
  check_failure(read("", 1), Code::lzf_size, 0, {.found = 0, .allowed = 1});
  CHECK_FALSE(decodes(sample.packed, 13));
  CHECK_FALSE(decodes("", 1));
}

TEST_CASE("lzf: a file that ends inside the compressed bytes is truncated") {
  const Sample sample = Sample{}.literals("abcdefgh").match(3, 9).literals("d").match(1, 264);
  for (size_t n = 0; n < sample.packed.size(); ++n) {
    for (const size_t step : kSteps) {
      CAPTURE(n);
      CAPTURE(step);
      MemorySource source(std::string_view(sample.packed).substr(0, n), step);
      Input in(source);
      LzfReader reader(in, sample.packed.size(), sample.plain.size());
      std::string_view piece;
      CHECK_FALSE(reader.next(piece));
      CHECK(piece.empty());
      CHECK(name(in.error().code) == "truncated");
      CHECK_FALSE(reader.next(piece));
    }
  }
}

TEST_CASE("lzf: sizes of 2^64 - 1 that nothing backs end as truncated") {
  MemorySource source(std::string_view("\0a", 2));
  Input in(source);
  LzfReader reader(in, UINT64_MAX, UINT64_MAX);
  std::string_view piece;
  CHECK_FALSE(reader.next(piece));
  CHECK(name(in.error().code) == "truncated");
}

TEST_CASE("lzf: both decoders and liblzf agree on every prefix and on damage") {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    CAPTURE(round);
    const size_t size = 1 + random() % 2000;
    Sample sample = random_sample(random, size, 30);
    if (round % 2 == 0) {
      sample.packed.resize(random() % sample.packed.size());
    } else {
      sample.packed[random() % sample.packed.size()] = static_cast<char>(random());
    }
    const Result got = read(sample.packed, size);
    // A copy of just its size, so that a sanitizer sees a byte read beyond it.
    const std::vector<char> exact(sample.packed.begin(), sample.packed.end());
    const std::string_view packed(exact.data(), exact.size());
    CHECK(got.ok == decodes(packed, size));
    CHECK(got.ok == decodes_by_liblzf(packed, size));
    if (!got.ok) continue;
    CHECK(got.plain == decoded(packed, size));
    CHECK(got.plain == decoded_by_liblzf(packed, size));
  }
}

// Empty: servers store `plain` as it is.
std::string encoded(std::string_view plain) {
  std::vector<char> to(plain.size());  // just as large, so that a sanitizer sees a byte beyond
  const size_t size = lzf_encode(plain, to.data());
  REQUIRE(size <= to.size());
  return {to.data(), size};
}

TEST_CASE("lzf: strings compress to what real servers stored") {
  for (const char* const vector_name : {"str_lzf_a300", "str_lzf_abc_rep", "str_lzf_mixed"}) {
    CAPTURE(vector_name);
    const Vector& vector = vector_named(vector_name);
    CHECK(encoded(vector.text("value")) == packed_bytes(vector));
  }
  CHECK(encoded(vector_named("str_lzf_incompressible21").text("value")).empty());
}

TEST_CASE("lzf: a string of 20 bytes stays as it is, one of 21 is compressed") {
  CHECK(encoded("").empty());
  CHECK(encoded(std::string(20, 'a')).empty());
  CHECK_FALSE(encoded(std::string(21, 'a')).empty());
}

TEST_CASE("lzf: a string that would gain too little stays as it is") {
  const std::string plain = "0123456789abcdefgh";
  const auto gain = [&](size_t n) {
    const std::string whole = plain + plain.substr(1, n) + "!?";
    const std::string packed = encoded(whole);
    return packed.empty() ? 0 : whole.size() - packed.size();
  };
  // 19 bytes for the literals, 3 for a match of 9 or more, 3 for the last two bytes. A gain of 4
  // would do, but liblzf keeps a byte free for a run of literals that has no room for both.
  CHECK(gain(9) == 0);
  CHECK(gain(10) == 5);
  CHECK(gain(11) == 6);
}

TEST_CASE("lzf: what is compressed decodes again, and alike whatever was compressed before") {
  std::mt19937 random(6);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const Sample sample = random_sample(random, 1 + random() % 30000, 30);
    const std::string packed = encoded(sample.plain);
    CHECK(encoded(random_sample(random, 5000, 50).plain) != packed);
    CHECK(encoded(sample.plain) == packed);
    if (packed.empty()) continue;
    CHECK(packed.size() + 4 <= sample.plain.size());
    CHECK(decoded(packed, sample.plain.size()) == sample.plain);
  }
}

}  // namespace
}  // namespace rdb
