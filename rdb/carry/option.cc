#include "rdb/carry/option.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <system_error>

#include "rdb/base/error.h"
#include "rdb/base/number.h"

namespace rdb {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr Unit kDurations[] = {{"ms", 1},        {"s", 1000},       {"m", 60'000},
                               {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};

constexpr Unit kSizes[] = {{"", 1},
                           {"k", int64_t{1} << 10},
                           {"m", int64_t{1} << 20},
                           {"g", int64_t{1} << 30},
                           {"t", int64_t{1} << 40}};

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max() - 1;  // one more is still a number

// Digits and the name of a unit. False: not of that form, or too much.
bool parse_units(std::string_view text, std::span<const Unit> units, int64_t& to) {
  if (text.starts_with('-')) return false;  // which from_chars takes
  int64_t v = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (failed != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  const auto is_named = [text](const Unit& unit) { return unit.name == text; };
  const auto unit = std::find_if(units.begin(), units.end(), is_named);
  if (unit == units.end() || v > kHighest / unit->factor) return false;
  to = v * unit->factor;
  return true;
}

bool is_db(std::string_view text, uint64_t& to) {
  int64_t v = 0;
  if (!parse_int64(text, v) || v < 0) return false;
  to = static_cast<uint64_t>(v);
  return true;
}

}  // namespace

bool parse_duration(std::string_view text, int64_t& to, std::string& why) {
  const bool is_negative = text.starts_with('-');
  const bool has_sign = is_negative || text.starts_with('+');
  int64_t ms = 0;
  if (!parse_units(text.substr(has_sign ? 1 : 0), kDurations, ms)) {
    why = quoted(text) + " is no duration such as 500ms, 30s, 15m, 12h, 7d or 2w";
    return false;
  }
  to = is_negative ? -ms : ms;
  return true;
}

bool parse_size(std::string_view text, int64_t& to, std::string& why) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>('A' <= c && c <= 'Z' ? c + ('a' - 'A') : c);
  if (lower.ends_with('b')) lower.pop_back();
  if (parse_units(lower, kSizes, to)) return true;
  why = quoted(text) + " is no size such as 512, 64k, 1M or 2GB";
  return false;
}

bool parse_bound(std::string_view text, ParseNumber parse, Range& to, std::string& why) {
  const bool is_below = text.starts_with('<');
  if (!is_below && !text.starts_with('>')) {
    why = quoted(text) + " begins with neither < nor >";
    return false;
  }
  int64_t v = 0;
  if (!parse(text.substr(1), v, why)) return false;
  if (is_below) {
    to.max = std::min(to.max, v - 1);
  } else {
    to.min = std::max(to.min, v + 1);
  }
  return true;
}

bool parse_db_pair(std::string_view text, DbPair& to, std::string& why) {
  const size_t equals = text.find('=');
  DbPair pair;
  if (equals == text.npos || !is_db(text.substr(0, equals), pair.from) ||
      !is_db(text.substr(equals + 1), pair.to)) {
    why = quoted(text) + " is no pair of databases such as 3=0";
    return false;
  }
  to = pair;
  return true;
}

}  // namespace rdb
