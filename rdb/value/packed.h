// What the walkers of packed blobs share.
#pragma once

#include <string_view>

#include "rdb/codec/scalar.h"
#include "rdb/codec/string.h"

namespace rdb {

// Hands each element's text to `take(std::string_view) -> bool` and counts it; false when `take`
// stopped. True at the end of the blob or at damage, which cursor.fault() tells apart.
template <Cursor C, typename Take>
bool each_element(C& cursor, uint64_t& elements, Take&& take) {
  char digits[kNumberBytes];
  for (Scalar element; cursor.next(element); ++elements) {
    if (!take(element.text(digits))) return false;
  }
  return true;
}

// Records damage inside a blob, a flaw.
bool fail_in_blob(Input& in, const Blob& blob, const Fault& fault);

}  // namespace rdb
