// CRC-64 of RDB files ("Jones"): width 64, polynomial 0xAD93D23594C935A9, reflected in and out,
// initial value 0, no final xor; check value of "123456789" = 0xE9C6D914C4B8D9CA.
// Source: redis 7.2.6 src/crc64.c.
//
// With a zero initial value the CRC is linear: crc(A xor D) = crc(A) xor crc(D), and leading zero
// bytes are invisible. crc64_shift() makes use of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rdb {

// The CRC of some bytes followed by `bytes`, `crc` being that of the former (0 for none).
[[nodiscard]] uint64_t crc64(uint64_t crc, std::string_view bytes);

// The CRC of the bytes behind `crc` followed by `zero_bytes` zero bytes.
[[nodiscard]] uint64_t crc64_shift(uint64_t crc, uint64_t zero_bytes);

// The implementations that this machine can run, for tests; crc64() uses the last.
struct Crc64Implementation {
  std::string_view name;
  uint64_t (*update)(uint64_t crc, std::string_view bytes);
};
[[nodiscard]] std::span<const Crc64Implementation> crc64_implementations();

}  // namespace rdb
