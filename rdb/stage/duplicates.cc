#include "rdb/stage/duplicates.h"

#include <xxhash.h>

namespace rdb {

bool Duplicates::add(uint64_t db, std::string_view key) {
  constexpr size_t kSlots = 2 * kKeysMax;
  if (!is_complete_) return false;
  if (slots_.empty()) slots_.resize(kSlots);
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), db);
  // All zeros marks a free slot; no key is known to have that hash.
  const Hash wanted{hash.low64, hash.high64};
  size_t at = wanted.low % kSlots;
  while (slots_[at] != Hash{}) {
    if (slots_[at] == wanted) return true;
    at = (at + 1) % kSlots;
  }
  if (used_ == kKeysMax) {
    is_complete_ = false;
    return false;
  }
  ++used_;
  slots_[at] = wanted;
  return false;
}

}  // namespace rdb
