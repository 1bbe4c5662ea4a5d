#include "rdb/base/hash128.h"

#include <cassert>
#include <cstdio>
#include <new>

#define XXH_INLINE_ALL  // most of what is hashed is short: a call would cost more than the hash
#include <xxhash.h>

#include "rdb/base/bytes.h"
#include "rdb/base/run_seed.h"

namespace rdb {
namespace {

Hash128 from(const XXH128_hash_t& hash) { return {hash.low64, hash.high64}; }

XXH3_state_t& state(std::byte* bytes) { return *reinterpret_cast<XXH3_state_t*>(bytes); }

// Up to eight numbers as bytes.
struct Packed {
  static constexpr size_t kNumbersMax = 8;

  Packed(std::initializer_list<uint64_t> numbers) {
    assert(numbers.size() <= kNumbersMax);
    for (const uint64_t n : numbers) {
      store_le(bytes + size, n);
      size += sizeof n;
    }
  }
  [[nodiscard]] std::string_view view() const { return {bytes, size}; }

  char bytes[kNumbersMax * sizeof(uint64_t)];
  size_t size = 0;
};

}  // namespace

Hash128 hash128(std::string_view bytes) { return from(XXH3_128bits(bytes.data(), bytes.size())); }

Hash128 hash128(std::initializer_list<uint64_t> numbers) { return hash128(Packed(numbers).view()); }

Hash128 lookup_hash(std::string_view bytes) {
  return from(XXH3_128bits_withSeed(bytes.data(), bytes.size(), run_seed()));
}

Hash128 lookup_hash(std::initializer_list<uint64_t> numbers) {
  return lookup_hash(Packed(numbers).view());
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

void Hasher128::start_lookup() {
  XXH3_state_t* const fresh = new (state_) XXH3_state_t;
  XXH3_INITSTATE(fresh);
  (void)XXH3_128bits_reset_withSeed(fresh, run_seed());
}

void Hasher128::add(std::string_view bytes) {
  (void)XXH3_128bits_update(&state(state_), bytes.data(), bytes.size());
}

Hash128 Hasher128::get() const {
  return from(XXH3_128bits_digest(reinterpret_cast<const XXH3_state_t*>(state_)));
}

}  // namespace rdb
