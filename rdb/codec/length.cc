#include "rdb/codec/length.h"

#include "rdb/base/bytes.h"

namespace rdb {
namespace {

// Of the form that begins with `first`; 0: there is none.
size_t form_size(uint8_t first) {
  if (first < 0x40 || first >= 0xc0) return 1;
  return first < 0x80 ? 2 : first == 0x80 ? 5 : first == 0x81 ? 9 : 0;
}

}  // namespace

Length parse_length(std::string_view bytes) {
  if (bytes.empty()) return {};
  const uint8_t first = byte_at(bytes.data());
  const size_t size = form_size(first);
  if (bytes.size() < size) return {};
  uint64_t n = first & 0x3f;
  switch (size) {
    case 1:
      return {n, size, first >= 0xc0, true};
    case 2:
      n = load_be<uint16_t>(bytes.data()) & 0x3fff;
      return {n, size, false, n >= 1 << 6};
    case 5:
      n = load_be<uint32_t>(bytes.data() + 1);
      return {n, size, false, n >= 1 << 14};
    case kLengthBytes:
      n = load_be<uint64_t>(bytes.data() + 1);
      return {n, size, false, n > UINT32_MAX};
    default:
      return {};
  }
}

bool read_length_slow(Input& in, uint64_t& n, bool& encoded) {
  n = 0;
  encoded = false;
  if (!in.need(1)) return false;
  const uint64_t at = in.pos();
  const uint8_t first = byte_at(in.cursor());
  const size_t size = form_size(first);
  if (size == 0) return in.fail(Code::bad_length, at, {.found = first});
  if (!in.need(size)) return false;
  const Length length = parse_length({in.cursor(), size});
  in.advance(size);
  if (size == 5) in.tally.count(Form::len32);
  if (size == kLengthBytes) in.tally.count(Form::len64);
  if (!length.is_shortest) in.tally.note(Odd::long_length, at);
  n = length.n;
  encoded = length.is_encoding;
  return true;
}

std::string_view format_length(uint64_t n, char* to) {
  if (n < 1 << 6) {
    *to = static_cast<char>(n);
    return {to, 1};
  }
  if (n < 1 << 14) {
    store_be(to, static_cast<uint16_t>(0x4000 | n));
    return {to, 2};
  }
  return n > UINT32_MAX ? format_length_64(n, to) : format_length_32(static_cast<uint32_t>(n), to);
}

std::string_view format_length_32(uint32_t n, char* to) {
  *to = static_cast<char>(0x80);
  store_be(to + 1, n);
  return {to, 5};
}

std::string_view format_length_64(uint64_t n, char* to) {
  *to = static_cast<char>(0x81);
  store_be(to + 1, n);
  return {to, 9};
}

}  // namespace rdb
