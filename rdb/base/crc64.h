// CRC-64 of RDB files ("Jones"): width 64, polynomial 0xAD93D23594C935A9, reflected in and out,
// initial value 0, no final xor; check value of "123456789" = 0xE9C6D914C4B8D9CA.
// Source: redis 7.2.6 src/crc64.c.
//
// With a zero initial value the CRC is linear: crc(A xor D) = crc(A) xor crc(D), and leading zero
// bytes are invisible. crc64_shift() makes use of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rdb {

// The CRC of some bytes followed by `bytes`, `crc` being that of the former (0 for none).
[[nodiscard]] uint64_t crc64(uint64_t crc, std::string_view bytes);

// The CRC of the bytes behind `crc` followed by `zero_bytes` zero bytes.
[[nodiscard]] uint64_t crc64_shift(uint64_t crc, uint64_t zero_bytes);

// Bits to flip in bytes or in the CRC that stands behind them, little-endian: the lowest eight, of
// which one is set, in the byte at `at`, the next in the one behind it.
struct Burst {
  uint64_t at = 0;
  uint64_t bits = 0;

  // For each byte from `at` on what to xor it with.
  [[nodiscard]] std::string bytes() const;
};

// Those after which the CRC behind `size` bytes is theirs, from which it differs by `difference`
// (xor, not 0), if they are few bits in a row, and none but these: 24, in more than 64 KiB fewer,
// 10 in 1 GB, so that 1 in 2^22 is found by chance where more is wrong. Takes 3 ns a byte.
[[nodiscard]] std::optional<Burst> find_burst(uint64_t difference, uint64_t size);

// The implementations that this machine can run, for tests; crc64() uses the last.
struct Crc64Implementation {
  std::string_view name;
  uint64_t (*update)(uint64_t crc, std::string_view bytes);
};
[[nodiscard]] std::span<const Crc64Implementation> crc64_implementations();

}  // namespace rdb
