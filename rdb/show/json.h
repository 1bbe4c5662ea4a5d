// Writes JSON as it comes, without a tree: commas, escapes, byte strings in three modes. It can be
// shown on a terminal whatever the strings hold: controls (rdb/base/shown.h), those above ASCII as
// well, are escaped as \u009b.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/codec/string.h"
#include "rdb/io/output.h"

namespace rdb {

// How a string of bytes becomes JSON, losslessly:
enum class BytesMode : uint8_t {
  automatic,  // valid UTF-8 as it is, anything else and whatever is over 4 MiB as {"base64":"…"}
  latin1,     // byte 0x00 to 0xff as U+0000 to U+00FF, in ASCII
  base64,     // always {"base64":"…"}
};

// One thread; distinct objects are independent. Every function returns false once the output has
// failed.
class Json {
 public:
  // `out` must outlive the writer.
  explicit Json(Output& out, BytesMode mode = BytesMode::automatic)
      : out_(out), mode_(mode), line_begin_(out.pos()) {}

  bool open_object() { return open('{'); }
  bool close_object() { return close('}'); }
  bool open_array() { return open('['); }
  bool close_array() { return close(']'); }

  // A member's name.
  bool name(std::string_view member);

  bool text(std::string_view utf8) {  // bytes that are no UTF-8 become U+FFFD
    return begin_text() && more_text(utf8) && end_text();
  }
  // The same in pieces, each of whole characters.
  bool begin_text() { return comma() && out_.byte('"'); }
  bool more_text(std::string_view utf8);
  bool end_text() { return out_.byte('"'); }
  bool ascii(std::string_view plain) { return quoted(plain); }  // that needs no escape
  bool integer(int64_t v);
  bool number(uint64_t v);
  bool boolean(bool v) { return literal(v ? "true" : "false"); }
  bool null() { return literal("null"); }
  bool literal(std::string_view json) { return comma() && out_.write(json); }

  // Members that were put together before, from a comma to the colon of the last, whose value is to
  // follow.
  bool members(std::string_view json) {
    needs_comma_ = false;
    return out_.write(json);
  }

  // A string of bytes, or the next piece of one.
  bool bytes(const Text& text);
  bool bytes(std::string_view whole) { return bytes(Text::whole(whole)); }

  // A member at once.
  bool text(std::string_view name_, std::string_view utf8) { return name(name_) && text(utf8); }
  bool number(std::string_view name_, uint64_t v) { return name(name_) && number(v); }
  bool integer(std::string_view name_, int64_t v) { return name(name_) && integer(v); }
  bool boolean(std::string_view name_, bool v) { return name(name_) && boolean(v); }
  bool bytes(std::string_view name_, std::string_view whole) { return name(name_) && bytes(whole); }

  // Ends a line, at the outermost level.
  bool end_line();
  // Has anything been written since the last line ended?
  [[nodiscard]] bool is_in_line() const { return out_.pos() != line_begin_; }

 private:
  bool open(char bracket);
  bool close(char bracket);
  bool comma();
  bool quoted(std::string_view plain);
  bool escaped_utf8(std::string_view utf8, bool has_controls);
  bool plain_utf8(std::string_view utf8);
  bool quoted_latin1(const Text& text);
  bool base64(const Text& text);
  bool base64_groups(std::string_view in);
  bool escape(uint8_t c);
  bool escape_point(uint32_t code_point);

  Output& out_;
  BytesMode mode_;
  uint64_t line_begin_;
  bool needs_comma_ = false;
  std::string gathered_;  // of a string that comes in pieces
  char carry_[3];         // base64: bytes that wait for a third
  size_t carried_ = 0;
};

// How many bytes at the start of `bytes` are valid UTF-8.
[[nodiscard]] size_t valid_utf8(std::string_view bytes);

}  // namespace rdb
