// A hash table much larger than the caches is the slowest of all ways: a miss a key, 0.7 µs. So the
// table stays small, and more memory is for the blocks that would else be written to the file.
#include "rdb/sets/duplicates.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rdb {
namespace {

constexpr uint64_t kCounted = uint64_t{1} << 63;
constexpr size_t kTableBytesMax = size_t{8} << 20;
constexpr size_t kFirstSlots = 16384;  // few keys touch little memory
constexpr size_t kAhead = 16;          // keys whose slots are fetched before they are needed

// Of the memory, what the search of one partition may take.
size_t work_bytes(size_t memory) {
  constexpr size_t kWorkBytesMax = size_t{8} << 30;  // for tables with fewer than 2^32 places
  const size_t more = memory - std::min(memory, kTableBytesMax);
  return std::clamp(memory - more + more / 8, Duplicates::kMemoryMin, kWorkBytesMax);
}

template <typename T>
void release(std::vector<T>& of) {
  std::vector<T>().swap(of);
}

// All of it zero; the old is gone before the new comes.
template <typename T>
void renew(std::vector<T>& what, size_t size) {
  if (what.capacity() < size) release(what);
  what.assign(size, T{});
}

}  // namespace

Duplicates::Duplicates(size_t memory, std::string directory, size_t listed_max)
    : slots_max_(work_bytes(memory) / sizeof(Seen)),
      spill_(memory - std::min(memory, work_bytes(memory)), std::move(directory)),
      listed_max_(listed_max) {
  static_assert(kMemoryMin >= 4 * Parts::kFan * sizeof(Seen));
}

Duplicates::Seen Duplicates::seen(uint64_t database, const Hash128& key, uint64_t offset) {
  assert(database < kDatabasesMax && offset > 0 && offset < kCounted);
  return {key.low - key.low % kDatabasesMax + database, key.high, offset};
}

bool Duplicates::Seen::is_key(std::string_view key) const {
  return is_same_key(seen(database(), lookup_hash(key), 1));
}

bool Duplicates::add(const Seen& key) {
  if (parts_) return error().ok() && parts_->put(key);
  if (put_in_table(key)) return true;
  if (grow()) return put_in_table(key);
  return start_spilling() && parts_->put(key);
}

bool Duplicates::finish() {
  if (!error().ok()) return false;
  if (parts_ && !(parts_->flush() && search(*parts_, 0))) return false;
  std::sort(listed_.begin(), listed_.end());
  return true;
}

// The table: open addressing, linear, at most three quarters full.

void Duplicates::clear_table(uint64_t count) {
  table_slots_ = static_cast<size_t>(std::min<uint64_t>(slots_max_, count * 2 + 8));
  release(tags_);
  renew(slots_, table_slots_);
  used_ = 0;
}

// Returns the first slot to try, of `slots`. By the low word: in a partition all keys begin with
// the same bits of the high one. The multiplication, by 2^64 divided by the golden ratio, lets the
// database count: a name that is in thousands of databases has its slots far from each other.
uint64_t Duplicates::home(const Seen& key, uint64_t slots) {
  return ((key.low * 0x9E3779B97F4A7C15 >> 32) * slots) >> 32;
}

// False: there is no room, nothing has changed.
bool Duplicates::put_in_table(const Seen& key) {
  size_t at = table_slots_ != 0 ? static_cast<size_t>(home(key, table_slots_)) : 0;
  for (; table_slots_ != 0 && slots_[at].offset != 0; at = at + 1 == table_slots_ ? 0 : at + 1) {
    Seen& slot = slots_[at];
    if (!slot.is_same_key(key)) continue;
    const uint64_t a = slot.offset & ~kCounted;
    const uint64_t b = key.offset & ~kCounted;
    // Whichever of the first two comes later meets the other: the least pair is met in any order.
    if (second_.offset == 0 || std::max(a, b) < second_.offset) {
      second_ = {key.low, key.high, std::max(a, b)};
      first_offset_ = std::min(a, b);
    }
    const bool slot_counted = (slot.offset & kCounted) != 0;
    const bool key_counted = (key.offset & kCounted) != 0;  // before the table was spilled
    if (slot_counted && key_counted) --count_;
    if (!slot_counted && !key_counted) ++count_;
    if (!slot_counted) list(slot);
    if (!key_counted) list(key);
    slot.offset = std::min(a, b) | kCounted;
    return true;
  }
  if (used_ >= table_slots_ / 4 * 3) return false;
  slots_[at] = key;
  ++used_;
  return true;
}

