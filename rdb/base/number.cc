// Decimal text ⇄ numbers. Source: redis 7.2.6 src/util.c, string2ll; src/rdb.c,
// rdbLoadDoubleValue and rdbSaveDoubleValue.
#include "rdb/base/number.h"

#include <locale.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

namespace rdb {
namespace {

// More than any number that a server writes or reads: scores take one byte of length, so 255.
constexpr size_t kTextBytes = 512;

template <typename T, typename... Form>
std::string_view write_number(T value, char* to, Form... form) {
  const auto end = std::to_chars(to, to + kNumberBytes, value, form...).ptr;
  return {to, static_cast<size_t>(end - to)};
}

// "00" to "99".
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t n = 0; n < 100; ++n) {
    pairs[2 * n] = static_cast<char>('0' + n / 10);
    pairs[2 * n + 1] = static_cast<char>('0' + n % 10);
  }
  return pairs;
}();

// Writes the decimal of `v` so that it ends at `end`; where it begins.
char* write_digits(uint64_t v, char* end) {
  for (; v >= 100; v /= 100) std::memcpy(end -= 2, &kPairs[2 * (v % 100)], 2);
  if (v >= 10) {
    std::memcpy(end -= 2, &kPairs[2 * v], 2);
  } else {
    *--end = static_cast<char>('0' + v);
  }
  return end;
}

// strtod(3) of a text without NUL, of which it sees kTextBytes.
double parse_as_c(std::string_view text, size_t& used) {
  static const locale_t c_locale = newlocale(LC_ALL_MASK, "C", nullptr);
  char copy[kTextBytes + 1];
  const size_t size = std::min(text.size(), kTextBytes);
  if (size > 0) std::memcpy(copy, text.data(), size);
  copy[size] = '\0';
  char* end = copy;
  const double value = strtod_l(copy, &end, c_locale);
  used = static_cast<size_t>(end - copy);
  return value;
}

// Between these a double reads better without an exponent.
constexpr double kFixedFrom = 1e-5;
constexpr double kFixedBelow = 1e17;

}  // namespace

bool parse_int64(std::string_view text, int64_t& value) {
  const size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.size() == sign) return false;
  if (text[sign] == '0' && text.size() > 1) return false;
  const char* const end = text.data() + text.size();
  int64_t parsed = 0;
  const auto result = std::from_chars(text.data(), end, parsed);
  if (result.ec != std::errc{} || result.ptr != end) return false;
  value = parsed;
  return true;
}

std::string_view format_int64(int64_t value, char* to) {
  char* const end = to + kNumberBytes;
  const auto bits = static_cast<uint64_t>(value);
  char* begin = write_digits(value < 0 ? 0 - bits : bits, end);
  if (value < 0) *--begin = '-';
  return {begin, static_cast<size_t>(end - begin)};
}

std::string_view format_uint64(uint64_t value, char* to) {
  char* const end = to + kNumberBytes;
  const char* const begin = write_digits(value, end);
  return {begin, static_cast<size_t>(end - begin)};
}

double parse_double(std::string_view text, size_t& used) {
  const char* const end = text.data() + text.size();
  double value = 0;
  const auto result = std::from_chars(text.data(), end, value);
  // What from_chars refuses, rounds off the range, or reads the "0" of "0x1p3" of, is strtod's.
  const bool at_x = result.ptr != end && (*result.ptr == 'x' || *result.ptr == 'X');
  if (result.ec != std::errc{} || at_x || !std::isfinite(value)) return parse_as_c(text, used);
  used = static_cast<size_t>(result.ptr - text.data());
  return value;
}

std::string_view format_double(double value, char* to) {
  if (std::isnan(value)) value = std::abs(value);  // the sign of a NaN says nothing
  const double size = std::abs(value);
  const bool is_handy = size == 0 || (size >= kFixedFrom && size < kFixedBelow);
  return is_handy ? write_number(value, to, std::chars_format::fixed) : write_number(value, to);
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::string_view format_double_17g(double value, char* to) {
  return write_number(value, to, std::chars_format::general, 17);
}

}  // namespace rdb
