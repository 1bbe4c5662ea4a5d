#include "rdb/base/hash128.h"

#include <cassert>
#include <cstdio>
#include <new>

#define XXH_INLINE_ALL  // most of what is hashed is short: a call would cost more than the hash
#include <xxhash.h>

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

Hash128 from(const XXH128_hash_t& hash) { return {hash.low64, hash.high64}; }

XXH3_state_t& state(std::byte* bytes) { return *reinterpret_cast<XXH3_state_t*>(bytes); }

}  // namespace

Hash128 hash128(std::string_view bytes) { return from(XXH3_128bits(bytes.data(), bytes.size())); }

Hash128 hash128(std::initializer_list<uint64_t> numbers) {
  constexpr size_t kNumbersMax = 8;
  assert(numbers.size() <= kNumbersMax);
  char bytes[kNumbersMax * sizeof(uint64_t)];
  char* end = bytes;
  for (const uint64_t n : numbers) {
    store_le(end, n);
    end += sizeof n;
  }
  return hash128({bytes, end});
}

std::string to_hex(const Hash128& hash) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  return text;
}

void Hasher128::start() {
  static_assert(sizeof(XXH3_state_t) <= kStateBytes && alignof(XXH3_state_t) <= 64);
  XXH3_state_t* const fresh = new (state_) XXH3_state_t;
  XXH3_INITSTATE(fresh);
  (void)XXH3_128bits_reset(fresh);
}

void Hasher128::add(std::string_view bytes) {
  (void)XXH3_128bits_update(&state(state_), bytes.data(), bytes.size());
}

Hash128 Hasher128::get() const {
  return from(XXH3_128bits_digest(reinterpret_cast<const XXH3_state_t*>(state_)));
}

}  // namespace rdb
