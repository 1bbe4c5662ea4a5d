// Finds the keys that occur more than once in a database, on which every server stops. Exact for
// any number of keys in bounded memory: a key is known by 24 bytes, its database, its hash of 113
// bits and the offset of its record. These are in a hash table, and once that is full in the
// partitions of a temporary file, by the leading bits of the hash; each partition then fits the
// table, or is divided again.
//
// Equal hashes are taken for equal keys: among a thousand million different keys the odds that two
// share one are 1 to 10^16. The hash has the seed of the run, so nobody can make a file in which
// different keys share one; a key that does occur twice is never missed. Who drops data compares
// the keys (unique.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/base/hash128.h"
#include "rdb/base/limits.h"
#include "rdb/io/spill.h"
#include "rdb/sets/partitions.h"
#include "rdb/sets/sorted_rows.h"

namespace rdb {

// One thread; distinct objects are independent.
class Duplicates {
 public:
  static constexpr size_t kMemoryDefault = size_t{4} << 20;
  static constexpr size_t kMemoryMin = size_t{24} << 10;

  // A key as it is known.
  struct Seen {
    uint64_t low = 0;  // of the hash, but for the lowest 15 bits: the database
    uint64_t high = 0;
    uint64_t offset = 0;
    [[nodiscard]] uint64_t database() const { return low % kDatabasesMax; }
    [[nodiscard]] bool is_key(std::string_view key) const;
    [[nodiscard]] bool is_same_key(const Seen& other) const {
      return low == other.low && high == other.high;
    }
    // Those of one key together, by their offsets.
    bool operator<(const Seen& other) const {
      return std::tie(low, high, offset) < std::tie(other.low, other.high, other.offset);
    }
  };

  // Uses up to `memory` bytes (at least kMemoryMin), then a file in `directory`. Up to `listed_max`
  // records of keys that occur more than once are listed.
  explicit Duplicates(size_t memory = kMemoryDefault,
                      std::string directory = Spill::default_directory(), size_t listed_max = 0);

  // Puts the records of keys that occur more than once into `all` as well, some of them twice. It
  // is borrowed and must outlive finish(), and has its own error(). Before the first key.
  void list_into(SortedRows<Seen>& all) { all_ = &all; }

  // `database` stands for one and is below kDatabasesMax; `offset`, of the record, is not 0 and
  // below 2^63. False: error().
  [[nodiscard]] bool add(uint64_t database, std::string_view key, uint64_t offset) {
    return add(seen(database, lookup_hash(key), offset));
  }
  [[nodiscard]] bool add(const Seen& key);
  // `key` is a lookup_hash().
  static Seen seen(uint64_t database, const Hash128& key, uint64_t offset);

  // After the last key. False: error().
  [[nodiscard]] bool finish();

  // As far as they are found: at once by add() while all is in memory, the others by finish().
  [[nodiscard]] uint64_t count() const { return count_; }  // of keys that occur more than once
  // Of all places where a key occurs for the second time, the first in the file; and where it
  // occurred before. 0 without a duplicate.
  [[nodiscard]] const Seen& second() const { return second_; }
  [[nodiscard]] uint64_t first_offset() const { return first_offset_; }

  // After finish(): all records of the keys that occur more than once, those of one key together,
  // by their offsets. Nothing where they are more than `listed_max`.
  [[nodiscard]] const std::vector<Seen>& listed() const { return listed_; }
  [[nodiscard]] bool is_list_full() const { return is_list_full_; }

  [[nodiscard]] const Error& error() const { return spill_.error(); }

 private:
  using Parts = Partitions<Seen>;
  using Chain = Parts::Chain;
  enum class Found : uint8_t { nothing, something, no_room };

  void list(const Seen& key);
  void clear_table(uint64_t count);
  [[nodiscard]] static uint64_t home(const Seen& key, uint64_t slots);
  bool put_in_table(const Seen& key);
  bool grow();
  bool start_spilling();
  void make_room_for_blocks();
  bool search(const Parts& parts, unsigned level);
  bool sift(Chain chain, Found& found);
  bool search(Chain chain, Found& found);
  bool divide(Chain chain, unsigned level);

  size_t slots_max_;
  // A free slot has the offset 0; the top bit of an offset says that the key is counted.
  std::vector<Seen> slots_;  // the table
  size_t table_slots_ = 0;   // of slots_, in use for the table
  size_t used_ = 0;
  std::vector<uint32_t> tags_;  // of the keys of one partition
  std::vector<Seen> block_;     // as read
  Spill spill_;
  std::optional<Parts> parts_;  // of the first level, once not all is in memory
  uint64_t count_ = 0;
  Seen second_;
  uint64_t first_offset_ = 0;
  std::vector<Seen> listed_;
  size_t listed_max_;
  bool is_list_full_ = false;
  SortedRows<Seen>* all_ = nullptr;
};

}  // namespace rdb
