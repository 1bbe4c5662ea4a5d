// Cursor and builder for listpacks, the packed blob of Redis 5 and later:
//   <total:u32le> <count:u16le> { <element> <back-length> }* FF      count 65535 = unknown
// An element:
//   0vvvvvvv                      0 to 127
//   10LLLLLL <bytes>              string of up to 63 bytes
//   110vvvvv vvvvvvvv             13-bit signed, big-endian
//   1110LLLL LLLLLLLL <bytes>     string of up to 4095 bytes, length big-endian
//   F0 <u32le> <bytes>            string
//   F1 <i16le>  F2 <i24le>  F3 <i32le>  F4 <i64le>
// The back-length is the size of the element in groups of 7 bits, most significant first, bit 7
// set on all bytes but the first. It takes one byte up to 127, two below 16383, three below
// 2097151, four below 268435455, else five: the limits lie one below those of the groups. Source:
// redis 7.2.6 src/listpack.c, lpEncodeGetType, lpEncodeBacklen, lpValidateNext,
// lpValidateIntegrity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/base/bytes.h"
#include "rdb/codec/scalar.h"

namespace rdb {

// A Cursor (scalar.h). Integers wider than they need to be, integers kept as text and lengths in a
// longer form are sound, as they are to servers. One thread; distinct objects are independent.
class Listpack {
 public:
  explicit Listpack(std::string_view blob);
  [[nodiscard]] static Fault judge_head(std::string_view head, uint64_t size);

  [[nodiscard]] bool next(Scalar& element);

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  // Of a new one without fault(): an end mark is where the first element would be.
  [[nodiscard]] bool is_empty() const { return byte_at(at_) == 0xff; }
  [[nodiscard]] uint64_t offset() const { return static_cast<uint64_t>(at_ - blob_.data()); }

 private:
  bool next_slow(Scalar& element);
  bool finish();
  [[nodiscard]] bool is_count_right() const { return count_ == kCountUnknown || seen_ == count_; }
  bool fail_count(uint64_t at);
  bool fail(Code code, uint64_t inner, Detail numbers);

  std::string_view blob_;
  const char* at_;
  const char* end_;  // the end mark
  uint64_t count_ = kCountUnknown;
  uint64_t seen_ = 0;
  Fault fault_;
};

// Small strings and integers, most of what hashes and sorted sets hold, are decoded in line.
inline bool Listpack::next(Scalar& element) {
  const auto room = static_cast<uint64_t>(end_ - at_);
  if (room >= 2) [[likely]] {
    const uint8_t first = byte_at(at_);
    if (first < 0x80 && byte_at(at_ + 1) == 1) {
      element = {.bytes = {}, .integer = first, .is_integer = true};
      at_ += 2;
      ++seen_;
      return true;
    }
    const uint64_t size = 1 + (first & 0x3fU);
    if ((first & 0xc0U) == 0x80 && size < room && byte_at(at_ + size) == size) {
      element = {.bytes = {at_ + 1, size - 1}, .integer = 0, .is_integer = false};
      at_ += size + 1;
      ++seen_;
      return true;
    }
  }
  return next_slow(element);
}

// Builds what lpAppend would: every integer and every length in its shortest form. The caller keeps
// bytes() below 4 GiB. One thread; distinct objects are independent.
class ListpackBuilder {
 public:
  ListpackBuilder() { clear(); }

  // Begins an empty one; keeps the memory.
  void clear();

  // An element; text that is the canonical decimal of an int64 is kept as an integer.
  void add(std::string_view text);
  void add_integer(int64_t value);
  void add_element(const Scalar& element) {
    element.is_integer ? add_integer(element.integer) : add(element.bytes);
  }

  [[nodiscard]] size_t count() const { return count_; }
  // Size of the blob if it were finished now.
  [[nodiscard]] size_t bytes() const { return blob_.size() + 1; }
  // By how much add(text) makes the blob larger.
  [[nodiscard]] static size_t element_bytes(std::string_view text);

  // The blob; lives until the next call that is not const, which must be clear().
  [[nodiscard]] std::string_view finish();

 private:
  void add_parts(std::string_view head, std::string_view data);

  std::string blob_;  // without the end mark
  size_t count_ = 0;
};

}  // namespace rdb