void Duplicates::list(const Seen& key) {
  if (all_ != nullptr && all_->error().ok()) (void)all_->add(key);
  if (listed_max_ == 0 || is_list_full_) return;
  is_list_full_ = listed_.size() == listed_max_;
  if (is_list_full_) return release(listed_);
  listed_.push_back(key);
}

// The old and the new table are within the limit together.
bool Duplicates::grow() {
  const size_t old = slots_.size();
  const size_t slots_max = std::min(slots_max_, kTableBytesMax / sizeof(Seen));
  size_t wanted = old == 0 ? std::min(kFirstSlots, slots_max) : old * 4;
  if (old != 0 && wanted > slots_max / 5) wanted = slots_max - old;
  if (wanted <= old) return false;
  const std::vector<Seen> before = std::exchange(slots_, std::vector<Seen>(wanted));
  table_slots_ = wanted;
  used_ = 0;
  for (const Seen& key : before) {
    if (key.offset != 0) (void)put_in_table(key);
  }
  return true;
}

// The partitions.

bool Duplicates::start_spilling() {
  const size_t rows = Parts::block_rows(slots_max_ * sizeof(Seen));
  block_.resize(rows);
  parts_.emplace(spill_, 0, rows);
  const auto is_free = [](const Seen& slot) { return slot.offset == 0; };
  const auto end = std::remove_if(slots_.begin(), slots_.end(), is_free);
  const auto is_before = [](const Seen& a, const Seen& b) { return a.high < b.high; };
  std::sort(slots_.begin(), end, is_before);
  if (!parts_->put_sorted({slots_.begin(), end})) return false;
  make_room_for_blocks();
  return true;
}

void Duplicates::make_room_for_blocks() {
  release(tags_);
  release(slots_);
}

bool Duplicates::search(const Parts& parts, unsigned level) {
  for (const Chain& chain : parts.chains()) {
    Found found = Found::nothing;
    if (!sift(chain, found)) return false;
    if (found == Found::something && !search(chain, found)) return false;
    if (found == Found::no_room && !divide(chain, level + 1)) return false;
  }
  return true;
}

// Looks for repetitions of 31 bits at one place: 4 bytes a key stay in the second-level cache.
bool Duplicates::sift(Chain chain, Found& found) {
  constexpr size_t kTagsPerSlot = sizeof(Seen) / sizeof(uint32_t);
  const uint64_t wanted = chain.count * 2 + 8;
  found = chain.count == 0 ? Found::nothing : Found::something;
  if (chain.count == 0 || wanted > slots_max_ * kTagsPerSlot) return true;
  release(slots_);
  renew(tags_, static_cast<size_t>(wanted));
  while (chain.last_count != 0) {
    const size_t keys = chain.last_count;
    if (!Parts::read_block(spill_, chain, block_)) return false;
    for (size_t i = 1; i <= keys; ++i) {
      __builtin_prefetch(&tags_[home(block_[std::min(i + kAhead, keys)], wanted)], 1);
      const uint32_t tag = static_cast<uint32_t>(block_[i].high) | 1;
      uint64_t at = home(block_[i], wanted);
      while (tags_[at] != 0 && tags_[at] != tag) at = at + 1 == wanted ? 0 : at + 1;
      if (tags_[at] == tag) return true;
      tags_[at] = tag;
    }
  }
  found = Found::nothing;
  return true;
}

// Found::no_room: the keys do not fit, though equal ones take room but once.
bool Duplicates::search(Chain chain, Found& found) {
  const uint64_t count_before = count_;
  const size_t listed_before = listed_.size();
  clear_table(chain.count);
  while (chain.last_count != 0) {
    const size_t keys = chain.last_count;
    if (!Parts::read_block(spill_, chain, block_)) return false;
    for (size_t i = 1; i <= keys; ++i) {
      __builtin_prefetch(&slots_[home(block_[std::min(i + kAhead, keys)], table_slots_)], 1);
      if (put_in_table(block_[i])) continue;
      count_ = count_before;
      if (!is_list_full_) listed_.resize(listed_before);
      found = Found::no_room;
      return true;
    }
  }
  return true;
}

bool Duplicates::divide(Chain chain, unsigned level) {
  make_room_for_blocks();
  Parts parts(spill_, level, block_.size());
  while (chain.last_count != 0) {
    const size_t keys = chain.last_count;
    if (!Parts::read_block(spill_, chain, block_)) return false;
    for (size_t i = 1; i <= keys; ++i) {
      if (!parts.put(block_[i])) return false;
    }
  }
  return parts.flush() && search(parts, level);
}

}  // namespace rdb
