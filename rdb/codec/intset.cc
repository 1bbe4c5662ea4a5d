#include "rdb/codec/intset.h"

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

static_assert(Cursor<Intset>);

constexpr uint64_t kHeaderBytes = 8;
constexpr uint64_t kCountAt = 4;

}  // namespace

Intset::Intset(std::string_view blob) : blob_(blob) {
  const uint64_t size = blob.size();
  if (size < kHeaderBytes) {
    fail(Code::blob_short, 0, {.found = size, .allowed = kHeaderBytes});
    return;
  }
  const uint64_t width = load_le<uint32_t>(blob.data());
  if (width != 2 && width != 4 && width != 8) {
    fail(Code::intset_width, 0, {.found = width});
    return;
  }
  const uint64_t count = load_le<uint32_t>(blob.data() + kCountAt);
  const uint64_t total = kHeaderBytes + count * width;  // at most 2^35
  if (total != size) {
    fail(Code::blob_size, kCountAt, {.found = total, .allowed = size});
    return;
  }
  if (count == 0) {
    fail(Code::empty_blob, kCountAt, {});
    return;
  }
  width_ = width;
  count_ = count;
  offset_ = kHeaderBytes;
  end_ = size;
}

bool Intset::next(Scalar& element) {
  if (offset_ == end_) return false;  // also after a fault: both are 0
  const char* const at = blob_.data() + offset_;
  int64_t value = 0;
  switch (width_) {
    case 2:
      value = load_le<int16_t>(at);
      break;
    case 4:
      value = load_le<int32_t>(at);
      break;
    default:
      value = load_le<int64_t>(at);
  }
  element = {.bytes = {}, .integer = value, .is_integer = true};
  offset_ += width_;
  return true;
}

void Intset::fail(Code code, uint64_t inner, Detail numbers) {
  fault_ = {.code = code, .inner = inner, .numbers = numbers};
}

}  // namespace rdb
