// What redis 7.0.15 and 8.0.2 and valkey 8.0.1, 8.1.1 and 9.1.2 do with each line: FUNCTION LOAD
// (tests/live_functions tries these and thousands of others).
#include "rdb/pass/library_head.h"

#include <string>

#include <doctest/doctest.h>

namespace rdb {
namespace {

// "engine|name", and " refused" if servers refuse the line.
std::string head(std::string_view line, Quoting quoting = Quoting::apart) {
  std::string engine = "old";
  std::string name = "old";
  const std::string_view fault =
      parse_library_head(std::string(line) + "\ncode", engine, name, quoting);
  return engine + "|" + name + (fault.empty() ? "" : " refused");
}

std::string joined(std::string_view line) { return head(line, Quoting::joined); }

std::string fault(std::string_view source) {
  std::string engine;
  std::string name;
  return std::string(parse_library_head(source, engine, name));
}

}  // namespace

TEST_CASE("library head: engine and name, with any blanks between them") {
  CHECK(head("#!lua name=l") == "lua|l");
  CHECK(head("#!LUA NAME=l_1") == "LUA|l_1");
  CHECK(head("#!lua \t\v\f name=l \r") == "lua|l");
  CHECK(head("#!js name=l") == "js|l");
  CHECK(head("#!name=l") == "name=l| refused");
}

TEST_CASE("library head: the rest of a line that is not valid is read as well") {
  CHECK(head("#!lua name=l other=1") == "lua|l refused");
  CHECK(head("#!lua other=1 name=l") == "lua|l refused");
  CHECK(head("#! lua name=l") == "|l refused");
  CHECK(head("#!lua") == "lua| refused");
  CHECK(head("#!") == "| refused");
  CHECK(head("lua name=l") == "| refused");
  CHECK(head("") == "| refused");
}

TEST_CASE("library head: a first line without its end still has engine and name") {
  std::string engine;
  std::string name;
  CHECK(parse_library_head("#!lua name=l", engine, name) == "has no code behind its first line");
  CHECK(engine + "|" + name == "lua|l");
}

TEST_CASE("library head: why it is refused") {
  const std::string too_early =
      "has a first line with a quote that is not closed, or closed too early";
  CHECK(fault("code") == "does not begin with #!<engine> name=<library>");
  CHECK(fault("#!lua\n") == "has no name");
  CHECK(fault("#!lua name=\n") == "has no name");
  CHECK(fault("#!lua name=a name=b\n") == "is named twice");
  CHECK(fault("#!lua name= name=b\n") == "is named twice");
  CHECK(fault("#!lua name=a b\n") == "has something other than name= in its first line");
  CHECK(fault("#!lua name=a \"\"\n") == "has something other than name= in its first line");
  CHECK(fault("#!lua name=a-b\n") == "has a name with other than letters, digits and underscores");
  CHECK(fault("#!lua name=\"a\n") == too_early);
  CHECK(fault("#!lua name='a\n") == too_early);
  CHECK(fault("#!lua name=\"a\\\n") == too_early);
  CHECK(fault("#!lua name='a'b\n") == too_early);
  CHECK(fault(std::string("#!lua name=a\0\n", 14)) == "has a zero byte in its first line");
}

TEST_CASE("library head: quotes and what is escaped in them") {
  CHECK(head("#!\"lua\" name=l") == "lua|l");
  CHECK(head("#!'lua' 'name=l'") == "lua|l");
  CHECK(head("#!lua na\"me=l\"") == "lua|l");
  CHECK(head("#!lua name=\"\\x6C\"\t") == "lua|l");
  CHECK(head("#!lua name=\"\\l\"") == "lua|l");
  CHECK(head("#!lua name=\"\\n\"") == "lua|\n refused");
  CHECK(head("#!lua name=\"\\x6\"") == "lua|x6");
  CHECK(head("#!lua name=\"\\\"\"") == "lua|\" refused");
  CHECK(head("#!lua name='\\''") == "lua|' refused");
  CHECK(head("#!lua name='\\l'") == "lua|\\l refused");
  CHECK(head("#!lua name=\\l") == "lua|\\l refused");
}

TEST_CASE("library head: a word goes on after a quote from valkey 9.0 on") {
  CHECK(head("#!lua name=\"l\"m") == "lua| refused");
  CHECK(joined("#!lua name=\"l\"m") == "lua|lm");
  CHECK(joined("#!\"lu\"a name='a''b'") == "lua|ab");
  CHECK(joined("#!lua name=l\"\"") == "lua|l");
  CHECK(joined("#!lua name=\"l\"m'") == "lua| refused");
}

}  // namespace rdb
