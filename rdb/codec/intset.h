// Cursor for intsets, the small sets of integers of Redis 2.4 and later:
//   <width:u32le = 2, 4 or 8> <count:u32le> <signed integer of that width, little-endian>*
// Source: redis 7.2.6 src/intset.c, intsetValidateIntegrity.
#pragma once

#include <cstdint>
#include <string_view>

#include "rdb/codec/scalar.h"

namespace rdb {

// A Cursor (scalar.h). A width larger than the integers need is sound; their order is not looked
// at. One thread; distinct objects are independent.
class Intset {
 public:
  explicit Intset(std::string_view blob);

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

}  // namespace rdb
