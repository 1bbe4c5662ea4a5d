#include "rdb/codec/ziplist.h"

#include <algorithm>
#include <cassert>

namespace rdb {
namespace {

static_assert(Cursor<Ziplist>);

constexpr uint64_t kHeaderBytes = 10;
constexpr uint64_t kEmptyBytes = kHeaderBytes + 1;
constexpr uint64_t kTailAt = 4;
constexpr uint64_t kCountAt = 8;
constexpr uint16_t kCountNotKept = 65535;
constexpr uint8_t kEndMark = 0xff;
constexpr uint8_t kLongPrevious = 0xfe;

// How many bytes tell the size of an element that begins with `first`; 0: no element does.
uint64_t head_bytes(uint8_t first) {
  if (first < 0x40) return 1;
  if (first < 0x80) return 2;
  if (first < 0xc0) return 5;
  if (first == 0xc0 || first == 0xd0 || first == 0xe0) return 1;
  return first >= 0xf0 && first != 0xff ? 1 : 0;
}

// How many bytes follow the head of the element at `at`, whose head_bytes() are there.
uint64_t data_bytes(const char* at) {
  const uint8_t first = byte_at(at);
  if (first < 0x40) return first;
  if (first < 0x80) return (first & 0x3fU) << 8 | byte_at(at + 1);
  if (first < 0xc0) return load_be<uint32_t>(at + 1);
  switch (first) {
    case 0xc0:
      return 2;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    case 0xf0:
      return 3;
    case 0xfe:
      return 1;
    default:
      return 0;
  }
}

int64_t decode_integer(const char* at) {
  const uint8_t first = byte_at(at);
  switch (first) {
    case 0xc0:
      return load_le<int16_t>(at + 1);
    case 0xd0:
      return load_le<int32_t>(at + 1);
    case 0xe0:
      return load_le<int64_t>(at + 1);
    case 0xf0:
      return load_le24(at + 1);
    case 0xfe:
      return load_le<int8_t>(at + 1);
    default:
      return first - 0xf1;
  }
}

// The shortest form of an integer, at `to` (kHeadBytesMax long); the view is of `to`.
constexpr size_t kHeadBytesMax = 9;
std::string_view format_integer(int64_t value, char* to) {
  if (value >= 0 && value <= 12) {
    *to = static_cast<char>(0xf1 + value);
    return {to, 1};
  }
  store_le(to + 1, value);  // as many of its bytes count as the form has
  if (value >= INT8_MIN && value <= INT8_MAX) {
    *to = static_cast<char>(0xfe);
    return {to, 2};
  }
  if (value >= INT16_MIN && value <= INT16_MAX) {
    *to = static_cast<char>(0xc0);
    return {to, 3};
  }
  if (value >= -(1 << 23) && value < 1 << 23) {
    *to = static_cast<char>(0xf0);
    return {to, 4};
  }
  if (value >= INT32_MIN && value <= INT32_MAX) {
    *to = static_cast<char>(0xd0);
    return {to, 5};
  }
  *to = static_cast<char>(0xe0);
  return {to, 9};
}

// What stands before a string of `size` bytes, likewise.
std::string_view format_string_head(size_t size, char* to) {
  if (size < 1 << 6) {
    *to = static_cast<char>(size);
    return {to, 1};
  }
  if (size < 1 << 14) {
    store_be(to, static_cast<uint16_t>(0x4000 | size));
    return {to, 2};
  }
  *to = static_cast<char>(0x80);
  store_be(to + 1, static_cast<uint32_t>(size));
  return {to, 5};
}

constexpr size_t kPreviousBytesMax = 5;
std::string_view format_previous(size_t size, char* to) {
  if (size < kLongPrevious) {
    *to = static_cast<char>(size);
    return {to, 1};
  }
  *to = static_cast<char>(kLongPrevious);
  store_le(to + 1, static_cast<uint32_t>(size));
  return {to, kPreviousBytesMax};
}

}  // namespace

Fault Ziplist::judge_head(std::string_view head, uint64_t size) {
  if (size < kEmptyBytes) return {Code::blob_short, 0, {.found = size, .allowed = kEmptyBytes}};
  const uint64_t total = load_le<uint32_t>(head.data());
  if (total != size) return {Code::blob_size, 0, {.found = total, .allowed = size}};
  return {};
}

Ziplist::Ziplist(std::string_view blob)
    : blob_(blob), at_(blob.data()), end_(blob.data()), fault_(judge_head(blob, blob.size())) {
  if (fault_.code != Code::ok) return;
  const uint64_t size = blob.size();
  if (byte_at(blob.data() + size - 1) != kEndMark) {
    fail(Code::blob_end, size - 1, {.found = size, .allowed = size});
    return;
  }
  tail_ = load_le<uint32_t>(blob.data() + kTailAt);
  const auto count = load_le<uint16_t>(blob.data() + kCountAt);
  if (count != kCountNotKept) count_ = count;
  at_ = blob.data() + kHeaderBytes;
  end_ = blob.data() + size - 1;
}

bool Ziplist::next_slow(Scalar& element) {
  if (at_ == end_) return finish();
  const auto room = static_cast<uint64_t>(end_ - at_);
  const uint8_t first = byte_at(at_);
  if (first == kEndMark) {
    return fail(Code::blob_end, offset(), {.found = offset(), .allowed = blob_.size()});
  }
  const uint64_t previous_bytes = first == kLongPrevious ? 5 : 1;
  if (previous_bytes + 1 > room) {
    const uint64_t least = previous_bytes + 1;
    return fail(Code::entry_overrun, offset(), {.found = least, .allowed = blob_.size()});
  }
  const uint64_t previous = first == kLongPrevious ? load_le<uint32_t>(at_ + 1) : first;
  if (previous != previous_) {
    return fail(Code::entry_previous_length, offset(), {.found = previous, .allowed = previous_});
  }
  const char* const from = at_ + previous_bytes;
  const uint64_t head = head_bytes(byte_at(from));
  if (head == 0) {
    return fail(Code::entry_encoding, offset() + previous_bytes, {.found = byte_at(from)});
  }
  uint64_t size = previous_bytes + head;
  if (size <= room) size += data_bytes(from);
  if (size > room) {
    return fail(Code::entry_overrun, offset(), {.found = size, .allowed = blob_.size()});
  }
  if (byte_at(from) < 0xc0) {
    const uint64_t length = size - previous_bytes - head;
    element = {.bytes = {from + head, length}, .integer = 0, .is_integer = false};
  } else {
    element = {.bytes = {}, .integer = decode_integer(from), .is_integer = true};
  }
  previous_ = size;
  at_ += size;
  ++seen_;
  return true;
}

bool Ziplist::finish() {
  if (fault_.code != Code::ok) return false;
  const uint64_t tail = offset() - previous_;
  if (tail_ != tail) return fail(Code::tail_offset, kTailAt, {.found = tail_, .allowed = tail});
  if (count_ == kCountUnknown || seen_ == count_) return false;
  return fail(Code::blob_count, kCountAt, {.found = count_, .allowed = seen_});
}

bool Ziplist::fail(Code code, uint64_t inner, Detail numbers) {
  fault_ = {.code = code, .inner = inner, .numbers = numbers};
  at_ = end_;
  return false;
}

void ZiplistBuilder::clear() {
  blob_.assign(kHeaderBytes, '\0');
  last_at_ = kHeaderBytes;
  count_ = 0;
}

void ZiplistBuilder::add(std::string_view text) {
  int64_t value = 0;
  if (parse_packed_integer(text, value)) return add_integer(value);
  char head[kHeadBytesMax];
  add_parts(format_string_head(text.size(), head), text);
}

void ZiplistBuilder::add_integer(int64_t value) {
  char head[kHeadBytesMax];
  add_parts(format_integer(value, head), {});
}

// Size of the last entry, 0 if there is none.
size_t ZiplistBuilder::previous() const { return blob_.size() - last_at_; }

void ZiplistBuilder::add_parts(std::string_view head, std::string_view data) {
  char size[kPreviousBytesMax];
  const std::string_view before = format_previous(previous(), size);
  last_at_ = blob_.size();
  blob_ += before;
  blob_ += head;
  blob_ += data;
  ++count_;
}

size_t ZiplistBuilder::element_bytes(std::string_view text) const {
  char head[kHeadBytesMax];
  int64_t value = 0;
  const size_t size = parse_packed_integer(text, value)
                          ? format_integer(value, head).size()
                          : format_string_head(text.size(), head).size() + text.size();
  return (previous() < kLongPrevious ? 1 : kPreviousBytesMax) + size;
}

std::string_view ZiplistBuilder::finish() {
  assert(bytes() <= UINT32_MAX);
  blob_ += static_cast<char>(kEndMark);
  store_le(blob_.data(), static_cast<uint32_t>(blob_.size()));
  store_le(blob_.data() + kTailAt, static_cast<uint32_t>(last_at_));
  const auto count = static_cast<uint16_t>(std::min<size_t>(count_, kCountNotKept));
  store_le(blob_.data() + kCountAt, count);
  return blob_;
}

}  // namespace rdb
