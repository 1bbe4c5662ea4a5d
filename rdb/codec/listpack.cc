#include "rdb/codec/listpack.h"

#include <algorithm>
#include <cassert>

namespace rdb {
namespace {

static_assert(Cursor<Listpack>);

constexpr uint64_t kHeaderBytes = 6;
constexpr uint64_t kEmptyBytes = kHeaderBytes + 1;
constexpr uint64_t kCountAt = 4;
constexpr uint16_t kCountNotKept = 65535;
constexpr uint8_t kEndMark = 0xff;

// How many bytes tell the size of an element that begins with `first`; 0: no element does.
uint64_t head_bytes(uint8_t first) {
  if (first < 0xe0) return 1;
  if (first < 0xf0) return 2;
  if (first == 0xf0) return 5;
  return first <= 0xf4 ? 1 : 0;
}

// Size of the element at `at`, whose head_bytes() are there.
uint64_t element_bytes(const char* at) {
  const uint8_t first = byte_at(at);
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 0x3fU);
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + ((first & 0x0fU) << 8 | byte_at(at + 1));
  switch (first) {
    case 0xf0:
      return uint64_t{5} + load_le<uint32_t>(at + 1);
    case 0xf1:
      return 3;
    case 0xf2:
      return 4;
    case 0xf3:
      return 5;
    default:
      return 9;
  }
}

// The thresholds of lpEncodeBacklen: all but the first lie one below what 7 bits a byte can hold.
uint64_t back_length_bytes(uint64_t size) {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  if (size < 268435455) return 4;
  return 5;
}

// What stands before `end`, read backwards as lpDecodeBacklen does: it goes on, into the element if
// need be, as long as bit 7 is set. At most five bytes, and a listpack has six before any element.
uint64_t back_length(const char* end) {
  constexpr uint64_t kShiftMax = 28;
  uint64_t value = 0;
  for (uint64_t shift = 0; shift <= kShiftMax; shift += 7) {
    const uint64_t group = byte_at(--end);
    value |= (group & 127) << shift;
    if (group < 128) return value;
  }
  return ~uint64_t{0};
}

// The shortest form of an integer, at `to` (kHeadBytesMax long); the view is of `to`.
constexpr size_t kHeadBytesMax = 9;
std::string_view format_integer(int64_t value, char* to) {
  const auto bits = static_cast<uint64_t>(value);
  if (value >= 0 && value <= 127) {
    *to = static_cast<char>(value);
    return {to, 1};
  }
  if (value >= -4096 && value <= 4095) {
    store_be(to, static_cast<uint16_t>(0xc000 | (bits & 0x1fff)));
    return {to, 2};
  }
  store_le(to + 1, bits);  // as many of its bytes count as the form has
  if (value >= INT16_MIN && value <= INT16_MAX) {
    *to = static_cast<char>(0xf1);
    return {to, 3};
  }
  if (value >= -(1 << 23) && value < 1 << 23) {
    *to = static_cast<char>(0xf2);
    return {to, 4};
  }
  if (value >= INT32_MIN && value <= INT32_MAX) {
    *to = static_cast<char>(0xf3);
    return {to, 5};
  }
  *to = static_cast<char>(0xf4);
  return {to, 9};
}

// What stands before a string of `size` bytes, likewise.
std::string_view format_string_head(size_t size, char* to) {
  if (size < 64) {
    *to = static_cast<char>(0x80 | size);
    return {to, 1};
  }
  if (size < 4096) {
    store_be(to, static_cast<uint16_t>(0xe000 | size));
    return {to, 2};
  }
  *to = static_cast<char>(0xf0);
  store_le(to + 1, static_cast<uint32_t>(size));
  return {to, 5};
}

constexpr size_t kBackLengthBytesMax = 5;
std::string_view format_back_length(uint64_t size, char* to) {
  const uint64_t n = back_length_bytes(size);
  for (uint64_t i = n; i-- > 0; size >>= 7) {
    to[i] = static_cast<char>((i == 0 ? 0 : 128) | (size & 127));
  }
  return {to, n};
}

Scalar integer(int64_t value) { return {.bytes = {}, .integer = value, .is_integer = true}; }

// The element of `size` bytes at `at`, all of them there.
Scalar decode(const char* at, uint64_t size) {
  const uint8_t first = byte_at(at);
  if (first < 0x80) return integer(first);
  if (first >= 0xc0 && first < 0xe0) {
    const int value = (first & 0x1f) << 8 | byte_at(at + 1);
    return integer(value < 4096 ? value : value - 8192);
  }
  switch (first) {
    case 0xf1:
      return integer(load_le<int16_t>(at + 1));
    case 0xf2:
      return integer(load_le24(at + 1));
    case 0xf3:
      return integer(load_le<int32_t>(at + 1));
    case 0xf4:
      return integer(load_le<int64_t>(at + 1));
    default: {
      const uint64_t head = head_bytes(first);
      return {.bytes = {at + head, size - head}, .integer = 0, .is_integer = false};
    }
  }
}

}  // namespace

