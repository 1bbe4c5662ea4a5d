// What is taken back is what was there before, for every byte and wherever pieces end.
#include "rdb/arrive/undo.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "rdb/io/source.h"
#include "tests/support/bytes.h"

namespace rdb {
namespace {

using Text = Undo::Text;

struct Undone {
  std::string bytes;
  std::string message;  // of the error that ended it
};

Undone undo_at(std::string_view file, const Undo& undo, size_t step) {
  MemorySource source(file, step);
  UndoSource undone(source, undo);
  Undone out;
  std::string piece(step == SIZE_MAX ? 65536 : step, '\0');
  for (size_t got = 1; undone.read(piece.data(), piece.size(), got) && got != 0;) {
    out.bytes.append(piece, 0, got);
  }
  if (!undone.error().ok()) out.message = words(undone.error());
  return out;
}

// The same at every step.
Undone undo(std::string_view file, const Undo& how) {
  const Undone out = undo_at(file, how, SIZE_MAX);
  for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{16}}) {
    const Undone other = undo_at(file, how, step);
    CHECK(other.bytes == out.bytes);
    CHECK(other.message == out.message);
  }
  return out;
}

std::string with_line_ends(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::string every_byte() {
  std::string out;
  for (unsigned i = 0; i < 256; ++i) out += static_cast<char>(i);
  return out;
}

std::string utf16(std::string_view bytes, CodePage page, bool is_big) {
  Bytes out;
  for (const char c : bytes) {
    const unsigned unit = character_of(page, static_cast<uint8_t>(c));
    is_big ? out.u16be(unit) : out.u16le(unit);
  }
  return out.string();
}

std::string utf8(std::string_view bytes, CodePage page) {
  std::string out;
  for (const char c : bytes) {
    const unsigned unit = character_of(page, static_cast<uint8_t>(c));
    if (unit < 0x80) {
      out += static_cast<char>(unit);
    } else if (unit < 0x800) {
      out += static_cast<char>(0xC0 | unit >> 6);
      out += static_cast<char>(0x80 | (unit & 63));
    } else {
      out += static_cast<char>(0xE0 | unit >> 12);
      out += static_cast<char>(0x80 | (unit >> 6 & 63));
      out += static_cast<char>(0x80 | (unit & 63));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("undo: a terminal's line ends, which leave every other CR alone") {
  const Undo line_ends{.line_ends = true};
  for (const std::string& bytes :
       {std::string(), std::string("\n"), std::string("\r"), std::string("\r\n"),
        std::string("a\nb\r\nc\rd\r\r\n\n\r"), std::string("\r\n\r\n\n\n\r\r"), every_byte(),
        std::string(70000, '\n'), std::string(65535, 'x') + "\r\n\n"}) {
    CHECK(undo(with_line_ends(bytes), line_ends).bytes == bytes);
  }
}

TEST_CASE("undo: an LF that got no CR is left, too") {
  CHECK(undo("a\nb\r\n\n", {.line_ends = true}).bytes == "a\nb\n\n");
}

TEST_CASE("undo: text of two bytes a character, of each code page") {
  const std::string bytes = every_byte() + every_byte();
  for (const CodePage page : kCodePages) {
    CAPTURE(name(page));
    CHECK(undo(utf16(bytes, page, false), {.text = Text::utf16_le, .page = page}).bytes == bytes);
    CHECK(undo(utf16(bytes, page, true), {.text = Text::utf16_be, .page = page}).bytes == bytes);
    CHECK(undo("\xFF\xFE" + utf16(bytes, page, false),
               {.has_mark = true, .text = Text::utf16_le, .page = page})
              .bytes == bytes);
    CHECK(undo(utf8(bytes, page), {.text = Text::utf8, .page = page}).bytes == bytes);
    CHECK(undo("\xEF\xBB\xBF" + utf8(bytes, page),
               {.has_mark = true, .text = Text::utf8, .page = page})
              .bytes == bytes);
  }
}

// RFC 4648, section 10.
TEST_CASE("undo: base64, with and without line ends and padding") {
  const Undo base64{.text = Text::base64};
  CHECK(undo("Zm9vYmFy", base64).bytes == "foobar");
  CHECK(undo("Zm9vYg==", base64).bytes == "foob");
  CHECK(undo("Zm9v\r\nYmE=\n", base64).bytes == "fooba");
  CHECK(undo("Zm9vYmE", base64).bytes == "fooba");
  CHECK(undo("-_8=", base64).bytes == "\xFB\xFF");
  CHECK(undo("Zm9v*mFy", base64).message == "the text has a character that is no digit of base64");
  CHECK(undo("Zm9v*mFy", base64).bytes == "foo");
  CHECK(undo("Zm9vY", base64).message == "the text ends inside a byte");
  CHECK(undo("Zg==Zg", base64).message == "the text has a character that is no digit of base64");
}

TEST_CASE("undo: hexadecimal digits, with blanks between them") {
  const Undo hex{.text = Text::hex};
  CHECK(undo("52454449 53\n0a fF\r\n", hex).bytes == "REDIS\n\xFF");
  CHECK(undo("5", hex).message == "the text ends inside a byte");
  CHECK(undo("5=", hex).message ==
        "the text has a character that is no digit of hexadecimal numbers");
}

TEST_CASE("undo: what is in front goes after the text, and line ends last") {
  const std::string inner = "front\r\n" + with_line_ends("a\n\r\nb");
  CHECK(undo("\xFF\xFE" + utf16(inner, CodePage::latin1, false),
             {.has_mark = true, .text = Text::utf16_le, .front = 7, .line_ends = true})
            .bytes == "a\n\r\nb");
  CHECK(undo("abc", {.front = 5}).bytes.empty());
  CHECK(undo("abc", {}).bytes == "abc");
}

TEST_CASE("undo: what cannot have been made this way ends it, behind all that can") {
  const Undo latin1{.text = Text::utf16_le};
  CHECK(undo(Bytes{}.u16le('a').u16le(0x2019).view(), latin1).message ==
        "character U+2019 is not in Latin-1");
  CHECK(undo(Bytes{}.u16le('a').u16le(0x2019).view(), latin1).bytes == "a");
  CHECK(undo(std::string_view("a\0b", 3), latin1).message == "the text ends inside a character");
  for (const std::string_view bad :
       {"a\x80", "a\xC1\x81", "a\xC3(", "a\xE0\x81\x81", "a\xF0\x9F"}) {
    CAPTURE(bad);
    CHECK(undo(bad, {.text = Text::utf8}).message == "the text is not UTF-8");
    CHECK(undo(bad, {.text = Text::utf8}).bytes == "a");
  }
  CHECK(undo("a\xC3", {.text = Text::utf8}).message == "the text ends inside a character");
  CHECK(undo("\xEF\xBF\xBD", {.text = Text::utf8}).message == "character U+FFFD is not in Latin-1");
}

TEST_CASE("code page: each byte is a character of its own") {
  for (const CodePage page : kCodePages) {
    std::set<uint16_t> seen;
    const CodePageBytes bytes(page);
    for (unsigned byte = 0; byte < 256; ++byte) {
      const uint16_t character = character_of(page, static_cast<uint8_t>(byte));
      CHECK(seen.insert(character).second);
      CHECK(bytes.byte_of(character) == static_cast<int>(byte));
      if (byte < 0x80) CHECK(character == byte);
    }
    CHECK(bytes.byte_of(0xFFFD) == -1);
    CHECK(bytes.byte_of(0x10FFFF) == -1);
  }
}

// Unicode Consortium, MAPPINGS/VENDORS/MICSFT: what the opcodes of RDB files become.
TEST_CASE("code page: characters are those of the tables of Unicode") {
  CHECK(character_of(CodePage::latin1, 0xFA) == 0xFA);
  CHECK(character_of(CodePage::windows1252, 0x80) == 0x20AC);
  CHECK(character_of(CodePage::windows1252, 0x81) == 0x81);
  CHECK(character_of(CodePage::windows1252, 0xFE) == 0xFE);
  CHECK(character_of(CodePage::cp437, 0xFA) == 0xB7);
  CHECK(character_of(CodePage::cp437, 0xFE) == 0x25A0);
  CHECK(character_of(CodePage::cp437, 0xE1) == 0xDF);
  CHECK(character_of(CodePage::cp850, 0xFB) == 0xB9);
  CHECK(character_of(CodePage::cp850, 0xD5) == 0x131);
}

}  // namespace rdb
