#include "rdb/show/json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/number.h"
#include "rdb/base/shown.h"

namespace rdb {
namespace {

// A longer string that comes in pieces is not held to find out whether it is UTF-8.
constexpr uint64_t kGatherBytesMax = 4 << 20;

// Bytes are looked at eight a time: in a word, `repeat(0x80)` picks the high bit of each.
constexpr uint64_t repeat(uint8_t byte) { return uint64_t{0x0101010101010101} * byte; }

// The high bit of the first byte of the word that JSON needs to have escaped, and perhaps of others
// behind it; 0 where there is none. For bytes below 0x80 a subtraction borrows from that bit just
// where the byte is less; a word of zeros at `v ^ repeat(c)` is c.
uint64_t escapes_in(uint64_t v) {
  const uint64_t quotes = v ^ repeat('"');
  const uint64_t slashes = v ^ repeat('\\');
  const uint64_t deletes = v ^ repeat(0x7f);
  const uint64_t found = ((v - repeat(0x20)) & ~v) | ((quotes - repeat(1)) & ~quotes) |
                         ((slashes - repeat(1)) & ~slashes) | ((deletes - repeat(1)) & ~deletes);
  return found & repeat(0x80);
}

bool is_escaped(char c) { return byte_at(&c) < 0x20 || c == '"' || c == '\\' || c == 0x7f; }
bool is_ascii(char c) { return byte_at(&c) < 0x80; }

// Where the first byte from `from` on is that stops(word) finds, or stop(byte).
template <typename Words, typename Bytes>
size_t run(std::string_view s, size_t from, Words stops, Bytes stop) {
  constexpr size_t kWord = sizeof(uint64_t);
  if (s.size() - from < kWord) {
    while (from < s.size() && !stop(s[from])) ++from;
    return from;
  }
  for (;; from = std::min(from + kWord, s.size() - kWord)) {  // the last word may overlap
    const uint64_t found = stops(load_le<uint64_t>(s.data() + from));
    if (found != 0) return from + static_cast<size_t>(std::countr_zero(found)) / 8;
    if (from == s.size() - kWord) return s.size();
  }
}

// Of bytes that stand for themselves inside quotes; in ASCII, or in any valid UTF-8.
size_t ascii_run(std::string_view s, size_t from) {
  return run(
      s, from, [](uint64_t v) { return escapes_in(v) | (v & repeat(0x80)); },
      [](char c) { return is_escaped(c) || !is_ascii(c); });
}
size_t plain_run(std::string_view s, size_t from) { return run(s, from, escapes_in, is_escaped); }

// Whether a sequence of several bytes is one that is_control() names; most are told by the first.
bool hides(const char* p, size_t size) {
  constexpr std::string_view kFirst = "\xc2\xd8\xe1\xe2\xef\xf3";
  return kFirst.find(*p) != kFirst.npos && is_control(code_point(p, size));
}

// How many bytes at the start of `bytes` are valid UTF-8; whether controls above ASCII are in it.
size_t scan_utf8(std::string_view bytes, bool& has_controls) {
  size_t i = 0;
  for (;;) {
    i = run(
        bytes, i, [](uint64_t v) { return v & repeat(0x80); }, [](char c) { return !is_ascii(c); });
    if (i == bytes.size()) break;
    const char* const p = bytes.data() + i;
    const size_t size = utf8_size(p, bytes.size() - i);
    if (size == 0) break;
    has_controls = has_controls || hides(p, size);
    i += size;
  }
  return i;
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Two letters for each 12 bits.
constexpr std::array<std::array<char, 2>, 4096> kBase64Pairs = [] {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (size_t v = 0; v < pairs.size(); ++v) pairs[v] = {kBase64[v >> 6], kBase64[v & 63]};
  return pairs;
}();

[[gnu::always_inline]] inline void base64_group(const char* in, char* out) {
  const uint32_t v =
      (uint32_t{byte_at(in)} << 16) | (uint32_t{byte_at(in + 1)} << 8) | byte_at(in + 2);
  std::memcpy(out, kBase64Pairs[v >> 12].data(), 2);
  std::memcpy(out + 2, kBase64Pairs[v & 4095].data(), 2);
}

}  // namespace

size_t valid_utf8(std::string_view bytes) {
  bool ignored = false;
  return scan_utf8(bytes, ignored);
}

bool Json::open(char bracket) {
  const bool written = comma() && out_.byte(static_cast<uint8_t>(bracket));
  needs_comma_ = false;
  return written;
}

bool Json::close(char bracket) {
  needs_comma_ = true;
  return out_.byte(static_cast<uint8_t>(bracket));
}

bool Json::comma() {
  if (needs_comma_) return out_.byte(',');
  needs_comma_ = true;
  return true;
}

bool Json::name(std::string_view member) {
  const bool is_simple = ascii_run(member, 0) == member.size();
  const bool written = (is_simple ? quoted(member) : text(member)) && out_.byte(':');
  needs_comma_ = false;
  return written;
}

bool Json::end_line() {
  needs_comma_ = false;
  const bool written = out_.byte('\n');
  line_begin_ = out_.pos();
  return written;
}

bool Json::integer(int64_t v) {
  char digits[kNumberBytes];
  return literal(format_int64(v, digits));
}

bool Json::number(uint64_t v) {
  char digits[kNumberBytes];
  return literal(format_uint64(v, digits));
}

bool Json::escape(uint8_t c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      return out_.write("\\\"");
    case '\\':
      return out_.write("\\\\");
    case '\b':
      return out_.write("\\b");
    case '\f':
      return out_.write("\\f");
    case '\n':
      return out_.write("\\n");
    case '\r':
      return out_.write("\\r");
    case '\t':
      return out_.write("\\t");
    default: {
      const char escaped[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      return out_.write({escaped, sizeof escaped});
    }
  }
}

// In UTF-16, as JSON has it.
bool Json::escape_point(uint32_t code_point) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto unit = [&](uint32_t v) {
    const char text[] = {'\\',        'u', kHex[v >> 12], kHex[v >> 8 & 15], kHex[v >> 4 & 15],
                         kHex[v & 15]};
    return out_.write({text, sizeof text});
  };
  constexpr uint32_t kFirstPair = 0x10000;
  if (code_point < kFirstPair) return unit(code_point);
  const uint32_t rest = code_point - kFirstPair;
  return unit(0xd800 | rest >> 10) && unit(0xdc00 | (rest & 0x3ff));
}

bool Json::more_text(std::string_view utf8) {
  for (;;) {
    bool has_controls = false;
    const size_t valid = scan_utf8(utf8, has_controls);
    if (!escaped_utf8(utf8.substr(0, valid), has_controls)) return false;
    if (valid == utf8.size()) return true;
    if (!out_.write("\xef\xbf\xbd")) return false;
    utf8.remove_prefix(valid + 1);
  }
}

// Valid UTF-8 without the quotes around it; `has_controls`: above ASCII.
bool Json::escaped_utf8(std::string_view utf8, bool has_controls) {
  size_t from = 0;
  for (size_t i = 0; has_controls && i < utf8.size();) {
    const size_t size = utf8_size(&utf8[i], utf8.size() - i);
    if (size > 1 && hides(&utf8[i], size)) {
      if (!plain_utf8(utf8.substr(from, i - from))) return false;
      if (!escape_point(code_point(&utf8[i], size))) return false;
      from = i + size;
    }
    i += size;
  }
  return plain_utf8(utf8.substr(from));
}

// The same without such controls.
bool Json::plain_utf8(std::string_view utf8) {
  for (size_t i = 0; i < utf8.size();) {
    const size_t to = plain_run(utf8, i);
    if (!out_.write(utf8.substr(i, to - i))) return false;
    if (to < utf8.size() && !escape(byte_at(&utf8[to]))) return false;
    i = to + 1;
  }
  return true;
}

// A string of bytes that stand for themselves.
bool Json::quoted(std::string_view plain) {
  constexpr size_t kAround = 3;  // comma and quotes
  if (plain.size() > kPieceBytes - kAround) {
    return comma() && out_.byte('"') && out_.write(plain) && out_.byte('"');
  }
  if (!out_.need(plain.size() + kAround)) return false;
  char* to = out_.cursor();
  if (needs_comma_) *to++ = ',';
  *to++ = '"';
  to += plain.copy(to, plain.size());
  *to++ = '"';
  out_.advance(static_cast<size_t>(to - out_.cursor()));
  needs_comma_ = true;
  return true;
}

bool Json::bytes(const Text& text) {
  if (mode_ == BytesMode::latin1) return quoted_latin1(text);
  if (mode_ == BytesMode::base64 || text.total > kGatherBytesMax) return base64(text);
  std::string_view whole = text.data;
  if (whole.size() != text.total) {
    if (text.is_first()) gathered_.clear();
    gathered_ += text.data;
    if (!text.is_last()) return true;
    whole = gathered_;
  }
  const size_t ascii = ascii_run(whole, 0);
  if (ascii == whole.size()) return quoted(whole);
  const std::string_view rest = whole.substr(ascii);
  bool has_controls = false;
  if (scan_utf8(rest, has_controls) != rest.size()) return base64(Text::whole(whole));
  return comma() && out_.byte('"') && escaped_utf8(whole, has_controls) && out_.byte('"');
}

bool Json::quoted_latin1(const Text& text) {
  if (text.is_first() && !(comma() && out_.byte('"'))) return false;
  const std::string_view s = text.data;
  for (size_t i = 0; i < s.size();) {
    const size_t to = ascii_run(s, i);
    if (!out_.write(s.substr(i, to - i))) return false;
    if (to < s.size() && !escape(byte_at(&s[to]))) return false;
    i = to + 1;
  }
  return !text.is_last() || out_.byte('"');
}

// Bytes by threes.
bool Json::base64_groups(std::string_view in) {
  constexpr size_t kStep = 3 << 10;
  for (size_t n = 0; !in.empty(); in.remove_prefix(n)) {
    n = std::min(in.size(), kStep);
    if (!out_.need(n / 3 * 4)) return false;
    for (size_t i = 0; i < n; i += 3) base64_group(in.data() + i, out_.cursor() + i / 3 * 4);
    out_.advance(n / 3 * 4);
  }
  return true;
}

bool Json::base64(const Text& text) {
  if (text.is_first()) {
    carried_ = 0;
    if (!comma() || !out_.write("{\"base64\":\"")) return false;
  }
  std::string_view in = text.data;
  if (carried_ != 0) {
    const size_t fresh = in.copy(carry_ + carried_, 3 - carried_);
    in.remove_prefix(fresh);
    carried_ += fresh;
    if (carried_ == 3 && !base64_groups({carry_, std::exchange(carried_, 0)})) return false;
  }
  if (carried_ == 0) {
    const size_t whole = in.size() / 3 * 3;
    if (!base64_groups(in.substr(0, whole))) return false;
    carried_ = in.copy(carry_, 2, whole);
  }
  if (!text.is_last()) return true;
  if (carried_ != 0) {
    char last[4];
    std::fill(carry_ + carried_, carry_ + 3, '\0');
    base64_group(carry_, last);
    std::fill(last + carried_ + 1, last + 4, '=');
    if (!out_.write({last, 4})) return false;
  }
  return out_.write("\"}");
}

}  // namespace rdb
