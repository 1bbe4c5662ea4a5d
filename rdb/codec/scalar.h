// One element of a packed blob, and what went wrong in one.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "rdb/base/error.h"
#include "rdb/base/number.h"

namespace rdb {

// Bytes, or an integer whose canonical decimal text is the element. Bytes live as long as the blob.
struct Scalar {
  std::string_view bytes;
  int64_t integer = 0;
  bool is_integer = false;

  // The element as text; `digits` (kNumberBytes long) holds it if it is an integer.
  [[nodiscard]] std::string_view text(char* digits) const {
    return is_integer ? format_int64(integer, digits) : bytes;
  }
};

// True where listpacks and ziplists keep `text` as an integer: lpStringToInt64 takes at most 20
// bytes, zipTryEncoding at most 31, but no canonical int64 is longer than 20.
[[nodiscard]] inline bool parse_packed_integer(std::string_view text, int64_t& value) {
  constexpr size_t kDigitsMax = 20;
  return text.size() <= kDigitsMax && parse_int64(text, value);
}

// Damage inside a blob; `inner` is the offset in the blob of the first byte that is wrong.
struct Fault {
  Code code = Code::ok;
  uint64_t inner = 0;
  Detail numbers = {};
};

// `count()` of a blob whose header does not tell.
inline constexpr uint64_t kCountUnknown = ~uint64_t{0};

// What the walkers ask of Listpack, Ziplist, Zipmap and Intset. A cursor is made from a whole
// blob that outlives it, checks every bound, never allocates. next() yields the elements in order
// and is false at the sound end of the blob or at damage: fault().code tells which. The header is
// verified by the constructor, end mark and element count when the end is reached. judge_head()
// verifies as much of it as the first bytes of a blob of so many bytes tell.
template <typename T>
concept Cursor = requires(T cursor, const T& constant, Scalar& element) {
  T(std::string_view{});
  { T::judge_head(std::string_view{}, uint64_t{}) } -> std::same_as<Fault>;
  { cursor.next(element) } -> std::same_as<bool>;
  { constant.fault() } -> std::same_as<const Fault&>;
  { constant.count() } -> std::same_as<uint64_t>;   // as the header has it, or kCountUnknown
  { constant.offset() } -> std::same_as<uint64_t>;  // of the next element in the blob
};

}  // namespace rdb
