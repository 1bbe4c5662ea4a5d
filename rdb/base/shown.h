// Text from a file, and names of files, in lines that people read. A file is not trusted: text from
// it must not end a line, move the cursor of a terminal, set its title, or change the direction in
// which the text around it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rdb {

// Returns the size of the UTF-8 sequence at `p`, of which `left` bytes are there, or 0 if there is
// none (RFC 3629, table in section 4).
[[nodiscard]] size_t utf8_size(const char* p, size_t left);

// Returns the code point of the valid UTF-8 sequence of `size` bytes at `p`.
[[nodiscard]] uint32_t code_point(const char* p, size_t size);

// True for code points that a terminal or an editor obeys or hides: C0 and C1 controls, DEL, marks
// of direction, separators of lines and paragraphs, and others without a width.
[[nodiscard]] bool is_control(uint32_t code_point);

// True if `text` is valid UTF-8 without such code points.
[[nodiscard]] bool is_plain(std::string_view text);

// Returns `text` for a place within a line: what is not plain is escaped byte by byte, as \x1b, and
// a newline, return or tab as \n, \r or \t. Plain text stays as it is.
[[nodiscard]] std::string one_line(std::string_view text);

// All bytes as printable ASCII: `"`, `\` and what is not are escaped as servers log them
// (sdscatrepr).
[[nodiscard]] std::string escaped(std::string_view bytes);

// The bytes of a name as printable ASCII in quotes: `"`, `\` and all other bytes escaped as servers
// log them (sdscatrepr), long names cut in the middle.
[[nodiscard]] std::string quoted(std::string_view bytes);

// A word from a file: as it is if it is a short word of printable ASCII without quotes, else
// quoted(). Nothing in it can look like the text around it.
[[nodiscard]] std::string shown_word(std::string_view word);

// The path of a file: as it is if it is plain and does not begin with a quote, else in quotes,
// escaped as by quoted() but never cut.
[[nodiscard]] std::string shown_path(std::string_view path);

}  // namespace rdb
