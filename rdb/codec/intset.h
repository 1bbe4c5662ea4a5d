// Cursor and builder for intsets, the small sets of integers of Redis 2.4 and later:
//   <width:u32le = 2, 4 or 8> <count:u32le> <signed integer of that width, little-endian>*
// Source: redis 7.2.6 src/intset.c, _intsetValueEncoding, intsetValidateIntegrity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/codec/scalar.h"

namespace rdb {

// A Cursor (scalar.h). A width larger than the integers need is sound; their order is not looked
// at. One thread; distinct objects are independent.
class Intset {
 public:
  explicit Intset(std::string_view blob);
  [[nodiscard]] static Fault judge_head(std::string_view head, uint64_t size);

  [[nodiscard]] bool next(Scalar& element);

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t offset() const { return offset_; }

 private:
  void fail(Code code, uint64_t inner, Detail numbers);

  std::string_view blob_;
  uint64_t offset_ = 0;
  uint64_t end_ = 0;
  uint64_t width_ = 0;
  uint64_t count_ = kCountUnknown;
  Fault fault_;
};

// Builds what a server would that was given the integers, in any order: ascending, in the smallest
// width that holds all. One thread; distinct objects are independent.
class IntsetBuilder {
 public:
  // Begins an empty one; keeps the memory.
  void clear();

  void add(int64_t value);

  // Before finish(): as they were added.
  [[nodiscard]] const std::vector<int64_t>& values() const { return values_; }

  // Of the blob if it were finished now; an integer added twice counts twice before finish(), once
  // after it.
  [[nodiscard]] size_t count() const { return values_.size(); }
  [[nodiscard]] size_t bytes() const;

  // The blob, of at least one integer; lives until the next call that is not const, which must be
  // clear().
  [[nodiscard]] std::string_view finish();

 private:
  std::vector<int64_t> values_;
  std::string blob_;
  size_t width_ = 2;
  bool is_ascending_ = true;  // and without repetition
};

}  // namespace rdb
