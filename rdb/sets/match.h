// Matches the rows of two sides by their names, in bounded memory, and tells which are on one side
// alone or are not the same on both. Rows that come at about the same time on both sides, as they
// do where the order is the same, meet in a small table; the others are divided into the partitions
// of a Spill until each can be sorted.
//
// Equal hashes of names, of 113 bits, and of values, of 125, are taken for equal names and values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/io/spill.h"
#include "rdb/sets/partitions.h"

namespace rdb {

struct MatchRow {
  // The name.
  uint64_t low = 0;
  uint64_t high = 0;
  // What is compared.
  uint64_t value_low = 0;
  uint64_t value_high = 0;
  int64_t expire_ms = 0;
  uint64_t place = 0;  // on its side; the top bit says which side that is

  [[nodiscard]] bool is_b() const { return place >> 63 != 0; }
  [[nodiscard]] uint64_t offset() const { return place & ~(uint64_t{1} << 63); }
  [[nodiscard]] bool is_named_as(const MatchRow& other) const {
    return low == other.low && high == other.high;
  }
  [[nodiscard]] bool is_same_as(const MatchRow& other) const {
    return is_named_as(other) && value_low == other.value_low && value_high == other.value_high &&
           expire_ms == other.expire_ms;
  }
};

// One thread; distinct objects are independent.
class Matcher {
 public:
  static constexpr size_t kMemoryMin = size_t{256} << 10;

  // Uses about `memory` bytes (at least kMemoryMin), then a file in `directory`.
  explicit Matcher(size_t memory, std::string directory = Spill::default_directory());

  // `place` is below 2^63. False: error().
  [[nodiscard]] bool add(const MatchRow& row);

  // Rows that differ: `a` or `b` is nullptr where there is none of the name.
  using Take = std::function<void(const MatchRow* a, const MatchRow* b)>;
  // After the last row. Rows of one name on one side go with those on the other in the order of
  // their places. False: error().
  [[nodiscard]] bool finish(const Take& take);

  // Pairs of rows that are the same.
  [[nodiscard]] uint64_t same() const { return same_; }
  [[nodiscard]] const Error& error() const { return error_.ok() ? spill_.error() : error_; }

 private:
  using Parts = Partitions<MatchRow>;

  bool settle(const Parts& parts, unsigned level, const Take& take);
  bool sort(Parts::Chain chain, const Take& take);
  void compare(const MatchRow* from, const MatchRow* to, const Take& take);
  bool divide(Parts::Chain chain, unsigned level, const Take& take);

  size_t rows_max_;               // that are sorted at once
  std::vector<MatchRow> recent_;  // by the name; a free slot has no value
  std::vector<MatchRow> rows_;
  std::vector<MatchRow> block_;  // as read
  Spill spill_;
  Parts parts_;
  uint64_t same_ = 0;
  Error error_;
};

}  // namespace rdb