Fault Listpack::judge_head(std::string_view head, uint64_t size) {
  if (size < kEmptyBytes) return {Code::blob_short, 0, {.found = size, .allowed = kEmptyBytes}};
  const uint64_t total = load_le<uint32_t>(head.data());
  if (total != size) return {Code::blob_size, 0, {.found = total, .allowed = size}};
  return {};
}

Listpack::Listpack(std::string_view blob)
    : blob_(blob), at_(blob.data()), end_(blob.data()), fault_(judge_head(blob, blob.size())) {
  if (fault_.code != Code::ok) return;
  const uint64_t size = blob.size();
  if (byte_at(blob.data() + size - 1) != kEndMark) {
    fail(Code::blob_end, size - 1, {.found = size, .allowed = size});
    return;
  }
  const auto count = load_le<uint16_t>(blob.data() + kCountAt);
  if (count != kCountNotKept) count_ = count;
  at_ = blob.data() + kHeaderBytes;
  end_ = blob.data() + size - 1;
}

bool Listpack::next_slow(Scalar& element) {
  if (at_ == end_) return finish();
  const auto room = static_cast<uint64_t>(end_ - at_);
  const uint8_t first = byte_at(at_);
  if (first == kEndMark) {
    if (!is_count_right()) return fail_count(offset());
    return fail(Code::blob_end, offset(), {.found = offset(), .allowed = blob_.size()});
  }
  const uint64_t head = head_bytes(first);
  if (head == 0) return fail(Code::entry_encoding, offset(), {.found = first});
  if (head > room) {
    return fail(Code::entry_overrun, offset(), {.found = head, .allowed = blob_.size()});
  }
  const uint64_t size = element_bytes(at_);
  const uint64_t back = back_length_bytes(size);
  if (size + back > room) {
    return fail(Code::entry_overrun, offset(), {.found = size + back, .allowed = blob_.size()});
  }
  const uint64_t says = back_length(at_ + size + back);
  if (says != size) {
    return fail(Code::entry_back_length, offset() + size, {.found = says, .allowed = size});
  }
  element = decode(at_, size);
  at_ += size + back;
  ++seen_;
  return true;
}

bool Listpack::finish() {
  return fault_.code == Code::ok && !is_count_right() && fail_count(kCountAt);
}

bool Listpack::fail_count(uint64_t at) {
  return fail(Code::blob_count, at, {.found = count_, .allowed = seen_});
}

bool Listpack::fail(Code code, uint64_t inner, Detail numbers) {
  fault_ = {.code = code, .inner = inner, .numbers = numbers};
  at_ = end_;
  return false;
}

void ListpackBuilder::clear() {
  blob_.assign(kHeaderBytes, '\0');
  count_ = 0;
}

void ListpackBuilder::add(std::string_view text) {
  int64_t value = 0;
  if (parse_packed_integer(text, value)) return add_integer(value);
  char head[kHeadBytesMax];
  add_parts(format_string_head(text.size(), head), text);
}

void ListpackBuilder::add_integer(int64_t value) {
  char head[kHeadBytesMax];
  add_parts(format_integer(value, head), {});
}

void ListpackBuilder::add_parts(std::string_view head, std::string_view data) {
  char back[kBackLengthBytesMax];
  blob_ += head;
  blob_ += data;
  blob_ += format_back_length(head.size() + data.size(), back);
  ++count_;
}

size_t ListpackBuilder::element_bytes(std::string_view text) {
  char head[kHeadBytesMax];
  int64_t value = 0;
  const size_t size = parse_packed_integer(text, value)
                          ? format_integer(value, head).size()
                          : format_string_head(text.size(), head).size() + text.size();
  return size + back_length_bytes(size);
}

std::string_view ListpackBuilder::finish() {
  assert(bytes() <= UINT32_MAX);
  blob_ += static_cast<char>(kEndMark);
  store_le(blob_.data(), static_cast<uint32_t>(blob_.size()));
  const auto count = static_cast<uint16_t>(std::min<size_t>(count_, kCountNotKept));
  store_le(blob_.data() + kCountAt, count);
  return blob_;
}

}  // namespace rdb
