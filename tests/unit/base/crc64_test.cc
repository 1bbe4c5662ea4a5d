// Tests of rdb/base/crc64.h: every implementation against a bit-by-bit one and against servers.
#include "rdb/base/crc64.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using rdb::crc64;
using rdb::crc64_implementations;
using rdb::crc64_shift;
using rdb::find_burst;

namespace {

constexpr uint64_t kSeeds[] = {0, 1, 0xE9C6D914C4B8D9CA, ~uint64_t{0}};

uint64_t bit_by_bit(uint64_t crc, std::string_view bytes) {
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? uint64_t{0x95AC9329AC4BC9B5} : 0);
    }
  }
  return crc;
}

std::string random_bytes(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("crc64: every implementation gives the values that servers give") {
  std::string long_text;
  for (int i = 0; i < 17; ++i) long_text += "0123456789abcdef";
  // verified against redis 7.2.6
  const struct {
    std::string_view bytes;
    uint64_t crc;
  } vectors[] = {{"123456789", 0xE9C6D914C4B8D9CA},
                 {"", 0},
                 {std::string_view("\0\0\0\0\0\0\0\0", 8), 0},
                 {"REDIS0011", 0xDDF881E71BD6A1AB},
                 {long_text, 0x9015C9E4242B545D}};
  for (const auto& vector : vectors) {
    CAPTURE(vector.bytes);
    CHECK(bit_by_bit(0, vector.bytes) == vector.crc);
    CHECK(crc64(0, vector.bytes) == vector.crc);
    for (const auto& implementation : crc64_implementations()) {
      CAPTURE(implementation.name);
      CHECK(implementation.update(0, vector.bytes) == vector.crc);
    }
  }
}

TEST_CASE("crc64: there is a portable implementation, and every one has a name of its own") {
  const auto all = crc64_implementations();
  REQUIRE(!all.empty());
  CHECK(all.front().name == "slicing");
  for (size_t i = 1; i < all.size(); ++i) CHECK(all[i].name != all[i - 1].name);
}

TEST_CASE("crc64: the implementations agree bit by bit at every length up to 300") {
  for (const auto& implementation : crc64_implementations()) {
    CAPTURE(implementation.name);
    for (size_t size = 0; size <= 300; ++size) {
      CAPTURE(size);
      // A block of its own, so that a sanitizer sees a read beyond it.
      const std::unique_ptr<char[]> block(new char[size]);
      std::memcpy(block.get(), random_bytes(size, static_cast<unsigned>(size)).data(), size);
      const std::string_view bytes(block.get(), size);
      for (const uint64_t seed : kSeeds) {
        CHECK(implementation.update(seed, bytes) == bit_by_bit(seed, bytes));
      }
    }
  }
}

TEST_CASE("crc64: a buffer split at any point gives the CRC of the whole") {
  const std::string buffer = random_bytes(300, 7);
  for (const auto& implementation : crc64_implementations()) {
    CAPTURE(implementation.name);
    for (size_t size = 0; size <= buffer.size(); ++size) {
      const std::string_view bytes(buffer.data(), size);
      const uint64_t whole = bit_by_bit(kSeeds[2], bytes);
      for (size_t split = 0; split <= size; ++split) {
        const uint64_t first = implementation.update(kSeeds[2], bytes.substr(0, split));
        CAPTURE(size);
        CAPTURE(split);
        CHECK(implementation.update(first, bytes.substr(split)) == whole);
      }
    }
  }
}

TEST_CASE("crc64: the alignment of a buffer does not matter") {
  const std::string buffer = random_bytes(64 + 257, 8);
  for (const auto& implementation : crc64_implementations()) {
    CAPTURE(implementation.name);
    for (size_t offset = 0; offset < 64; ++offset) {
      CAPTURE(offset);
      const std::string_view bytes(buffer.data() + offset, 257);
      CHECK(implementation.update(1, bytes) == bit_by_bit(1, bytes));
    }
  }
}

TEST_CASE("crc64: large buffers agree bit by bit, whole and in random slices") {
  std::mt19937 random(9);
  for (const size_t size : {size_t{4096}, size_t{65537}, size_t{262144}, size_t{1000003}}) {
    CAPTURE(size);
    const std::string bytes = random_bytes(size, static_cast<unsigned>(size));
    const uint64_t expected = bit_by_bit(0, bytes);
    for (const auto& implementation : crc64_implementations()) {
      CAPTURE(implementation.name);
      CHECK(implementation.update(0, bytes) == expected);
      uint64_t crc = 0;
      for (size_t pos = 0; pos < size;) {
        const size_t slice = 1 + random() % (random() % 2 == 0 ? 100 : 10000);
        crc = implementation.update(crc, std::string_view(bytes).substr(pos, slice));
        pos += slice;
      }
      CHECK(crc == expected);
    }
  }
}

TEST_CASE("crc64: a view of nothing, even at no address, changes nothing") {
  for (const auto& implementation : crc64_implementations()) {
    CAPTURE(implementation.name);
    CHECK(implementation.update(kSeeds[2], {}) == kSeeds[2]);
  }
}

TEST_CASE("crc64: leading zero bytes are invisible") {
  const std::string bytes = random_bytes(100, 10);
  for (const unsigned zeros : {1u, 7u, 8u, 15u, 16u, 17u, 64u, 200u}) {
    CAPTURE(zeros);
    CHECK(crc64(0, std::string(zeros, '\0') + bytes) == crc64(0, bytes));
  }
}

TEST_CASE("crc64_shift: the same as appending zero bytes") {
  for (const uint64_t seed : kSeeds) {
    CAPTURE(seed);
    for (size_t zeros = 0; zeros <= 300; ++zeros) {
      CAPTURE(zeros);
      CHECK(crc64_shift(seed, zeros) == bit_by_bit(seed, std::string(zeros, '\0')));
    }
    for (const size_t zeros : {size_t{65535}, size_t{65536}, size_t{1000003}}) {
      CAPTURE(zeros);
      CHECK(crc64_shift(seed, zeros) == crc64(seed, std::string(zeros, '\0')));
    }
  }
}

TEST_CASE("crc64_shift: two shifts are the shift by their sum, up to 2^64 - 1 bytes") {
  const uint64_t crc = kSeeds[2];
  const uint64_t sums[] = {1000, uint64_t{1} << 32, (uint64_t{5} << 40) + 12345, ~uint64_t{0}};
  for (const uint64_t sum : sums) {
    for (const uint64_t part : {uint64_t{1}, sum / 3, sum / 2, sum - 1}) {
      CAPTURE(sum);
      CAPTURE(part);
      CHECK(crc64_shift(crc64_shift(crc, part), sum - part) == crc64_shift(crc, sum));
    }
  }
}

TEST_CASE("crc64_shift: joins the CRCs of two halves") {
  const std::string bytes = random_bytes(1000, 11);
  const std::string_view view(bytes);
  for (size_t split = 0; split <= bytes.size(); split += 37) {
    CAPTURE(split);
    const uint64_t first = crc64(0, view.substr(0, split));
    const uint64_t second = crc64(0, view.substr(split));
    CHECK((crc64_shift(first, bytes.size() - split) ^ second) == crc64(0, bytes));
  }
}

TEST_CASE("crc64_shift: corrects a checksum for bytes patched in place") {
  const std::string before = random_bytes(5000, 12);
  for (const size_t offset : {size_t{0}, size_t{9}, size_t{2500}, size_t{4991}}) {
    CAPTURE(offset);
    const std::string patch = random_bytes(9, static_cast<unsigned>(offset));
    std::string after = before;
    after.replace(offset, patch.size(), patch);
    std::string difference(patch.size(), '\0');
    for (size_t i = 0; i < patch.size(); ++i) {
      difference[i] = static_cast<char>(before[offset + i] ^ patch[i]);
    }
    const size_t behind = before.size() - offset - patch.size();
    CHECK((crc64(0, before) ^ crc64_shift(crc64(0, difference), behind)) == crc64(0, after));
  }
}

// What find_burst() is to find: bytes with their CRC behind them, of which some bits are flipped.
struct Damaged {
  Damaged(std::string bytes, size_t at, uint64_t bits) : size(bytes.size()) {
    const uint64_t crc = bit_by_bit(0, bytes);
    for (unsigned i = 0; i < 8; ++i) bytes += static_cast<char>(crc >> (8 * i));
    for (size_t i = at; bits != 0; ++i, bits >>= 8) bytes[i] ^= static_cast<char>(bits);
    uint64_t recorded = 0;
    for (unsigned i = 8; i > 0; --i) {
      recorded = recorded << 8 | static_cast<uint8_t>(bytes[size + i - 1]);
    }
    difference = bit_by_bit(0, std::string_view(bytes).substr(0, size)) ^ recorded;
  }

  size_t size;
  uint64_t difference = 0;
};

TEST_CASE("crc64: bits in a row that are wrong are found wherever they are") {
  std::mt19937 random(9);
  for (const size_t size : {1U, 2U, 3U, 9U, 100U, 1000U}) {
    const std::string bytes = random_bytes(size, 3);
    for (int i = 0; i < 200; ++i) {
      const uint64_t first = random() % (8 * (size + 8));
      const auto bits = static_cast<unsigned>(1 + random() % 24);
      const uint64_t pattern = (random() % (1U << (bits - 1)) * 2 + 1) << (first % 8);
      const size_t at = first / 8;
      const bool is_split =
          at < size && at + (static_cast<size_t>(std::bit_width(pattern)) + 7) / 8 > size;
      if (is_split || at + 8 > size + 8) continue;
      const Damaged damaged(bytes, at, pattern);
      const auto found = find_burst(damaged.difference, size);
      REQUIRE(found);
      CHECK(found->at == at);
      CHECK(found->bits == pattern);
    }
  }
}

TEST_CASE("crc64: bits that are too far apart are not found") {
  const std::string bytes = random_bytes(5000, 4);
  for (size_t at = 0; at < 4990; at += 7) {
    CHECK(find_burst(Damaged(bytes, at, 0x800001).difference, bytes.size()));
    CHECK_FALSE(find_burst(Damaged(bytes, at, 0x1000001).difference, bytes.size()));
  }
  const std::string longer = random_bytes(1 << 20, 4);  // 19 bits
  CHECK(find_burst(Damaged(longer, 99, 0x40001).difference, longer.size()));
  CHECK_FALSE(find_burst(Damaged(longer, 99, 0x80001).difference, longer.size()));
}

TEST_CASE("crc64: bits to flip are told by their bytes") {
  CHECK(rdb::Burst{0, 0x10}.bytes() == "\x10");
  CHECK(rdb::Burst{0, 0x1ff00}.bytes() == std::string("\x00\xff\x01", 3));
}
