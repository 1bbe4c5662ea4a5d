// Little- and big-endian integers in memory. Callers guarantee that the bytes are there.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace rdb {

template <typename T>
[[nodiscard]] inline T swap_bytes(T v) {
  if constexpr (sizeof(T) == 1) return v;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(v)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(v)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(v)));
}

template <typename T>
[[nodiscard]] inline T load_le(const char* from) {
  T v;
  std::memcpy(&v, from, sizeof v);
  if constexpr (std::endian::native == std::endian::big) v = swap_bytes(v);
  return v;
}

template <typename T>
[[nodiscard]] inline T load_be(const char* from) {
  T v;
  std::memcpy(&v, from, sizeof v);
  if constexpr (std::endian::native == std::endian::little) v = swap_bytes(v);
  return v;
}

template <typename T>
inline void store_le(char* to, T v) {
  if constexpr (std::endian::native == std::endian::big) v = swap_bytes(v);
  std::memcpy(to, &v, sizeof v);
}

template <typename T>
inline void store_be(char* to, T v) {
  if constexpr (std::endian::native == std::endian::little) v = swap_bytes(v);
  std::memcpy(to, &v, sizeof v);
}

// A signed 24-bit little-endian integer.
[[nodiscard]] inline int32_t load_le24(const char* from) {
  uint32_t v = 0;
  std::memcpy(&v, from, 3);
  if constexpr (std::endian::native == std::endian::big) v = swap_bytes(v);
  return static_cast<int32_t>(v << 8) >> 8;
}

[[nodiscard]] inline uint8_t byte_at(const char* from) { return static_cast<uint8_t>(*from); }

}  // namespace rdb
