// XXH3, 128 bits: what keys, values and parts of them are known by. hash128() is the same in every
// run, for what is printed or written. lookup_hash() is for tables: it has the seed of the run
// (run_seed.h), and whoever makes a file cannot choose names that share a hash or a slot.
// Source of fact: xxHash 0.8 doc/xxhash_spec.md.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace rdb {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  auto operator<=>(const Hash128&) const = default;  // NOLINT(modernize-use-nullptr): no pointer

  // Modulo 2^128.
  Hash128& operator+=(const Hash128& more) {
    low += more.low;
    high += more.high + (low < more.low ? 1 : 0);
    return *this;
  }
};

[[nodiscard]] Hash128 hash128(std::string_view bytes);

// Of the numbers, each as eight bytes, the lowest first; up to eight of them.
[[nodiscard]] Hash128 hash128(std::initializer_list<uint64_t> numbers);

// The same with the seed of the run: for what is compared within the run alone.
[[nodiscard]] Hash128 lookup_hash(std::string_view bytes);
[[nodiscard]] Hash128 lookup_hash(std::initializer_list<uint64_t> numbers);

// 32 hexadecimal digits, the highest first.
[[nodiscard]] std::string to_hex(const Hash128& hash);

// The hash of bytes that come in pieces. One thread; distinct objects are independent.
class Hasher128 {
 public:
  Hasher128() { start(); }

  void start();         // for hash128()
  void start_lookup();  // for lookup_hash()
  void add(std::string_view bytes);
  [[nodiscard]] Hash128 get() const;

 private:
  static constexpr size_t kStateBytes = 576;
  alignas(64) std::byte state_[kStateBytes];
};

}  // namespace rdb
