// Whether a string occurs twice among those of one value, exact for any number of them in bounded
// memory: hashes in a table, and once that is full in the temporary file of Duplicates. Equal
// hashes of 128 bits are taken for equal strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/base/hash128.h"
#include "rdb/codec/string.h"
#include "rdb/sets/duplicates.h"

namespace rdb {

// One thread; distinct objects are independent.
class Distinct {
 public:
  Distinct() { start(); }

  // Another value begins.
  void start();
  // It should have so many strings: before the first.
  void expect(uint64_t count);

  // Puts a string among the others, by its pieces. False: error().
  [[nodiscard]] bool add(const Text& piece);
  [[nodiscard]] bool add(const Hash128& hash);  // a lookup_hash()

  // The hash of a string in pieces, once the last has come.
  [[nodiscard]] bool hash(const Text& piece, Hash128& hash);

  // After the last string. False: error().
  [[nodiscard]] bool finish();
  // Of strings that occurred before; complete after finish().
  [[nodiscard]] uint64_t duplicates() const { return duplicates_; }

  [[nodiscard]] const Error& error() const;

 private:
  static constexpr size_t kSlotsMin = 64;
  static constexpr uint64_t kExpectedMax = 1024;  // more must come before there is room for them
  static constexpr size_t kSlotsMax = size_t{1} << 16;
  static constexpr size_t kOverflowBytes = size_t{1} << 20;

  bool put(const Hash128& hash);
  bool grow();
  bool put_in_overflow(const Hash128& hash);

  std::vector<Hash128> slots_;  // open addressing; all zero: free
  size_t mask_ = 0;             // of the slots in use
  size_t used_ = 0;
  uint64_t duplicates_ = 0;
  uint64_t place_ = 0;  // of a hash in the overflow
  std::unique_ptr<Duplicates> overflow_;
  Hasher128 pieces_;
};

}  // namespace rdb
