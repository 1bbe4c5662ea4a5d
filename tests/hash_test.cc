// Expected values: the program xxh128sum 0.8.1 and FIPS 180-4's examples.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "rdb/base/hash128.h"
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
