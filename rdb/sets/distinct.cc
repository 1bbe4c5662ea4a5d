#include "rdb/sets/distinct.h"

#include <algorithm>
#include <bit>

namespace rdb {

void Distinct::start() {
  if (slots_.empty()) slots_.resize(kSlotsMin);
  if (used_ != 0) std::fill_n(slots_.begin(), mask_ + 1, Hash128{});
  mask_ = kSlotsMin - 1;
  used_ = 0;
  duplicates_ = 0;
  place_ = 0;
  if (overflow_ != nullptr && error().ok()) overflow_.reset();
}

void Distinct::expect(uint64_t count) {
  mask_ = std::max(kSlotsMin, std::bit_ceil(2 * std::min(count, kExpectedMax))) - 1;
  if (slots_.size() <= mask_) slots_.resize(mask_ + 1);
}

bool Distinct::add(const Text& piece) {
  Hash128 of;
  return !hash(piece, of) || add(of);
}

bool Distinct::hash(const Text& piece, Hash128& hash) {
  if (piece.is_first() && piece.is_last()) {
    hash = lookup_hash(piece.data);
    return true;
  }
  if (piece.is_first()) pieces_.start_lookup();
  pieces_.add(piece.data);
  if (!piece.is_last()) return false;
  hash = pieces_.get();
  return true;
}

bool Distinct::add(const Hash128& hash) {
  if (overflow_ != nullptr) return put_in_overflow(hash);
  if (!put(hash)) ++duplicates_;
  return used_ <= mask_ / 2 || grow();
}

// False: it is there already.
bool Distinct::put(const Hash128& hash) {
  Hash128 wanted = hash;
  if (wanted == Hash128{}) wanted.low = 1;
  for (size_t at = wanted.low & mask_;; at = (at + 1) & mask_) {
    if (slots_[at] == wanted) return false;
    if (slots_[at] != Hash128{}) continue;
    slots_[at] = wanted;
    ++used_;
    return true;
  }
}

// Beyond kSlotsMax all goes to the overflow.
bool Distinct::grow() {
  const size_t old = mask_ + 1;
  const std::vector<Hash128> before(slots_.begin(), slots_.begin() + static_cast<ptrdiff_t>(old));
  std::fill_n(slots_.begin(), old, Hash128{});
  used_ = 0;
  if (old == kSlotsMax) {
    overflow_ = std::make_unique<Duplicates>(kOverflowBytes);
    for (const Hash128& hash : before) {
      if (hash != Hash128{} && !put_in_overflow(hash)) return false;
    }
    return true;
  }
  mask_ = std::min(old * 4, kSlotsMax) - 1;
  if (slots_.size() <= mask_) slots_.resize(mask_ + 1);
  for (const Hash128& hash : before) {
    if (hash != Hash128{}) (void)put(hash);
  }
  return true;
}

bool Distinct::put_in_overflow(const Hash128& hash) {
  return overflow_->add(Duplicates::seen(0, hash, ++place_));
}

bool Distinct::finish() {
  if (overflow_ == nullptr) return true;
  const bool ok = overflow_->finish();
  duplicates_ += overflow_->count();
  return ok;
}

const Error& Distinct::error() const {
  static const Error kNone;
  return overflow_ != nullptr ? overflow_->error() : kNone;
}

}  // namespace rdb
