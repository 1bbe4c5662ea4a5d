// What redis 7.0.15 and valkey 8.0.1 and 9.1.2 do with each: FUNCTION LOAD's checks run on load too
// (tests/mutate has some of these as files, tests/live_functions tries thousands).
#include "rdb/server/library.h"

#include <string>

#include <doctest/doctest.h>

namespace rdb {
namespace {

std::string said(std::string_view source, std::string_view target = "valkey-8.0") {
  return Libraries(find_target(target)).add(source).words;
}
std::string said_of(const std::string& code, std::string_view target = "valkey-8.0") {
  return said("#!lua name=l\n" + code, target);
}
std::string registers(const std::string& function) {
  return ".register_function('" + function + "', function() return 1 end) ";
}

}  // namespace

TEST_CASE("library: what servers load") {
  CHECK(said_of("redis.register_function('f', function() return 1 end)") == "");
  CHECK(said_of("server.register_function('f', function() return redis.call('x') end)") == "");
  CHECK(said_of("local t = {}\nt.x = ('a'):rep(3)\n"
                "redis.register_function{function_name='f', callback=function() end,\n"
                "description='d', flags={'no-writes', 'allow-oom'}}") == "");
  CHECK(said("#!LUA   name=l_1\r\nredis.register_function('f', function() end)") == "");
  CHECK(said_of("for i = 1, 3 do redis.register_function('f' .. i, function() end) end") == "");
  CHECK(said_of("redis.register_function(1, function() end)") == "");
  CHECK(said_of("redis.register_function{FUNCTION_NAME=1, callback=function() end,"
                "description=2, flags={'NO-WRITES'}}") == "");
}

TEST_CASE("library: a first line that servers do not take") {
  const std::string code = "\nredis.register_function('f', function() end)";
  CHECK(said("return 1") == "\"\" does not begin with #!<engine> name=<library>");
  CHECK(said("#!lua name=l-k" + code) ==
        "\"l-k\" has a name with other than letters, digits and underscores");
  CHECK(said("#!js name=l" + code) == "\"l\" is for the engine \"js\", which servers do not have");
  CHECK(said("#!lua name=\"l\"k" + code, "valkey-8.1") ==
        "\"\" has a first line with a quote that is not closed, or closed too early");
  CHECK(said("#!lua name=\"l\"k" + code, "valkey-9.0") == "");
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
  CHECK(said_of("redis.register_function{function_name='f', callback=function() end, 1}")
            .ends_with("an argument without a name"));
  CHECK(said_of("redis.register_function{function_name='f'}").ends_with("must get a callback"));
  CHECK(said_of("redis.register_function{callback=function() end}")
            .ends_with("must get a function name"));
  CHECK(said_of("local f = function() end redis.register_function('f', f)"
                "redis.register_function('f', f)")
            .ends_with("function f is registered twice"));
  CHECK(said_of("while true do end")
            .ends_with("it takes more than 10000000 instructions, and is run no further"));
  CHECK(said_of("local s = ('x'):rep(9999999)").find("memory") != std::string::npos);
  CHECK(said_of("") == "\"l\" registers no function");
}

// The API functions are known while a library is loaded, or are not, under each name of the API.
TEST_CASE("library: which names there are while it is loaded") {
  struct Row {
    const char* name;
    bool is_there;
    std::string_view ended = {};  // the target that a call ends
  };
  constexpr Row kRows[] = {
      {"register_function", true},
      {"log", true, "valkey-9.1"},
      {"LOG_WARNING", true},
      {"REDIS_VERSION", true},
      {"call", false},
      {"pcall", false},
      {"error_reply", false},
      {"status_reply", false},
      {"sha1hex", false},
      {"setresp", false},
      {"set_repl", false},
      {"acl_check_cmd", false},
      {"breakpoint", false},
      {"debug", false},
      {"replicate_commands", false},
  };
  const std::string good = "\nredis" + registers("f");
  for (const Row& row : kRows) {
    const std::string name(row.name);
    for (const char* target :
         {"redis-7.0", "redis-7.2", "valkey-7.2", "valkey-8.0", "valkey-9.0", "valkey-9.1"}) {
      CAPTURE(name);
      CAPTURE(target);
      CHECK(said_of("local v = redis." + name + good, target).empty() == row.is_there);
      const bool is_valkey = std::string_view(target).starts_with("valkey");
      CHECK(said_of("local v = server." + name + good, target).empty() ==
            (row.is_there && is_valkey));
      const std::string called = said_of("redis." + name + "()", target);
      CHECK_FALSE(called.empty());
      CHECK(called.ends_with("which ends the server") == (row.ended == target));
    }
  }
}

TEST_CASE("library: `server` and what it knows are Valkey's") {
  const std::string code = "server.register_function('f', function() end)";
  const std::string says = "\"l\" fails to load: user_function:2: nonexistent global variable ";
  CHECK(said_of(code, "redis-7.0") == says + "'server'");
  CHECK(said_of(code, "redis-7.2") == says + "'server'");
  CHECK(said_of(code, "valkey-7.2") == "");
  CHECK(said_of(code, "valkey-9.1") == "");
  CHECK(said_of("local v = redis.VALKEY_VERSION", "redis-7.2") == says + "'VALKEY_VERSION'");
  CHECK(said_of("redict.register_function('f', function() end)", "redis-7.2") == says + "'redict'");
}

TEST_CASE("library: it learns the version of the server that loads it") {
  const std::string old = "if redis.REDIS_VERSION_NUM >= 0x00070200 then x() end redis";
  CHECK(said_of(old + registers("f"), "redis-7.0") == "");
  CHECK_FALSE(said_of(old + registers("f"), "redis-7.2").empty());
  const std::string late = "if server.VALKEY_VERSION_NUM < 0x00090000 then x() end redis";
  CHECK_FALSE(said_of(late + registers("f"), "valkey-8.1").empty());
  CHECK(said_of(late + registers("f"), "valkey-9.0") == "");
  const std::string named =
      "if server.SERVER_NAME .. redis.REDIS_VERSION ~= 'valkey7.2.4' then x()";
  CHECK(said_of(named + " end redis" + registers("f"), "valkey-9.1") == "");
}

TEST_CASE("library: the code ends at a zero byte from valkey 8.1 on") {
  const std::string code = "redis" + registers("f") + "\n--" + std::string(1, '\0') + "\nthis is";
  CHECK_FALSE(said_of(code, "valkey-8.0").empty());
  CHECK_FALSE(said_of(code, "redis-7.2").empty());
  CHECK(said_of(code, "valkey-8.1") == "");
  CHECK(said_of(code, "valkey-9.1") == "");
}

TEST_CASE("library: without a target it is what any Valkey refuses, and says which") {
  const auto said_by_any = [](const std::string& source) { return Libraries().add(source).words; };
  const std::string f = "redis" + registers("f");
  CHECK(said_by_any("#!lua name=l\n" + f) == "");
  CHECK(said_by_any("#!lua name=l\nx()") ==
        "\"l\" fails to load: user_function:2: nonexistent global variable 'x'");
  CHECK(said_by_any("#!lua name=\"l\"k\n" + f) ==
        "\"\" has a first line with a quote that is not closed, or closed too early (valkey-7.2, "
        "valkey-8.0, valkey-8.1)");
  CHECK(said_by_any("#!lua name=l\nif redis.VALKEY_VERSION_NUM > 0x090000 then x() end " + f) ==
        "\"l\" fails to load: user_function:2: nonexistent global variable 'x' (valkey-9.1)");
}

TEST_CASE("library: a target without functions judges none") {
  CHECK(said("return 1", "redis-6.2") == "");
}

TEST_CASE("library: scripts are compiled, not run") {
  CHECK(script_fault("return redis.call('get', KEYS[1])") == "");
  CHECK(script_fault("while true do end") == "");
  CHECK(script_fault("return 1 -- the end") == "");
  CHECK(script_fault("(").starts_with("user_script:2: "));
  CHECK(script_fault("return 1 return 2").starts_with("user_script:1: "));
}

TEST_CASE("library: names are those of one server") {
  Libraries libraries(find_target("valkey-8.0"));
  const std::string f = "\nredis" + registers("f");
  CHECK(libraries.add("#!lua name=a" + f).words == "");
  CHECK(libraries.add("#!lua name=a" + f).words == "\"a\" is there already");
  CHECK(libraries.add("#!lua name=b" + f).words ==
        "\"b\" registers the function \"f\", which is there already");
  CHECK(libraries.add("#!lua name=b\nredis" + registers("F")).words ==
        "\"b\" registers the function \"F\", which is there already");
  CHECK(libraries.add("#!lua name=b\nredis" + registers("g")).words == "");
  CHECK(libraries.add("#!lua name=A\nredis" + registers("h")).words == "");
}

TEST_CASE("library: one that is refused leaves no name behind") {
  Libraries libraries(find_target("valkey-8.0"));
  CHECK_FALSE(libraries.add("#!lua name=a\nredis" + registers("f") + "x()").empty());
  CHECK(libraries.add("#!lua name=a\nredis" + registers("f")).words == "");
}

// Names are compared in a way that does not tell their case once the library is loaded.
TEST_CASE("library: two functions that differ in case alone break the server later") {
  const auto two = [](const char* first, const char* second) {
    return Libraries(find_target("valkey-8.0"))
        .add("#!lua name=l\nredis" + registers(first) + "redis" + registers(second));
  };
  CHECK(two("f", "g").severity == Severity::accepts);
  CHECK(two("f", "f").severity == Severity::refuses);
  CHECK(two("ab", "aB").severity == Severity::breaks);
}

}  // namespace rdb
