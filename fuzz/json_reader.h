// A strict reader of the JSON that we print (RFC 8259; no fractions, no exponents), and a second
// opinion on UTF-8 (RFC 3629), both written for plainness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rdb {

// Takes one code point off `s`; false where no valid sequence begins.
inline bool take_code_point(std::string_view& s, uint32_t& point) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (s.empty()) return false;
  const auto first = static_cast<uint8_t>(s[0]);
  size_t size = 0;
  while (size < 8 && (first << size & 0x80) != 0) ++size;
  if (size == 1 || size > 4 || s.size() < size) return false;
  point = size == 0 ? first : first & (0x7fU >> size);
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<uint8_t>(s[i]);
    if (byte >> 6 != 2) return false;
    point = point << 6 | (byte & 0x3fU);
  }
  if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
  s.remove_prefix(size == 0 ? 1 : size);
  return true;
}

inline void put_code_point(std::string& to, uint32_t point) {
  const auto put = [&to](uint32_t byte) { to += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 63));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 63));
    put(0x80 | (point >> 6 & 63));
  }
  put(0x80 | (point & 63));
}

class JsonReader {
 public:
  explicit JsonReader(std::string_view json) : left_(json) {}

  bool value(int depth = 0) {
    constexpr int kDepthMax = 32;
    if (depth == kDepthMax || left_.empty()) return false;
    std::string ignored;
    switch (left_[0]) {
      case '{':
        return members('}', depth);
      case '[':
        return members(']', depth);
      case '"':
        return string(ignored);
      default:
        return take("true") || take("false") || take("null") || integer();
    }
  }

  // A string, its escapes resolved.
  bool string(std::string& utf8) {
    if (!take("\"")) return false;
    while (!take("\"")) {
      uint32_t point = 0;
      if (left_.starts_with('\\') ? !escape(point) : !take_code_point(left_, point) || point < 32) {
        return false;
      }
      put_code_point(utf8, point);
    }
    return true;
  }

  bool take(std::string_view token) {
    if (!left_.starts_with(token)) return false;
    left_.remove_prefix(token.size());
    return true;
  }

  [[nodiscard]] std::string_view rest() const { return left_; }

 private:
  bool members(char close, int depth) {
    left_.remove_prefix(1);
    if (take({&close, 1})) return true;
    std::string name;
    do {
      if (close == '}' && (!string(name) || !take(":"))) return false;
      if (!value(depth + 1)) return false;
    } while (take(","));
    return take({&close, 1});
  }

  bool integer() {
    take("-");
    size_t digits = 0;
    while (digits < left_.size() && left_[digits] >= '0' && left_[digits] <= '9') ++digits;
    if (digits == 0 || (digits > 1 && left_[0] == '0')) return false;
    left_.remove_prefix(digits);
    return true;
  }

  bool escape(uint32_t& point) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (left_.size() < 2) return false;
    const size_t at = kNames.find(left_[1]);
    const char name = left_[1];
    left_.remove_prefix(2);
    if (at != std::string_view::npos) {
      point = static_cast<uint8_t>(kMeanings[at]);
      return true;
    }
    if (name != 'u' || left_.size() < 4) return false;
    point = 0;
    for (const char c : left_.substr(0, 4)) {
      const size_t digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos) return false;
      point = point << 4 | static_cast<uint32_t>(digit);
    }
    left_.remove_prefix(4);
    return point < 0xd800 || point >= 0xe000;
  }

  std::string_view left_;
};

// True when `text` is lines that are each one JSON value.
inline bool is_json_lines(std::string_view text) {
  JsonReader reader(text);
  while (!reader.rest().empty()) {
    if (!reader.value() || !reader.take("\n")) return false;
  }
  return true;
}

}  // namespace rdb
