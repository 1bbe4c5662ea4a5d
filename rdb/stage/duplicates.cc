#include "rdb/stage/duplicates.h"

#include <xxhash.h>

namespace rdb {

bool Duplicates::add(uint64_t db, std::string_view key) {
  constexpr size_t kSlots = 2 * kKeysMax;
  if (slots_.empty()) slots_.resize(kSlots);
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), db);
  // All zeros marks a free slot; no key is known to have that hash.
  const Hash wanted{hash.low64, hash.high64};
  size_t at = wanted.low % kSlots;
  while (slots_[at] != Hash{}) {
    if (slots_[at] == wanted) return true;
    at = (at + 1) % kSlots;
  }
  slots_[at] = wanted;
  ++used_;
  return false;
}

}  // namespace rdb
