// Cursors over packed blobs: the walk stays inside the blob, goes forward, ends, and the count in
// the header of a sound blob is that of its elements. Choices: the cursor; whether the header's
// sizes and the end mark are made right first.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/base/bytes.h"
#include "rdb/codec/intset.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/ziplist.h"
#include "rdb/codec/zipmap.h"

namespace rdb {
namespace {

void check_inside(std::string_view blob, std::string_view bytes) {
  if (bytes.empty()) return;
  require(bytes.data() >= blob.data() && bytes.size() <= blob.size() &&
              static_cast<size_t>(bytes.data() - blob.data()) <= blob.size() - bytes.size(),
          "an element lies inside its blob");
}

template <Cursor T>
void walk(std::string_view blob) {
  T cursor(blob);
  uint64_t seen = 0;
  Scalar element;
  char digits[kNumberBytes];
  for (uint64_t before = cursor.offset(); cursor.next(element); before = cursor.offset()) {
    require(cursor.fault().code == Code::ok, "an element comes without a fault");
    require(cursor.offset() > before && cursor.offset() <= blob.size(), "the walk goes forward");
    check_inside(blob, element.bytes);
    require(!element.is_integer || !element.text(digits).empty(), "an integer has digits");
    ++seen;
  }
  const Fault fault = cursor.fault();
  if (fault.code == Code::ok) {
    require(cursor.count() == kCountUnknown || cursor.count() == seen, "a sound count is exact");
  } else {
    require(fault.inner <= blob.size(), "a fault lies inside the blob");
  }
  require(!cursor.next(element) && cursor.fault().code == fault.code &&
              cursor.fault().inner == fault.inner,
          "the end is the end, and the first fault stays");
}

// Size and end mark as of a sound blob.
void repair(std::vector<char>& blob, unsigned cursor) {
  const auto size = static_cast<uint32_t>(blob.size());
  if (cursor == 3) {
    if (size < 8) return;
    const uint32_t width = load_le<uint32_t>(blob.data());
    if (width != 0) store_le(blob.data() + 4, (size - 8) / width);
    return;
  }
  if (cursor != 2 && size >= 4) store_le(blob.data(), size);
  if (size != 0) blob.back() = '\xff';
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const uint8_t choice = choices.byte();
  const unsigned cursor = choice % 4;
  const std::string_view rest = choices.rest();
  std::vector<char> exact(rest.begin(), rest.end());
  if ((choice & 4) != 0) rdb::repair(exact, cursor);
  const std::string_view blob(exact.data(), exact.size());
  if (cursor == 0) rdb::walk<rdb::Listpack>(blob);
  if (cursor == 1) rdb::walk<rdb::Ziplist>(blob);
  if (cursor == 2) rdb::walk<rdb::Zipmap>(blob);
  if (cursor == 3) rdb::walk<rdb::Intset>(blob);
  return 0;
}
