// Source of fact: RFC 3629; Unicode 15.1, UnicodeData.txt (categories Cc, Cf, Zl, Zp) and
// Bidi_Control; redis 7.2.6 src/sds.c, sdscatrepr.
#include "rdb/base/shown.h"

#include <algorithm>
#include <iterator>

#include "rdb/base/bytes.h"
#include "rdb/base/key_name.h"

namespace rdb {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// In ascending order.
constexpr Range kControls[] = {
    {0x00, 0x1f},        // C0
    {0x7f, 0x9f},        // DEL, C1
    {0xad, 0xad},        // soft hyphen
    {0x61c, 0x61c},      // Arabic letter mark
    {0x180e, 0x180e},    // Mongolian vowel separator
    {0x200b, 0x200f},    // zero-width characters, marks of direction
    {0x2028, 0x202e},    // separators of lines and paragraphs, embeddings, overrides
    {0x2060, 0x206f},    // word joiner, isolates
    {0xfeff, 0xfeff},    // byte-order mark
    {0xfff9, 0xfffb},    // interlinear annotations
    {0xe0000, 0xe007f},  // tags
};

void append_escaped(std::string& to, std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : bytes) {
    const uint8_t b = byte_at(&c);
    if (c == '\n') {
      to += "\\n";
    } else if (c == '\r') {
      to += "\\r";
    } else if (c == '\t') {
      to += "\\t";
    } else if (b < 0x20 || b >= 0x7f) {
      to += {'\\', 'x', kHex[b >> 4], kHex[b & 15]};
    } else {
      if (c == '"' || c == '\\') to += '\\';
      to += c;
    }
  }
}

constexpr size_t kQuotedMax = 128;

// The first and last of so many bytes.
std::string quoted_ends(std::string_view bytes, uint64_t size) {
  return '"' + escaped(bytes.substr(0, kQuotedMax / 2)) + "\"...\"" +
         escaped(bytes.substr(bytes.size() - kQuotedMax / 2)) + "\" (" + std::to_string(size) +
         " bytes)";
}

// The size of the plain sequence at `p`, or 0.
size_t plain_size(const char* p, size_t left) {
  const size_t size = utf8_size(p, left);
  return size == 0 || is_control(code_point(p, size)) ? 0 : size;
}

}  // namespace

size_t utf8_size(const char* p, size_t left) {
  const uint8_t first = byte_at(p);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (left < size) return 0;
  const uint8_t second = byte_at(p + 1);
  const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((byte_at(p + i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

uint32_t code_point(const char* p, size_t size) {
  constexpr uint8_t kFirstBits[] = {0x7f, 0x1f, 0x0f, 0x07};
  uint32_t out = byte_at(p) & kFirstBits[size - 1];
  for (size_t i = 1; i < size; ++i) out = out << 6 | (byte_at(p + i) & 0x3fU);
  return out;
}

bool is_control(uint32_t code_point) {
  const auto* const at =
      std::lower_bound(std::begin(kControls), std::end(kControls), code_point,
                       [](const Range& range, uint32_t wanted) { return range.last < wanted; });
  return at != std::end(kControls) && at->first <= code_point;
}

bool is_plain(std::string_view text) {
  while (!text.empty()) {
    const size_t size = plain_size(text.data(), text.size());
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t size = plain_size(text.data(), text.size());
    if (size == 0) {
      const size_t hidden = std::max<size_t>(utf8_size(text.data(), text.size()), 1);
      append_escaped(out, text.substr(0, hidden));
      text.remove_prefix(hidden);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out;
}

std::string escaped(std::string_view bytes) {
  std::string out;
  append_escaped(out, bytes);
  return out;
}

std::string quoted(std::string_view bytes) {
  if (bytes.size() <= kQuotedMax) return '"' + escaped(bytes) + '"';
  return quoted_ends(bytes, bytes.size());
}

std::string KeyName::quoted() const {
  return is_whole() ? rdb::quoted(held_) : quoted_ends(held_, size_);
}

std::string shown_word(std::string_view word) {
  constexpr size_t kWordMax = 64;
  const auto is_graphic = [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; };
  const bool is_word =
      !word.empty() && word.size() <= kWordMax && std::all_of(word.begin(), word.end(), is_graphic);
  return is_word ? std::string(word) : quoted(word);
}

std::string shown_path(std::string_view path) {
  if (!path.empty() && path.front() != '"' && is_plain(path)) return std::string(path);
  std::string out = "\"";
  append_escaped(out, path);
  return out + '"';
}

}  // namespace rdb
