// What Valkey 8.0.1 does with each: FUNCTION LOAD's checks run on load too (tests/mutate has all of
// these as files).
#include "rdb/server/library.h"

#include <string>

#include <doctest/doctest.h>

namespace rdb {
namespace {

std::string said(std::string_view source) { return Libraries().add(source); }
std::string said_of(const std::string& code) { return said("#!lua name=l\n" + code); }

}  // namespace

TEST_CASE("library: what servers load") {
  CHECK(said_of("redis.register_function('f', function() return 1 end)") == "");
  CHECK(said_of("server.register_function('f', function() return redis.call('x') end)") == "");
  CHECK(said_of("local t = {}\nt.x = ('a'):rep(3)\n"
                "redis.register_function{function_name='f', callback=function() end,\n"
                "description='d', flags={'no-writes', 'allow-oom'}}") == "");
  CHECK(said("#!LUA   name=l_1\r\nredis.register_function('f', function() end)") == "");
  CHECK(said_of("redis.log(redis.LOG_NOTICE, 'x')\n"
                "for i = 1, 3 do redis.register_function('f' .. i, function() end) end") == "");
}

TEST_CASE("library: a first line that servers do not take") {
  const std::string code = "\nredis.register_function('f', function() end)";
  CHECK(said("return 1") == "\"\" does not begin with #!<engine> name=<library>");
  CHECK(said("#!lua" + code) == "\"\" has no name");
  CHECK(said("#!lua name=l") == "\"l\" has no code behind its first line");
  CHECK(said("#!lua name=l name=k" + code) == "\"k\" is named twice");
  CHECK(said("#!lua name=l x=1" + code) ==
        "\"l\" has something other than name= in its first line");
  CHECK(said("#!lua name=l-k" + code) ==
        "\"l-k\" has a name with other than letters, digits and underscores");
  CHECK(said("#!js name=l" + code) == "\"l\" is for the engine \"js\", which servers do not have");
}

TEST_CASE("library: code that fails") {
  const std::string fails = "\"l\" fails to load: user_function:";
  CHECK(said_of("local = 1").starts_with(fails + "2: "));
  CHECK(said_of("x = 1") == fails + "2: attempt to modify a readonly table");
  CHECK(said_of("return string.rep('a', 2)") == fails + "2: nonexistent global variable 'string'");
  CHECK(said_of("redis.call('ping')") == fails + "2: nonexistent global variable 'call'");
  CHECK(said_of("redis.register_function('a b', function() end)").starts_with(fails));
  CHECK(said_of("redis.register_function{function_name='f', callback=function() end,"
                "flags={'none'}}")
            .ends_with("unknown flag given"));
  CHECK(said_of("local f = function() end redis.register_function('f', f)"
                "redis.register_function('f', f)")
            .ends_with("function f is registered twice"));
  CHECK(said_of("while true do end").ends_with("does not end"));
  CHECK(said_of("local s = ('x'):rep(9999999)").find("memory") != std::string::npos);
  CHECK(said_of("") == "\"l\" registers no function");
}

TEST_CASE("library: scripts are compiled, not run") {
  CHECK(script_fault("return redis.call('get', KEYS[1])") == "");
  CHECK(script_fault("while true do end") == "");
  CHECK(script_fault("return 1 -- the end") == "");
  CHECK(script_fault("(").starts_with("user_script:2: "));
  CHECK(script_fault("return 1 return 2").starts_with("user_script:1: "));
}

TEST_CASE("library: names are those of one server") {
  Libraries libraries;
  const std::string f = "\nredis.register_function('f', function() end)";
  CHECK(libraries.add("#!lua name=a" + f) == "");
  CHECK(libraries.add("#!lua name=a" + f) == "\"a\" is there already");
  CHECK(libraries.add("#!lua name=b" + f) ==
        "\"b\" registers the function \"f\", which is there already");
}

}  // namespace rdb
