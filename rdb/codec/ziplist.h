// Cursor and builder for ziplists, the packed blob of Redis 2.4 to 6.2:
//   <size:u32le> <last entry:u32le> <count:u16le> <entry>* FF        count 65535 = unknown
//   entry = <previous> <element>
//   previous, the size of the entry before, 0 for the first:  0 to FD, or FE <u32le>
// An element:
//   00LLLLLL <bytes>              string of up to 63 bytes
//   01LLLLLL LLLLLLLL <bytes>     string of up to 16383 bytes, length big-endian
//   10xxxxxx <u32be> <bytes>      string
//   C0 <i16le>  D0 <i32le>  E0 <i64le>  F0 <i24le>  FE <i8>
//   F1 to FD                      0 to 12
// F0, FE and F1 to FD since 2.6.
// Source: redis 6.2.16 src/ziplist.c, zipTryEncoding, zipStoreEntryEncoding,
// zipStorePrevEntryLength, zipEntrySafe, ziplistValidateIntegrity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/base/bytes.h"
#include "rdb/codec/scalar.h"

namespace rdb {

// A Cursor (scalar.h). The long form of a short previous size is sound: shrinking lists leave it.
// One thread; distinct objects are independent.
class Ziplist {
 public:
  explicit Ziplist(std::string_view blob);
  [[nodiscard]] static Fault judge_head(std::string_view head, uint64_t size);

  [[nodiscard]] bool next(Scalar& element);

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t offset() const { return static_cast<uint64_t>(at_ - blob_.data()); }

 private:
  bool next_slow(Scalar& element);
  bool finish();
  bool fail(Code code, uint64_t inner, Detail numbers);

  std::string_view blob_;
  const char* at_;
  const char* end_;        // the end mark
  uint64_t previous_ = 0;  // size of the entry before at_
  uint64_t tail_ = 0;      // offset of the last entry by the header
  uint64_t count_ = kCountUnknown;
  uint64_t seen_ = 0;
  Fault fault_;
};

// Small strings, most of what hashes and lists hold, are decoded in line.
inline bool Ziplist::next(Scalar& element) {
  const auto room = static_cast<uint64_t>(end_ - at_);
  if (room >= 2) [[likely]] {
    const uint8_t previous = byte_at(at_);
    const uint64_t size = byte_at(at_ + 1);
    if (previous < 0xfe && previous == previous_ && size < 0x40 && size <= room - 2) {
      element = {.bytes = {at_ + 2, size}, .integer = 0, .is_integer = false};
      previous_ = size + 2;
      at_ += size + 2;
      ++seen_;
      return true;
    }
  }
  return next_slow(element);
}

// Builds what ziplistPush of Redis 2.6 and later would at the tail: every integer, length and
// previous size in its shortest form. The caller keeps bytes() below 4 GiB. One thread; distinct
// objects are independent.
class ZiplistBuilder {
 public:
  ZiplistBuilder() { clear(); }

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
  // By how much add(text) now makes the blob larger: the entry before matters.
  [[nodiscard]] size_t element_bytes(std::string_view text) const;

  // The blob; lives until the next call that is not const, which must be clear().
  [[nodiscard]] std::string_view finish();

 private:
  [[nodiscard]] size_t previous() const;
  void add_parts(std::string_view head, std::string_view data);

  std::string blob_;    // without the end mark
  size_t last_at_ = 0;  // offset of the last entry, or of the first to come
  size_t count_ = 0;
};

}  // namespace rdb
