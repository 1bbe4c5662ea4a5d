// Decimal text ⇄ numbers, as the servers do it and in no locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rdb {

// Room for the text of any int64 or of any double in any of the forms below.
inline constexpr size_t kNumberBytes = 32;

// True when `text` is the canonical decimal of an int64: no "+", no leading zero, no "-0", no
// blanks (redis 7.2.6 src/util.c, string2ll).
[[nodiscard]] bool parse_int64(std::string_view text, int64_t& value);

// Writes the canonical decimal somewhere in `to` (kNumberBytes long); the view is of it.
[[nodiscard]] std::string_view format_int64(int64_t value, char* to);
[[nodiscard]] std::string_view format_uint64(uint64_t value, char* to);

// Reads a score as strtod(3) does in the C locale, which is what servers use: blanks first,
// hexadecimal, "inf" and "nan" in any case, as much of the text as makes a number. `used` is how
// many bytes did; 0 means that there is no number, and value is 0.
[[nodiscard]] double parse_double(std::string_view text, size_t& used);

// The fewest digits that read back to the same double, with an exponent from 1e17 on and below
// 1e-5; "inf", "-inf", "nan", "-0".
[[nodiscard]] std::string_view format_double(double value, char* to);

// Two lower-case hexadecimal digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

// C's "%.17g", the text of scores in the oldest RDB versions.
[[nodiscard]] std::string_view format_double_17g(double value, char* to);

}  // namespace rdb
