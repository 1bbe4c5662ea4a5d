#include "rdb/base/error.h"

#include <map>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace rdb {
namespace {

constexpr size_t kCodes = static_cast<size_t>(Code::no_checksum) + 1;

std::string words_of(Code code, Detail numbers, std::string words_ = "") {
  return words(Error{.code = code, .numbers = numbers, .words = std::move(words_)});
}

}  // namespace

// rdbferry's exit statuses: product.md, repeated in rdb/base/error.h.
TEST_CASE("error: every code has the exit status of its group") {
  const struct {
    Code first;
    Code last;
    int status;
  } groups[] = {
      {Code::ok, Code::ok, 0},
      {Code::open_failed, Code::too_large, 3},
      {Code::bad_option, Code::too_many_damaged, 2},
      {Code::empty_file, Code::output_refused, 4},
      {Code::foreign_version, Code::module_pre_ga, 5},
      {Code::count_differs, Code::commands_unread, 6},
      {Code::no_checksum, Code::no_checksum, 7},
      {Code::not_found, Code::not_found, 1},
  };
  size_t seen = 0;
  for (const auto& group : groups) {
    for (auto i = static_cast<size_t>(group.first); i <= static_cast<size_t>(group.last); ++i) {
      CAPTURE(i);
      CHECK(static_cast<int>(status(static_cast<Code>(i))) == group.status);
      ++seen;
    }
  }
  CHECK(seen == kCodes);
}

TEST_CASE("error: names are identifiers and differ") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kCodes; ++i) {
    const std::string_view id = name(static_cast<Code>(i));
    CAPTURE(id);
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(names.insert(id).second);
  }
}

// house-style.md, "Errors": lower case, no full stop.
TEST_CASE(
    "error: words do not begin in upper case, end without a full stop, leave no placeholder") {
  for (size_t i = 0; i < kCodes; ++i) {
    const std::string text = words_of(static_cast<Code>(i), {3, 4}, "some words");
    CAPTURE(text);
    REQUIRE_FALSE(text.empty());
    CHECK_FALSE((text[0] >= 'A' && text[0] <= 'Z'));
    CHECK(text.back() != '.');
    CHECK(text.find('{') == std::string::npos);
  }
}

TEST_CASE("error: words hold the numbers found and allowed") {
  CHECK(words_of(Code::entry_overrun, {900, 512}) ==
        "element of 900 bytes runs past the blob (512 bytes)");
  CHECK(words_of(Code::bad_opcode, {200, 11}) ==
        "byte 200 is neither a value type nor an opcode of RDB version 11");
  CHECK(words_of(Code::bad_length, {0x82, 0}) ==
        "length begins with byte 0x82, none of 00-7f, 80, 81");
  CHECK(words_of(Code::entry_encoding, {0x0f, 0}) ==
        "element begins with byte 0x0f, which is no encoding");
  CHECK(words_of(Code::too_large, {700, 600}, "key") ==
        "key of 700 bytes is larger than 600, the most that is held in memory; --max-memory "
        "allows more");
  CHECK(words_of(Code::not_rdb, {}, "gzip data") == "not an RDB file, it looks like gzip data");
}

// Twice the example value of the checksum, once with leading zeros (crc64.h).
TEST_CASE("error: checksums are written in sixteen digits") {
  CHECK(words_of(Code::checksum_mismatch, {0xE9C6D914C4B8D9CA, 0x0056D914C4B8D9CA}) ==
        "checksum of the content is 0056d914c4b8d9ca, the file records e9c6d914c4b8d9ca");
}

TEST_CASE("error: a small checksum is written in sixteen digits too") {
  CHECK(words_of(Code::checksum_mismatch, {0xE9C6D914C4B8D9CA, 0x07}) ==
        "checksum of the content is 0000000000000007, the file records e9c6d914c4b8d9ca");
}

TEST_CASE("error: the message holds path, place, key and type, as far as they are known") {
  Error error{.code = Code::odd_elements, .numbers = {.found = 3}};
  CHECK(message(error, "a.rdb") == "a.rdb: 3 elements do not make pairs");
  error.has_offset = true;
  error.offset = 1048;
  CHECK(message(error, "a.rdb") == "a.rdb: byte 1048: 3 elements do not make pairs");
  error.inner = 37;
  CHECK(message(error, "a.rdb") == "a.rdb: byte 1048+37: 3 elements do not make pairs");
  error.has_key = true;
  error.db = 3;
  error.key = "user:17";
  CHECK(message(error, "a.rdb") ==
        "a.rdb: byte 1048+37: db 3 key \"user:17\": 3 elements do not make pairs");
  error.type = "hash-listpack";
  CHECK(message(error, "a.rdb") ==
        "a.rdb: byte 1048+37: db 3 key \"user:17\" [hash-listpack]: 3 elements do not make pairs");
}

TEST_CASE("error: an error of no cause says so") {
  CHECK(Error{}.ok());
  CHECK(message(Error{}, "a.rdb") == "a.rdb: no error");
}

TEST_CASE("error: a message is one line whatever is in its path and words") {
  const Error error{.code = Code::open_failed, .words = "a\n\x1b[2J"};
  CHECK(words(error) == "cannot open: a\\n\\x1b[2J");
  CHECK(message(error, "b\n\xe2\x80\xae") == "b\\n\\xe2\\x80\\xae: cannot open: a\\n\\x1b[2J");
}

}  // namespace rdb
