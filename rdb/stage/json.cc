#include "rdb/stage/json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/number.h"

namespace rdb {
namespace {

// A longer string that comes in pieces is not held to find out whether it is UTF-8.
constexpr uint64_t kGatherBytesMax = 4 << 20;

// Bytes that stand for themselves inside quotes, in ASCII.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool is_plain(char c) { return kPlain[static_cast<uint8_t>(c)]; }

size_t plain_run(std::string_view s, size_t from) {
  while (from < s.size() && is_plain(s[from])) ++from;
  return from;
}

// The size of the UTF-8 sequence at `p`, 0 where there is none (RFC 3629, table in section 4).
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

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_group(const char* in, char* out) {
  const uint32_t v =
      (uint32_t{byte_at(in)} << 16) | (uint32_t{byte_at(in + 1)} << 8) | byte_at(in + 2);
  out[0] = kBase64[v >> 18];
  out[1] = kBase64[(v >> 12) & 63];
  out[2] = kBase64[(v >> 6) & 63];
  out[3] = kBase64[v & 63];
}

}  // namespace

size_t valid_utf8(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    const size_t size = utf8_size(bytes.data() + i, bytes.size() - i);
    if (size == 0) break;
    i += size;
  }
  return i;
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

bool Json::name(std::string_view ascii) {
  const bool written = comma() && out_.byte('"') && out_.write(ascii) && out_.write("\":");
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

bool Json::text(std::string_view utf8) {
  if (!comma() || !out_.byte('"')) return false;
  for (;;) {
    const size_t valid = valid_utf8(utf8);
    if (!quoted_utf8(utf8.substr(0, valid))) return false;
    if (valid == utf8.size()) return out_.byte('"');
    if (!out_.write("\xef\xbf\xbd")) return false;
    utf8.remove_prefix(valid + 1);
  }
}

// Valid UTF-8 without the quotes around it.
bool Json::quoted_utf8(std::string_view utf8) {
  for (size_t i = 0; i < utf8.size();) {
    size_t to = i;
    while (to < utf8.size() && (is_plain(utf8[to]) || byte_at(&utf8[to]) >= 0x80)) ++to;
    if (!out_.write(utf8.substr(i, to - i))) return false;
    if (to < utf8.size() && !escape(byte_at(&utf8[to++]))) return false;
    i = to;
  }
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
  if (plain_run(whole, 0) == whole.size()) {
    return comma() && out_.byte('"') && out_.write(whole) && out_.byte('"');
  }
  if (valid_utf8(whole) != whole.size()) return base64(Text::whole(whole));
  return comma() && out_.byte('"') && quoted_utf8(whole) && out_.byte('"');
}

bool Json::quoted_latin1(const Text& text) {
  if (text.is_first() && !(comma() && out_.byte('"'))) return false;
  const std::string_view s = text.data;
  for (size_t i = 0; i < s.size();) {
    const size_t to = plain_run(s, i);
    if (!out_.write(s.substr(i, to - i))) return false;
    if (to < s.size() && !escape(byte_at(&s[to]))) return false;
    i = to + 1;
  }
  return !text.is_last() || out_.byte('"');
}

bool Json::base64(const Text& text) {
  if (text.is_first()) {
    carried_ = 0;
    if (!comma() || !out_.write("{\"base64\":\"")) return false;
  }
  std::string_view in = text.data;
  std::array<char, 4096> out;
  size_t made = 0;
  while (carried_ + in.size() >= 3) {
    const size_t fresh = 3 - carried_;
    in.copy(carry_ + carried_, fresh);
    in.remove_prefix(fresh);
    carried_ = 0;
    base64_group(carry_, out.data() + made);
    made += 4;
    if (made == out.size() && !out_.write({out.data(), std::exchange(made, 0)})) return false;
  }
  in.copy(carry_ + carried_, in.size());
  carried_ += in.size();
  if (!out_.write({out.data(), made})) return false;
  if (!text.is_last()) return true;
  if (carried_ != 0) {
    std::fill(carry_ + carried_, carry_ + 3, '\0');
    base64_group(carry_, out.data());
    std::fill(out.data() + carried_ + 1, out.data() + 4, '=');
    if (!out_.write({out.data(), 4})) return false;
  }
  return out_.write("\"}");
}

}  // namespace rdb
