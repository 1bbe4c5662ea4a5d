// Walks a packed blob with a cursor and keeps what came out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/codec/scalar.h"

namespace rdb {

struct Walk {
  std::vector<std::string> elements;
  std::vector<bool> is_integer;
  uint64_t count = 0;  // count() before the first element
  Fault fault;

  [[nodiscard]] bool ok() const { return fault.code == Code::ok; }
};

// The blob is copied to a block of just its size, so that a sanitizer sees a byte read beyond it.
template <Cursor T>
Walk walk(std::string_view blob) {
  const std::vector<char> exact(blob.begin(), blob.end());
  T cursor(std::string_view(exact.data(), exact.size()));
  Walk out;
  out.count = cursor.count();
  Scalar element;
  uint64_t before = cursor.offset();
  while (cursor.next(element)) {
    char digits[kNumberBytes];
    out.elements.emplace_back(element.text(digits));
    out.is_integer.push_back(element.is_integer);
    REQUIRE(cursor.offset() > before);
    REQUIRE(cursor.offset() <= blob.size());
    before = cursor.offset();
  }
  out.fault = cursor.fault();
  // The end is the end, and the first fault stays.
  CHECK_FALSE(cursor.next(element));
  CHECK(cursor.fault().code == out.fault.code);
  return out;
}

template <typename Builder>
std::string built(const std::vector<std::string>& elements) {
  Builder builder;
  for (const std::string& element : elements) builder.add(element);
  return std::string(builder.finish());
}

// What a builder says of itself is true after each element, and its blob yields the elements.
template <typename Builder, Cursor T>
void check_build(const std::vector<std::string>& elements) {
  Builder builder;
  for (const std::string& element : elements) {
    const size_t bytes = builder.bytes() + builder.element_bytes(element);
    builder.add(element);
    REQUIRE(builder.bytes() == bytes);
  }
  CHECK(builder.count() == elements.size());
  const size_t bytes = builder.bytes();
  const std::string_view blob = builder.finish();
  CHECK(blob.size() == bytes);
  const Walk got = walk<T>(blob);
  CHECK(name(got.fault.code) == "ok");
  CHECK(got.elements == elements);
  CHECK(got.count == elements.size());
}

inline void check_fault(const Walk& got, Code code, uint64_t inner, Detail numbers) {
  CHECK(name(got.fault.code) == name(code));
  CHECK(got.fault.inner == inner);
  CHECK(got.fault.numbers.found == numbers.found);
  CHECK(got.fault.numbers.allowed == numbers.allowed);
}

template <Cursor T>
void check_every_prefix_fails(std::string_view blob) {
  REQUIRE(walk<T>(blob).ok());
  for (size_t n = 0; n < blob.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(walk<T>(blob.substr(0, n)).ok());
  }
}

// Whatever a byte is changed to, the walk ends, inside the blob.
template <Cursor T>
void check_every_wrong_byte_is_survived(std::string_view blob) {
  for (size_t at = 0; at < blob.size(); ++at) {
    for (unsigned flip = 1; flip<256; flip += blob.size()> 200 ? 37 : 1) {
      std::string bad(blob);
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ flip);
      const Walk got = walk<T>(bad);
      REQUIRE(got.fault.inner <= bad.size());
    }
  }
}

}  // namespace rdb
