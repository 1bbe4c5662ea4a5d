#include "rdb/base/glob.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rdb {
namespace {

using Bytes = std::bitset<256>;

void add(Bytes& to, char c) { to.set(static_cast<uint8_t>(c)); }

void add_range(Bytes& to, char a, char b) {
  constexpr unsigned kSign = 0x80;  // turned over, signed bytes have the order of unsigned ones
  const auto [first, last] =
      std::minmax({static_cast<uint8_t>(a) ^ kSign, static_cast<uint8_t>(b) ^ kSign});
  for (unsigned v = first; v <= last; ++v) to.set(v ^ kSign);
}

// The class whose "[" was the last byte taken off `pattern`; takes off the rest of it.
Bytes parse_class(std::string_view& pattern) {
  const bool is_inverse = pattern.starts_with('^');
  pattern.remove_prefix(is_inverse ? 1 : 0);
  Bytes bytes;
  while (!pattern.empty() && pattern[0] != ']') {
    size_t used = 1;
    if (pattern[0] == '\\' && pattern.size() >= 2) {
      used = 2;
      add(bytes, pattern[1]);
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      used = 3;
      add_range(bytes, pattern[0], pattern[2]);
    } else {
      add(bytes, pattern[0]);
    }
    pattern.remove_prefix(used);
  }
  pattern.remove_prefix(pattern.empty() ? 0 : 1);
  return is_inverse ? ~bytes : bytes;
}

// The bytes that match what `pattern` begins with, which is taken off.
Bytes parse_step(std::string_view& pattern) {
  const char c = pattern[0];
  pattern.remove_prefix(1);
  if (c == '[') return parse_class(pattern);
  Bytes bytes;
  if (c == '?') return bytes.set();
  if (c != '\\' || pattern.empty()) {
    add(bytes, c);
  } else {
    add(bytes, pattern[0]);
    pattern.remove_prefix(1);
  }
  return bytes;
}

}  // namespace

Glob::Glob(std::string_view pattern) : matches_empty_(pattern.empty() || pattern == "*") {
  while (!pattern.empty()) {
    ends_with_star_ = pattern[0] == '*';
    pattern.remove_prefix(std::min(pattern.find_first_not_of('*'), pattern.size()));
    if (!pattern.empty()) {
      const bool has_star = ends_with_star_;
      ends_with_star_ = false;
      steps_.push_back({parse_step(pattern), has_star});
    }
  }
}

bool Glob::matches(std::string_view name) const {
  if (name.empty()) return matches_empty_;
  // Where the last star was met: only what it stands for can grow, since one before it would but
  // find what follows it later.
  constexpr size_t kNone = SIZE_MAX;
  size_t star_step = kNone;
  size_t star_pos = 0;
  size_t pos = 0;
  size_t i = 0;
  for (;;) {
    if (i == steps_.size() && (ends_with_star_ || pos == name.size())) return true;
    if (i < steps_.size() && steps_[i].has_star && star_step != i) {
      star_step = i;
      star_pos = pos;
    }
    if (pos == name.size()) return false;  // a star that took more would leave less
    if (i < steps_.size() && steps_[i].bytes[static_cast<uint8_t>(name[pos])]) {
      ++i;
      ++pos;
    } else if (star_step != kNone) {
      i = star_step;
      pos = ++star_pos;
    } else {
      return false;
    }
  }
}

}  // namespace rdb
