// Expected values: the program xxh128sum 0.8.1 and FIPS 180-4's examples.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/hash128.h"
#include "rdb/base/run_seed.h"
#include "rdb/base/sha.h"

namespace rdb {
namespace {

std::string letters(size_t n) {
  std::string out;
  while (out.size() < n) out += static_cast<char>('a' + out.size() % 26);
  return out;
}

}  // namespace

TEST_CASE("hash: the digits are those of xxh128sum") {
  CHECK(to_hex(hash128("")) == "99aa06d3014798d86001c324468d497f");
  CHECK(to_hex(hash128("a")) == "a96faf705af16834e6c632b61e964e1f");
  CHECK(to_hex(hash128(letters(40))) == "0338ff3e7917dbab13d405390291c7ef");
  CHECK(to_hex(hash128(letters(1000))) == "b68384db4f7b6231e153425558d7da5d");
}

TEST_CASE("hash: pieces are hashed as the whole") {
  const std::string whole = letters(1000);
  for (const size_t step : {1U, 7U, 240U, 999U}) {
    Hasher128 hasher;
    Sha1 sha1;
    for (size_t at = 0; at < whole.size(); at += step) {
      const auto piece = std::string_view(whole).substr(at, step);
      hasher.add(piece);
      sha1.add(piece);
    }
    CHECK(hasher.get() == hash128(whole));
    Sha1 at_once;
    at_once.add(whole);
    CHECK(sha1.finish() == at_once.finish());
  }
}

TEST_CASE("hash: numbers are eight bytes each, the lowest first") {
  const std::string bytes("\x02\x01\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
  CHECK(hash128({0x102, UINT64_MAX}) == hash128(bytes));
}

TEST_CASE("hash: with a seed for the run, only the hash for lookups changes") {
  const uint64_t seed = run_seed();
  for (const size_t size : {0U, 1U, 16U, 100U, 200U, 241U, 1000U}) {
    CAPTURE(size);
    const std::string whole = letters(size);
    const Hash128 fixed = hash128(whole);
    set_run_seed(0);  // the seed that XXH3 has where none is given
    CHECK(lookup_hash(whole) == fixed);
    CHECK(lookup_hash({1, 2}) == hash128({1, 2}));
    set_run_seed(1);
    const Hash128 seeded = lookup_hash(whole);
    CHECK(seeded != fixed);
    CHECK(seeded == lookup_hash(whole));
    CHECK(hash128(whole) == fixed);
    Hasher128 pieces;
    pieces.start_lookup();
    pieces.add(std::string_view(whole).substr(0, size / 3));
    pieces.add(std::string_view(whole).substr(size / 3));
    CHECK(pieces.get() == seeded);
  }
  set_run_seed(seed);
}

TEST_CASE("hash: names that share their leading bits with one seed do not with another") {
  constexpr int kBits = 12;
  const uint64_t seed = run_seed();
  const auto slot = [](const std::string& name) { return lookup_hash(name).low >> (64 - kBits); };
  set_run_seed(0);
  std::vector<std::string> chosen;
  for (int i = 0; chosen.size() < 256; ++i) {
    if (std::string name = std::to_string(i); slot(name) == 0) chosen.push_back(std::move(name));
  }
  for (const uint64_t other : {uint64_t{1}, uint64_t{0x123456789ABCDEF0}}) {
    set_run_seed(other);
    std::set<uint64_t> slots;
    for (const std::string& name : chosen) slots.insert(slot(name));
    CHECK(slots.size() > 200);  // 256 at random in 4096 slots take about 248
  }
  set_run_seed(seed);
}

TEST_CASE("hash: a sum carries from the low word to the high one and drops what is above") {
  Hash128 sum{UINT64_MAX, UINT64_MAX};
  sum += {2, 5};
  CHECK(sum == Hash128{1, 5});
}

TEST_CASE("sha: the digests of FIPS 180-4's examples") {
  Sha1 sha1;
  sha1.add("abc");
  CHECK(to_hex(sha1.finish()) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  sha1.start();
  sha1.add("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
  CHECK(to_hex(sha1.finish()) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  Sha256 sha256;
  sha256.add("abc");
  CHECK(to_hex(sha256.finish()) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace rdb
