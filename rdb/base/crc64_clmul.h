// What the implementations of the RDB checksum share; private to them, see crc64.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace rdb {

// The polynomial 0xAD93D23594C935A9 reflected: bit 63 is the coefficient of 1, bit 0 that of x^63.
// All polynomials below 2^64 are written like that here.
inline constexpr uint64_t kCrc64Polynomial = 0x95AC9329AC4BC9B5;

[[nodiscard]] constexpr uint64_t crc64_times_x(uint64_t a) {
  return (a >> 1) ^ ((a & 1) != 0 ? kCrc64Polynomial : 0);
}

// crc64() by carry-less multiplication. x86-64 only, and only where the processor has PCLMULQDQ
// and SSE4.1.
[[nodiscard]] uint64_t crc64_clmul(uint64_t crc, std::string_view bytes);

}  // namespace rdb
