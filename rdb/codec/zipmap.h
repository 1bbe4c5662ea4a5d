// Cursor for zipmaps, the small hashes of Redis 2.4:
//   <count:u8> { <length> <field> <length> <free:u8> <value> <free bytes> }* FF
//   length:  0 to FD, or FE <u32le> from 254 on         count 254 = unknown
// 253 is a plain length, whatever the comment in the source says: ZIPMAP_BIGLEN is 254. Servers
// read FF as FE where it does not end the map, before a value.
// Source: redis 2.4.18 src/zipmap.c; redis 7.2.6 src/zipmap.c, zipmapValidateIntegrity.
#pragma once

#include <cstdint>
#include <string_view>

#include "rdb/codec/scalar.h"

namespace rdb {

// A Cursor (scalar.h) that yields field, value, field, value. One thread; distinct objects are
// independent.
class Zipmap {
 public:
  explicit Zipmap(std::string_view blob);
  // Its first bytes tell nothing.
  [[nodiscard]] static Fault judge_head(std::string_view, uint64_t) { return {}; }

  [[nodiscard]] bool next(Scalar& element);

  [[nodiscard]] const Fault& fault() const { return fault_; }
  // Two for each pair that the header counts.
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t offset() const { return static_cast<uint64_t>(at_ - blob_.data()); }

 private:
  bool take(bool is_value, Scalar& element);
  bool finish();
  bool fail(Code code, uint64_t inner, Detail numbers);

  std::string_view blob_;
  const char* at_;
  const char* end_;  // the end mark
  uint64_t count_ = kCountUnknown;
  uint64_t seen_ = 0;
  Fault fault_;
};

}  // namespace rdb
