#include "rdb/codec/zipmap.h"

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

static_assert(Cursor<Zipmap>);

constexpr uint64_t kEmptyBytes = 2;
constexpr uint8_t kCountNotKept = 254;
constexpr uint8_t kLongLength = 254;
constexpr uint8_t kEndMark = 0xff;

}  // namespace

Zipmap::Zipmap(std::string_view blob) : blob_(blob), at_(blob.data()), end_(blob.data()) {
  const uint64_t size = blob.size();
  if (size < kEmptyBytes) {
    fail(Code::blob_short, 0, {.found = size, .allowed = kEmptyBytes});
    return;
  }
  if (byte_at(blob.data() + size - 1) != kEndMark) {
    fail(Code::blob_end, size - 1, {.found = size, .allowed = size});
    return;
  }
  const uint8_t pairs = byte_at(blob.data());
  if (pairs != kCountNotKept) count_ = uint64_t{2} * pairs;
  at_ = blob.data() + 1;
  end_ = blob.data() + size - 1;
}

bool Zipmap::next(Scalar& element) {
  const bool is_value = seen_ % 2 == 1;
  if (!is_value || fault_.code != Code::ok) {
    if (at_ == end_) return finish();
    if (byte_at(at_) == kEndMark) {
      (void)finish();
      if (fault_.code != Code::ok) return false;
      return fail(Code::blob_end, offset(), {.found = offset(), .allowed = blob_.size()});
    }
  }
  return take(is_value, element);
}

bool Zipmap::take(bool is_value, Scalar& element) {
  const auto room = static_cast<uint64_t>(end_ - at_);
  const uint64_t free_byte = is_value ? 1 : 0;
  const uint8_t first = room == 0 ? uint8_t{0} : byte_at(at_);
  uint64_t head = (first < kLongLength ? 1 : 5) + free_byte;
  if (head > room) {
    return fail(Code::entry_overrun, offset(), {.found = head, .allowed = blob_.size()});
  }
  const uint64_t length = first < kLongLength ? first : load_le<uint32_t>(at_ + 1);
  // The servers' reader takes a small length for the one-byte form and goes astray.
  if (first >= kLongLength && length < kLongLength) {
    return fail(Code::entry_encoding, offset(), {.found = first});
  }
  const uint64_t free = is_value ? byte_at(at_ + head - 1) : 0;
  const uint64_t size = head + length + free;
  if (size > room) {
    return fail(Code::entry_overrun, offset(), {.found = size, .allowed = blob_.size()});
  }
  element = {.bytes = {at_ + head, length}, .integer = 0, .is_integer = false};
  at_ += size;
  ++seen_;
  return true;
}

bool Zipmap::finish() {
  if (fault_.code != Code::ok) return false;
  if (seen_ == 0) return fail(Code::empty_blob, 0, {});
  if (count_ == kCountUnknown || seen_ == count_) return false;
  return fail(Code::blob_count, 0, {.found = count_ / 2, .allowed = seen_ / 2});
}

bool Zipmap::fail(Code code, uint64_t inner, Detail numbers) {
  fault_ = {.code = code, .inner = inner, .numbers = numbers};
  at_ = end_;
  return false;
}

}  // namespace rdb
