// Numbers: what is parsed is what strtoll(3) and strtod(3) make of it, what is printed reads back
// to the same, and "%.17g" is printf's. The input is a text, and bits of a double and an integer.
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/base/bytes.h"
#include "rdb/base/number.h"

namespace rdb {
namespace {

bool is_canonical(const std::string& text) {
  const std::string digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return false;
  if (digits[0] == '0') return text == "0";
  errno = 0;
  (void)std::strtoll(text.c_str(), nullptr, 10);
  return errno == 0;
}

bool is_same(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

void check_text(const std::string& text) {
  constexpr size_t kTextBytes = 512;  // parse_double looks at no more where strtod has to help
  char digits[kNumberBytes];
  int64_t integer = 0;
  require(parse_int64(text, integer) == is_canonical(text), "integers are those in canonical form");
  if (is_canonical(text)) require_equal(format_int64(integer, digits), text, "an integer prints");
  if (text.size() > kTextBytes) return;
  size_t used = 0;
  const double value = parse_double(text, used);
  char* end = nullptr;
  const double expected = std::strtod(text.c_str(), &end);
  require(used == static_cast<size_t>(end - text.c_str()), "as much is used as by strtod");
  require(is_same(value, expected), "the double is that of strtod");
}

void check_double(double value) {
  char digits[kNumberBytes];
  size_t used = 0;
  const std::string shortest(format_double(value, digits));
  require(is_same(parse_double(shortest, used), value), "the shortest text reads back");
  require(used == shortest.size(), "all of the shortest text is a number");
  const std::string long_text(format_double_17g(value, digits));
  char printed[64];
  const int size = std::snprintf(printed, sizeof printed, "%.17g", value);
  require_equal(long_text, {printed, static_cast<size_t>(size)}, "17 digits as printf has them");
}

void check_integer(int64_t value) {
  char digits[kNumberBytes];
  int64_t back = 0;
  require(parse_int64(format_int64(value, digits), back) && back == value, "an integer reads back");
  const auto positive = static_cast<uint64_t>(value);
  require_equal(format_uint64(positive, digits), std::to_string(positive), "an unsigned prints");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  rdb::check_text(text);
  if (size < 8) return 0;
  rdb::check_double(std::bit_cast<double>(rdb::load_le<uint64_t>(text.data())));
  rdb::check_integer(rdb::load_le<int64_t>(text.data()));
  return 0;
}
