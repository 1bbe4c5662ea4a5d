#include "rdb/base/glob.h"

#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace rdb {
namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view pattern;
  std::string_view name;
  bool matches;
};

void check(const Row& row) {
  CAPTURE(row.pattern);
  CAPTURE(row.name);
  CHECK(Glob(row.pattern).matches(row.name) == row.matches);
}

// A pattern of the letters that mean something, or a name.
std::string any_of(std::string_view letters, size_t size_max, std::mt19937& random) {
  std::string out(random() % (size_max + 1), ' ');
  for (char& c : out) c = letters[random() % letters.size()];
  return out;
}

// A pattern of letters, "?" and "*", by its definition: every length of every star is tried.
bool matches_plainly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return matches_plainly(pattern.substr(1), name) ||
           (!name.empty() && matches_plainly(pattern, name.substr(1)));
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         matches_plainly(pattern.substr(1), name.substr(1));
}

}  // namespace

// All verdicts below are those of KEYS on redis 7.0.15 and 8.0.2, valkey 8.0.1, 8.1.1 and 9.1.2,
// which agree.
TEST_CASE("glob: stars and question marks") {
  const Row rows[] = {
      {"", "", true},           {"a", "", false},          {"?", "", false},
      {"*", "x", true},         {"***", "xyz", true},      {"a*", "a", true},
      {"a**", "a", true},       {"*a", "a", true},         {"**a", "a", true},
      {"a*b", "ab", true},      {"a*b", "axxb", true},     {"a*b", "axxbc", false},
      {"*a*", "bab", true},     {"a?", "a", false},        {"a?", "ab", true},
      {"??", "a", false},       {"*?", "a", true},         {"?*", "a", true},
      {"?**", "a", true},       {"*??", "a", false},       {"*ab", "aab", true},
      {"*abc*", "ababc", true}, {"a*b*c", "abbcbc", true}, {"a*b*c", "abbcbd", false},
      {"A", "a", false},        {"?", "\xff", true},       {"\xc3?", "\xc3\xa9", true},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("glob: only one star alone matches the empty name") {
  check({"*", "", true});
  check({"**", "", false});
}

TEST_CASE("glob: classes and ranges") {
  const Row rows[] = {
      {"[abc]", "b", true},   {"[abc]", "d", false},   {"[a-c]", "b", true},
      {"[c-a]", "b", true},   {"[^a]", "b", true},     {"[^a]", "a", false},
      {"[^a-c]", "b", false}, {"[!a]", "!", true},     {"[!a]", "b", false},
      {"[^^]", "^", false},   {"[^^]", "a", true},     {"[a^]", "^", true},
      {"[A-Z]", "a", false},  {"[-a]", "-", true},     {"[-a]", "a", true},
      {"[--a]", "0", true},   {"[a-c-e]", "d", false}, {"[a-c-e]", "-", true},
      {"[a-c-e]", "e", true}, {"[\\]]", "]", true},    {"[\\a-c]", "b", false},
      {"[\\a-c]", "-", true}, {"[\\a-c]", "a", true},  {"[\\^a]", "^", true},
      {"[^\\]]", "]", false}, {"[^\\]]", "a", true},   {"[\xc3\xa9]", "\xa9", true},
      {"[a-\\]", "_", true},  {"[a-\\]]", "_", false}, {"[a-\\]]", "_]", true},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("glob: a class that is empty or not closed") {
  const Row rows[] = {
      {"[]", "a", false},     {"[]a]", "a", false},   {"[]a]", "]a]", false}, {"[^]", "a", true},
      {"[^]a]", "xa]", true}, {"[^]a]", "]a]", true}, {"[", "[", false},      {"[", "", false},
      {"[^", "a", true},      {"[a", "a", true},      {"[a", "[", false},     {"[ab", "b", true},
      {"x[ab", "xb", true},   {"x[^ab", "xc", true},  {"[a-", "-", true},     {"[a-", "a", true},
      {"[a-]", "-", false},   {"[a-]", "]", true},    {"[a-]", "_", true},    {"[a-]", "a", true},
      {"[a-]b", "b", true},   {"[a-]b", "^", true},   {"[\\]", "]", true},    {"[\\]", "\\", false},
      {"[\\", "\\", true},    {"[a\\", "\\", true},   {"[a\\", "a", true},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("glob: a backslash takes the next byte as it is") {
  const Row rows[] = {
      {"\\*", "*", true},   {"\\*", "a", false},  {"\\a", "a", true},     {"\\\\", "\\", true},
      {"\\", "\\", true},   {"a\\", "a\\", true}, {"\\?", "?", true},     {"\\[a]", "[a]", true},
      {"*\\", "x\\", true}, {"a\\*", "a*", true}, {"a\\**", "a*b", true},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("glob: zero bytes are bytes") {
  const Row rows[] = {
      {"a\0b"sv, "a\0b"sv, true}, {"a\0*"sv, "a\0b"sv, true}, {"*\0"sv, "a\0"sv, true},
      {"[\0]"sv, "\0"sv, true},   {"a", "a\0"sv, false},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("glob: bytes from 0x80 on come before the others in a range") {
  const Row rows[] = {
      {"[a-\xff]", "b", false},       {"[a-\xff]", "A", true},       {"[a-\xff]", "\xff", true},
      {"[a-\xff]", "\x80", false},    {"[\x80-\xff]", "\xc3", true}, {"[\x80-\xff]", "a", false},
      {"[\x01-\xff]", "\x80", false}, {"[\x01-\xff]", "\0"sv, true}, {"[\x01-\xff]", "a", false},
      {"[\xff-a]", "A", true},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("glob: what is found without going back further than a star is all that matches") {
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    const std::string pattern = any_of("ab*?", 8, random);
    const std::string name = any_of("ab", 8, random);
    if (name.empty()) continue;  // see above
    CAPTURE(pattern);
    CAPTURE(name);
    REQUIRE(Glob(pattern).matches(name) == matches_plainly(pattern, name));
  }
}

// Servers before 7.0.9 take exponential time, those since 7.2.6 never match more than 1000 stars.
TEST_CASE("glob: a hostile pattern takes no longer than both lengths multiplied") {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  CHECK(Glob(pattern).matches(std::string(20000, 'a')));
  CHECK_FALSE(Glob(pattern + "b").matches(std::string(20000, 'a')));
  CHECK(Glob("*" + std::string(2000, 'a') + "b").matches(std::string(4000, 'a') + "b"));
  CHECK(Glob(std::string(100000, '[')).matches("["));  // one class of "["
}

}  // namespace rdb
