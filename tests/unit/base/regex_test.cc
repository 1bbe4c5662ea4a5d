#include "rdb/base/regex.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace rdb {
namespace {

using namespace std::string_view_literals;

bool matches(std::string_view pattern, std::string_view name) {
  Regex regex;
  std::string why;
  REQUIRE(regex.compile(pattern, why));
  return regex.matches(name);
}

std::string refused(std::string_view pattern) {
  Regex regex;
  std::string why;
  CHECK_FALSE(regex.compile(pattern, why));
  return why;
}

}  // namespace

TEST_CASE("regex: a part of the name is enough, ^ and $ are its ends") {
  CHECK(matches("b+", "abbc"));
  CHECK(matches("^user:[0-9]+$", "user:17"));
  CHECK_FALSE(matches("^user:[0-9]+$", "user:17:x"));
  CHECK_FALSE(matches("^user:[0-9]+$", "user:17\n"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("A", "a"));
  CHECK(matches("(?i)A", "a"));
}

TEST_CASE("regex: a name is bytes, whatever they are") {
  CHECK(matches("^.$", "\xff"));
  CHECK(matches("^..$", "\xc3\xa9"));
  CHECK(matches("^\xc3\xa9$", "\xc3\xa9"));
  CHECK(matches("\\xa9$", "\xc3\xa9"));
  CHECK(matches("[\\x80-\\xff]", "\xc3\xa9"));
  CHECK(matches("^a\\x00b$", "a\0b"sv));
  CHECK(matches("b", "a\0b"sv));
  CHECK_FALSE(matches("^.$", "\n"));
}

TEST_CASE("regex: what is none is refused with RE2's reason") {
  CHECK(refused("a(") == "missing ): a(");
  CHECK(refused("[a") == "missing ]: [a");
  CHECK(refused("*a") == "no argument for repetition operator: *");
  CHECK(refused("(?<=a)b") == "invalid perl operator: (?<");
  CHECK(refused("(a)\\1") == "invalid escape sequence: \\1");
  CHECK(refused("((a{100}){100}){100}") == "invalid repetition size: {100}");
  const std::string deep(100000, '(');  // no stack is exhausted
  CHECK(refused(deep) == "missing ): " + deep);
}

TEST_CASE("regex: time grows with the name alone") {
  const std::string name(100000, 'a');
  CHECK_FALSE(matches("(a*)*(a|aa)+b$", name));
  CHECK(matches("(x+x+)+y|a$", name));
}

}  // namespace rdb
