#include "rdb/codec/length.h"

#include "rdb/base/bytes.h"

namespace rdb {

bool read_length_slow(Input& in, uint64_t& n, bool& encoded) {
  n = 0;
  encoded = false;
  if (!in.need(1)) return false;
  const uint64_t at = in.pos();
  const uint8_t first = byte_at(in.cursor());
  uint64_t shorter_below = 0;
  if (first < 0x40 || first >= 0xc0) {
    in.advance(1);
    n = first & 0x3f;
    encoded = first >= 0xc0;
    return true;
  }
  if (first < 0x80) {
    if (!in.need(2)) return false;
    n = load_be<uint16_t>(in.cursor()) & 0x3fff;
    in.advance(2);
    shorter_below = 1 << 6;
  } else if (first == 0x80) {
    if (!in.need(5)) return false;
    n = load_be<uint32_t>(in.cursor() + 1);
    in.advance(5);
    shorter_below = 1 << 14;
    in.tally.count(Form::len32);
  } else if (first == 0x81) {
    if (!in.need(9)) return false;
    n = load_be<uint64_t>(in.cursor() + 1);
    in.advance(9);
    shorter_below = uint64_t{1} << 32;
    in.tally.count(Form::len64);
  } else {
    return in.fail(Code::bad_length, at, {.found = first});
  }
  if (n < shorter_below) in.tally.note(Odd::long_length, at);
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
