// The RDB checksum by carry-less multiplication, 64 bytes a round.
//
// Source of the method: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", Intel, 2009; in the reflected form.
//
// The CRC of a message M is M * x^64 mod P. 16 bytes are a polynomial L * x^64 + H, L being the
// first 8 bytes as a little-endian word, H the last 8. *Folding* moves such a state over d bits
// of message that follow: L * (x^(d+64) mod P) + H * (x^d mod P) is congruent to state * x^d and
// again fits 16 bytes. The product of two reflected words comes out times x, so the factors are
// one power lower.
#include "rdb/base/crc64_clmul.h"

#if defined(__x86_64__)

#include <smmintrin.h>
#include <wmmintrin.h>

#include <cstddef>

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

// What multiplies the low and the high word of a 16-byte state.
struct alignas(16) Factors {
  uint64_t low;
  uint64_t high;
};

constexpr uint64_t x_power(unsigned exponent) {
  uint64_t power = uint64_t{1} << 63;
  for (unsigned i = 0; i < exponent; ++i) power = crc64_times_x(power);
  return power;
}

// Factors that fold a state over `bytes`.
constexpr Factors fold_over(unsigned bytes) {
  return {x_power(8 * bytes + 63), x_power(8 * bytes - 1)};
}

// The quotient x^128 / P by long division: 65 bits reflected, bit 0 that of x^64, the one of 1
// left out because only the high half of a product with it is used.
constexpr uint64_t quotient() {
  uint64_t bits = 1;
  uint64_t remainder = kCrc64Polynomial;  // x^64 mod P
  for (unsigned i = 1; i < 64; ++i) {
    bits |= (remainder & 1) << i;
    remainder = crc64_times_x(remainder);
  }
  return bits;
}

constexpr Factors kOver16 = fold_over(16);
constexpr Factors kOver32 = fold_over(32);
constexpr Factors kOver64 = fold_over(64);
// low: the quotient; high: P itself as 65 bits without that of 1.
constexpr Factors kBarrett = {quotient(), kCrc64Polynomial << 1 | 1};
// low: moves a low word to the place of the CRC, x^128 mod P.
constexpr Factors kOver8 = {x_power(127), 0};

// As a control of _mm_shuffle_epi8, 16 bytes from 16 + n on shift right by n bytes and those from
// 16 - n on shift left, zeros coming in.
constexpr unsigned char kShifts[48] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};

[[gnu::target("pclmul,sse4.1")]] inline __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

[[gnu::target("pclmul,sse4.1")]] inline __m128i fold(__m128i state, __m128i factors, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(state, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(state, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// The low word of `value` times x^64 mod P, in the high word of the result (Barrett): the quotient
// by P is exact for polynomials, and what P times it leaves below x^64 is the remainder.
[[gnu::target("pclmul,sse4.1")]] inline __m128i remainder(__m128i value) {
  const __m128i factors = load(&kBarrett);
  const __m128i times = _mm_clmulepi64_si128(value, factors, 0x00);
  const __m128i product = _mm_clmulepi64_si128(times, factors, 0x10);
  return _mm_xor_si128(product, _mm_slli_si128(times, 8));
}

// The CRC of 16 bytes: 128 bits to 64.
[[gnu::target("pclmul,sse4.1")]] inline uint64_t reduce(__m128i state) {
  const __m128i moved = _mm_clmulepi64_si128(state, load(&kOver8), 0x00);
  const __m128i rest = _mm_xor_si128(_mm_srli_si128(state, 8), moved);
  return static_cast<uint64_t>(_mm_extract_epi64(_mm_xor_si128(remainder(rest), moved), 1));
}

// `size` bytes, 1 to 8, as a little-endian word.
inline uint64_t load_word(const char* from, size_t size) {
  if (size == 8) return load_le<uint64_t>(from);
  if (size >= 4) {
    const uint64_t last = load_le<uint32_t>(from + size - 4);
    return load_le<uint32_t>(from) | last << (8 * (size - 4));
  }
  const size_t middle = size / 2;
  const size_t last = size - 1;
  return uint64_t{byte_at(from)} | uint64_t{byte_at(from + middle)} << (8 * middle) |
         uint64_t{byte_at(from + last)} << (8 * last);
}

// Fewer than 16 bytes. They are moved to the end of a word or a state: leading zeros do not count.
[[gnu::target("pclmul,sse4.1")]] inline uint64_t update_short(uint64_t crc, const char* from,
                                                              size_t size) {
  if (size == 0) return crc;
  if (size <= 8) {
    const size_t free_bits = 64 - 8 * size;
    const uint64_t word = (crc ^ load_word(from, size)) << free_bits;
    const uint64_t beyond = size == 8 ? 0 : crc >> (8 * size);
    const __m128i value = _mm_cvtsi64_si128(static_cast<int64_t>(word));
    return static_cast<uint64_t>(_mm_extract_epi64(remainder(value), 1)) ^ beyond;
  }
  const uint64_t low = (crc ^ load_le<uint64_t>(from)) << (8 * (16 - size));
  const uint64_t high = load_le<uint64_t>(from + size - 8) ^ (crc >> (8 * (size - 8)));
  return reduce(_mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low)));
}

// Folds rounds of 64 bytes in four lanes, which hide the latency of the multiplier. `state` is the
// first 16 of `size` bytes, at least 64. Moves `from` behind the last whole round.
[[gnu::target("pclmul,sse4.1")]] inline __m128i fold_rounds(__m128i state, const char*& from,
                                                            size_t size) {
  const __m128i over64 = load(&kOver64);
  __m128i lane1 = load(from + 16);
  __m128i lane2 = load(from + 32);
  __m128i lane3 = load(from + 48);
  const char* const end = from + size / 64 * 64;
  for (from += 64; from != end; from += 64) {
    state = fold(state, over64, load(from));
    lane1 = fold(lane1, over64, load(from + 16));
    lane2 = fold(lane2, over64, load(from + 32));
    lane3 = fold(lane3, over64, load(from + 48));
  }
  const __m128i over16 = load(&kOver16);
  const __m128i first = fold(state, over16, lane1);
  const __m128i second = fold(lane2, over16, lane3);
  return fold(first, load(&kOver32), second);
}

// Appends the last `size` bytes, 1 to 15, that end at `end`: the first bytes of the state move
// out to be folded, the new ones move in.
[[gnu::target("pclmul,sse4.1")]] inline __m128i fold_tail(__m128i state, const char* end,
                                                          size_t size) {
  const __m128i out = load(kShifts + size);  // left by 16 - size
  const __m128i in = load(kShifts + 16 + size);
  const __m128i kept = _mm_blendv_epi8(_mm_shuffle_epi8(state, in), load(end - 16), in);
  return fold(_mm_shuffle_epi8(state, out), load(&kOver16), kept);
}

}  // namespace

[[gnu::target("pclmul,sse4.1")]] uint64_t crc64_clmul(uint64_t crc, std::string_view bytes) {
  const char* from = bytes.data();
  if (bytes.size() < 16) return update_short(crc, from, bytes.size());
  const char* const end = from + bytes.size();
  __m128i state = _mm_xor_si128(load(from), _mm_cvtsi64_si128(static_cast<int64_t>(crc)));
  if (bytes.size() >= 64) {
    state = fold_rounds(state, from, bytes.size());
  } else {
    from += 16;
  }
  const __m128i over16 = load(&kOver16);
  for (; end - from >= 16; from += 16) state = fold(state, over16, load(from));
  if (from != end) state = fold_tail(state, end, static_cast<size_t>(end - from));
  return reduce(state);
}

}  // namespace rdb

#endif
