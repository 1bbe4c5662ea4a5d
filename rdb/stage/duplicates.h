// Sees keys that occur twice in a database, which stops every server. Exact (by 128-bit hashes) for
// the first kKeysMax keys; beyond that it looks no more, and says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rdb {

// One thread; distinct objects are independent.
class Duplicates {
 public:
  // 4 MiB of hashes, half of the table's slots.
  static constexpr size_t kKeysMax = size_t{1} << 17;

  // True when the key was added before, to the same database.
  [[nodiscard]] bool add(uint64_t db, std::string_view key);

  // True when there is no room for one more: add() may not be called then.
  [[nodiscard]] bool is_full() const { return used_ == kKeysMax; }

 private:
  struct Hash {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Hash&) const = default;
  };

  std::vector<Hash> slots_;
  size_t used_ = 0;
};

}  // namespace rdb
