// What the options of selecting and changing say: text → numbers. False: `why` says what the text
// is not, and `to` is as it was.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace rdb {

// Both ends are in it.
struct Range {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();

  [[nodiscard]] bool has(int64_t v) const { return min <= v && v <= max; }
};

// A whole number and ms, s, m, h, d or w, in milliseconds; "-" or "+" may stand before it.
[[nodiscard]] bool parse_duration(std::string_view text, int64_t& to, std::string& why);

// A whole number of bytes; behind it k, m, g or t for a power of 1024, and b, in any case.
[[nodiscard]] bool parse_size(std::string_view text, int64_t& to, std::string& why);

using ParseNumber = bool (*)(std::string_view text, int64_t& to, std::string& why);

// `<X` or `>X`: what was in `to` and also below or above X, which are not in it. Nothing may be
// left.
[[nodiscard]] bool parse_bound(std::string_view text, ParseNumber parse, Range& to,
                               std::string& why);

// `3=0`.
struct DbPair {
  uint64_t from = 0;
  uint64_t to = 0;
};
[[nodiscard]] bool parse_db_pair(std::string_view text, DbPair& to, std::string& why);

}  // namespace rdb
