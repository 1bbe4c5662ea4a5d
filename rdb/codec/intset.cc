#include "rdb/codec/intset.h"

#include <algorithm>
#include <cassert>

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

static_assert(Cursor<Intset>);

constexpr uint64_t kHeaderBytes = 8;
constexpr uint64_t kCountAt = 4;

size_t width_of(int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

}  // namespace

Fault Intset::judge_head(std::string_view head, uint64_t size) {
  if (size < kHeaderBytes) return {Code::blob_short, 0, {.found = size, .allowed = kHeaderBytes}};
  const uint64_t width = load_le<uint32_t>(head.data());
  if (width != 2 && width != 4 && width != 8) return {Code::intset_width, 0, {.found = width}};
  const uint64_t count = load_le<uint32_t>(head.data() + kCountAt);
  const uint64_t total = kHeaderBytes + count * width;  // at most 2^35
  if (total != size) return {Code::blob_size, kCountAt, {.found = total, .allowed = size}};
  return count == 0 ? Fault{Code::empty_blob, kCountAt} : Fault{};
}

Intset::Intset(std::string_view blob) : blob_(blob), fault_(judge_head(blob, blob.size())) {
  if (fault_.code != Code::ok) return;
  width_ = load_le<uint32_t>(blob.data());
  count_ = load_le<uint32_t>(blob.data() + kCountAt);
  offset_ = kHeaderBytes;
  end_ = blob.size();
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

void IntsetBuilder::clear() {
  values_.clear();
  width_ = 2;
  is_ascending_ = true;
}

void IntsetBuilder::add(int64_t value) {
  width_ = std::max(width_, width_of(value));
  is_ascending_ = is_ascending_ && (values_.empty() || values_.back() < value);
  values_.push_back(value);
}

size_t IntsetBuilder::bytes() const { return kHeaderBytes + values_.size() * width_; }

std::string_view IntsetBuilder::finish() {
  assert(!values_.empty() && values_.size() <= UINT32_MAX);
  if (!is_ascending_) {
    std::ranges::sort(values_);
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    is_ascending_ = true;
  }
  // The last integer is stored in eight bytes whatever the width.
  blob_.resize(bytes() + sizeof(int64_t) - width_);
  store_le(blob_.data(), static_cast<uint32_t>(width_));
  store_le(blob_.data() + kCountAt, static_cast<uint32_t>(values_.size()));
  char* to = blob_.data() + kHeaderBytes;
  for (const int64_t value : values_) {
    store_le(to, value);  // the lower bytes; the next integer overwrites the others
    to += width_;
  }
  return std::string_view(blob_).substr(0, bytes());
}

}  // namespace rdb
