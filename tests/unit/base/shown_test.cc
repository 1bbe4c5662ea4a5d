// Tests of rdb/base/shown.h.
#include "rdb/base/shown.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace rdb {

// U+009B, U+061C, U+200E, U+202E, U+2028, U+2029, U+2066, U+FEFF, U+E0001, and bytes of no UTF-8.
constexpr std::string_view kHidden[] = {
    "\x1b",         "\x07",         "\n",           "\r",           "\t",
    "\x7f",         "\xc2\x9b",     "\xd8\x9c",     "\xe2\x80\x8e", "\xe2\x80\xae",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x81\xa6", "\xef\xbb\xbf", "\xf3\xa0\x80\x81",
    "\x9b",         "\xff",         "\xe2\x80"};
constexpr std::string_view kLetters[] = {"a",
                                         " ",
                                         "~",
                                         "\xc3\xbc",
                                         "\xc2\xa0",
                                         "\xd8\xb4",
                                         "\xe2\x80\x94",
                                         "\xe2\x82\xac",
                                         "\xe6\xbc\xa2",
                                         "\xef\xbc\x81",
                                         "\xf0\x9f\x99\x82"};

TEST_CASE("shown: what a terminal obeys or hides is not plain, letters of any script are") {
  for (const std::string_view hidden : kHidden) {
    CAPTURE(quoted(hidden));
    CHECK_FALSE(is_plain(hidden));
    CHECK_FALSE(is_plain("a" + std::string(hidden) + "b"));
    CHECK(is_plain(one_line("a" + std::string(hidden) + "b")));
    CHECK(is_plain(shown_word("a" + std::string(hidden) + "b")));
    CHECK(is_plain(shown_path("a" + std::string(hidden) + "b")));
  }
  for (const std::string_view letter : kLetters) {
    CAPTURE(letter);
    CHECK(is_plain("x" + std::string(letter)));
    CHECK(one_line("x" + std::string(letter)) == "x" + std::string(letter));
    CHECK(shown_path("x" + std::string(letter)) == "x" + std::string(letter));
  }
  CHECK(is_plain(""));
}

// As unicodedata.category of Python 3.11 has them: Cc, Cf, Zl and Zp of what is asked.
TEST_CASE("shown: both ends of every range of controls, and one beyond") {
  for (const uint32_t c :
       {0x0U, 0x1fU, 0x7fU, 0x9fU, 0xadU, 0x61cU, 0x180eU, 0x200bU, 0x200fU, 0x2028U, 0x202eU,
        0x2060U, 0x206fU, 0xfeffU, 0xfff9U, 0xfffbU, 0xe0000U, 0xe007fU}) {
    CAPTURE(c);
    CHECK(is_control(c));
  }
  for (const uint32_t c :
       {0x20U,   0x7eU,   0xa0U,   0xacU,    0xaeU,    0x61bU,   0x61dU,  0x180dU,
        0x180fU, 0x200aU, 0x2010U, 0x2027U,  0x202fU,  0x205fU,  0x2070U, 0xfefeU,
        0xff00U, 0xfff8U, 0xfffcU, 0xdffffU, 0xe0080U, 0x10ffffU}) {
    CAPTURE(c);
    CHECK_FALSE(is_control(c));
  }
}

TEST_CASE("shown: a line stays one line") {
  CHECK(one_line("cannot read: a\nchecksum ok\r\x1b]0;t\x07") ==
        "cannot read: a\\nchecksum ok\\r\\x1b]0;t\\x07");
  CHECK(one_line("\xe2\x80\xaetxt") == "\\xe2\\x80\\xaetxt");
  CHECK(one_line("\xff\xc3\xbc \"x\\\"") == "\\xff\xc3\xbc \"x\\\"");
  CHECK(one_line(one_line("\x1b\n")) == one_line("\x1b\n"));
}

TEST_CASE("shown: a word of a file cannot look like the text around it") {
  CHECK(shown_word("7.2.4") == "7.2.4");
  CHECK(shown_word("7.2.4, checksum ok") == "\"7.2.4, checksum ok\"");
  CHECK(shown_word("") == "\"\"");
  CHECK(shown_word("\"a\"") == "\"\\\"a\\\"\"");
  CHECK(shown_word("\\n") == "\"\\\\n\"");
  CHECK(shown_word(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(shown_word(std::string(65, 'a')) == "\"" + std::string(65, 'a') + "\"");
}

TEST_CASE("shown: a path is never cut, and what is in quotes is quoted") {
  CHECK(shown_path("a b.rdb") == "a b.rdb");
  CHECK(shown_path("") == "\"\"");
  CHECK(shown_path("\"a\"") == "\"\\\"a\\\"\"");
  CHECK(shown_path("a\nb") == "\"a\\nb\"");
  CHECK(shown_path(std::string(300, 'a') + "\x1b") == "\"" + std::string(300, 'a') + "\\x1b\"");
}

TEST_CASE("shown: names are quoted as servers log them, and long ones cut in the middle") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(quoted("\n\r\t") == "\"\\n\\r\\t\"");
  CHECK(quoted(std::string_view("\0\x1f\x7f\xff", 4)) == "\"\\x00\\x1f\\x7f\\xff\"");
  CHECK(quoted("gr\xc3\xbc\xc3\x9f") == "\"gr\\xc3\\xbc\\xc3\\x9f\"");
  const std::string longest(128, 'a');
  CHECK(quoted(longest) == "\"" + longest + "\"");
  CHECK(quoted(longest + "b") ==
        "\"" + std::string(64, 'a') + "\"...\"" + std::string(63, 'a') + "b\" (129 bytes)");
}

}  // namespace rdb
