// What redis 7.0.15 and valkey 8.0.1 and 9.1.2 do with each: FUNCTION LOAD's checks run on load too
// (tests/mutate has some of these as files, tests/live_functions tries thousands).
#include "rdb/server/library.h"

#include <string>

#include <doctest/doctest.h>

#include "rdb/server/target.h"
#include "tests/support/lua_judge.h"

namespace rdb {
namespace {

// `target`: or a release of one; "": every Valkey.
Loading loading_for(std::string_view target) {
  return {.target = find_target(target),
          .release = std::string(release_in(target)),
          .judge = &lua_judge()};
}
LibraryFault fault(std::string_view source, std::string_view target = "valkey-8.0") {
  return Libraries(loading_for(target)).judge(source);
}
std::string said(std::string_view source, std::string_view target = "valkey-8.0") {
  return fault(source, target).words;
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

// Seen: redis 7.0.15 and 8.0.2 say their own version, every Valkey 7.2.4 and its own.
TEST_CASE("library: a release that is named is the one that it learns") {
  const auto loads = [](std::string_view target, const std::string& condition) {
    return said_of("if not (" + condition + ") then x() end redis" + registers("f"), target) == "";
  };
  CHECK(loads("redis-7.0.4", "redis.REDIS_VERSION == '7.0.4'"));
  CHECK(loads("redis-7.0.15-1~deb12u7", "redis.REDIS_VERSION_NUM == 0x0007000f"));
  CHECK(loads("redis-7.2.6", "redis.REDIS_VERSION == '7.2.6'"));
  CHECK(loads("valkey-8.0.3", "server.VALKEY_VERSION == '8.0.3'"));
  CHECK(loads("valkey-8.1.1+dfsg1-3+deb13u3", "redis.VALKEY_VERSION_NUM == 0x00080101"));
  CHECK(loads("valkey-9.1.2", "redis.VALKEY_VERSION == '9.1.2'"));
  for (const char* target : {"valkey-7.2.7", "valkey-8.0.3", "valkey-9.1.2", "valkey-8.0"}) {
    CAPTURE(target);
    CHECK(loads(target, "redis.REDIS_VERSION == '7.2.4' and redis.REDIS_VERSION_NUM == 0x70204"));
    CHECK(loads(target, "server.SERVER_NAME == 'valkey'"));
  }
}

TEST_CASE("library: without a release, what not all releases do alike is undecided") {
  const std::string since =
      "#!lua name=l\nif server.VALKEY_VERSION_NUM < 0x00080002 then x() end redis" + registers("f");
  CHECK(said(since, "valkey-8.0") ==
        "\"l\" is undecided: it does not do the same in release 8.0.1 and in release 8.0.99");
  CHECK(fault(since, "valkey-8.0").severity == Severity::undecided);
  CHECK(fault(since, "valkey-8.0.1").severity == Severity::refuses);
  CHECK(said(since, "valkey-8.0.2") == "");
  CHECK(said(since, "valkey-8.1") == "");
  CHECK(said_of("local v = redis.REDIS_VERSION_NUM redis" + registers("f"), "redis-7.0") == "");
}

TEST_CASE("library: no limits that servers do not have") {
  const std::string good = " redis" + registers("f");
  CHECK(said_of("for i = 1, 12000000 do end" + good) == "");
  CHECK(said_of("local t = {} for i = 1, 600000 do t[i] = i end" + good) == "");
  CHECK(said_of("local s = ('x'):rep(9000000)" + good) == "");
  CHECK(said_of("--" + std::string(3000000, 'x') + "\nredis" + registers("f")) == "");
}

TEST_CASE("library: what takes more than the judge allows is undecided") {
  const LibraryFault memory = fault("#!lua name=l\nlocal s = ('x'):rep(500000000)");
  CHECK(memory.severity == Severity::undecided);
  CHECK(memory.words == "\"l\" is undecided: it takes more than 256 MiB of memory");
  const LibraryFault names = fault(
      "#!lua name=l\nfor i = 1, 100000 do redis.register_function('f' .. i, function() end) end");
  CHECK(names.severity == Severity::undecided);
  const LibraryFault head = fault("#!lua name=" + std::string(100000, 'l') + "\nx()");
  CHECK(head.severity == Severity::undecided);
}

TEST_CASE("library: without a judge the text is judged, and the code is undecided") {
  const Loading alone{.target = find_target("valkey-8.0")};
  const LibraryFault code = Libraries(alone).judge("#!lua name=l\nredis" + registers("f"));
  CHECK(code.severity == Severity::undecided);
  CHECK(code.words == "\"l\" is undecided: its code is not run");
  Libraries libraries(alone);
  CHECK(libraries.judge("#!js name=l\nx").severity == Severity::refuses);
  CHECK(libraries.judge("#!lua name=a\nx").severity == Severity::undecided);
  CHECK(libraries.judge("#!lua name=a\ny").words == "\"a\" is there already");
}

TEST_CASE("library: servers that would do the same are asked once") {
  CHECK(said("#!lua name=l\nredis" + registers("f"), "") == "");
  CHECK(lua_judge().loads() == 1);
  CHECK(said("#!lua name=l\nredis.log(1, 'x') redis" + registers("f"), "") != "");
  CHECK(lua_judge().loads() == 2);  // 9.1 ends at a call of log
}

TEST_CASE("library: it may come in pieces of any size") {
  const std::string source = "#!lua name=l\nredis" + registers("f") + "x()";
  Libraries libraries(loading_for("valkey-8.0"));
  libraries.start();
  for (const char& c : source) libraries.add({&c, 1});
  CHECK(libraries.finish().words ==
        "\"l\" fails to load: user_function:2: nonexistent global variable 'x'");
}

TEST_CASE("library: what it says is one line of printable text") {
  CHECK(said_of("local v = redis['\\27[2J\\n\\226\\128\\174']") ==
        "\"l\" fails to load: user_function:2: nonexistent global variable "
        "'\\x1b[2J\\x0a\\xe2\\x80\\xae'");
}

TEST_CASE("library: the code ends at a zero byte from valkey 8.1 on") {
  const std::string code = "redis" + registers("f") + "\n--" + std::string(1, '\0') + "\nthis is";
  CHECK_FALSE(said_of(code, "valkey-8.0").empty());
  CHECK_FALSE(said_of(code, "redis-7.2").empty());
  CHECK(said_of(code, "valkey-8.1") == "");
  CHECK(said_of(code, "valkey-9.1") == "");
}

TEST_CASE("library: without a target it is what any Valkey refuses, and says which") {
  const auto said_by_any = [](const std::string& source) { return said(source, ""); };
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

// Redis 6.0.16 runs what follows the end of the function: `end ... function` is not run here.
TEST_CASE("library: scripts are compiled, not run") {
  const auto script = [](std::string_view text) {
    Libraries libraries(loading_for("redis-6.0"));
    libraries.start();
    libraries.add(text);
    return libraries.finish_script();
  };
  for (const char* good : {"return redis.call('get', KEYS[1])", "while true do end",
                           "return 1 -- the end", "", "local function f() return f end"}) {
    CAPTURE(good);
    CHECK(script(good).empty());
  }
  CHECK(script("(").words.starts_with("fails to load: user_script:2: "));
  CHECK(script("return 1 return 2").words.starts_with("fails to load: user_script:1: "));
  CHECK(script("return ...").severity == Severity::refuses);  // it has no arguments
  CHECK(script("end").severity == Severity::refuses);
  for (const char* closes : {"end while true do end function g()", "end x = y.z function g()",
                             "return 1 end do local x = 1"}) {
    CAPTURE(closes);
    const LibraryFault fault = script(closes);
    CHECK(fault.severity == Severity::undecided);
    CHECK(fault.words ==
          "is undecided: it closes the function around it, and what follows would be run");
  }
}

TEST_CASE("library: names are those of one server") {
  Libraries libraries(loading_for("valkey-8.0"));
  const std::string f = "\nredis" + registers("f");
  CHECK(libraries.judge("#!lua name=a" + f).words == "");
  CHECK(libraries.judge("#!lua name=a" + f).words == "\"a\" is there already");
  CHECK(libraries.judge("#!lua name=b" + f).words ==
        "\"b\" registers the function \"f\", which is there already");
  CHECK(libraries.judge("#!lua name=b\nredis" + registers("F")).words ==
        "\"b\" registers the function \"F\", which is there already");
  CHECK(libraries.judge("#!lua name=b\nredis" + registers("g")).words == "");
  CHECK(libraries.judge("#!lua name=A\nredis" + registers("h")).words == "");
}

TEST_CASE("library: one that is refused leaves no name behind") {
  Libraries libraries(loading_for("valkey-8.0"));
  CHECK_FALSE(libraries.judge("#!lua name=a\nredis" + registers("f") + "x()").empty());
  CHECK(libraries.judge("#!lua name=a\nredis" + registers("f")).words == "");
}

// Names are compared in a way that does not tell their case once the library is loaded.
TEST_CASE("library: two functions that differ in case alone break the server later") {
  const auto two = [](const char* first, const char* second) {
    return Libraries(loading_for("valkey-8.0"))
        .judge("#!lua name=l\nredis" + registers(first) + "redis" + registers(second));
  };
  CHECK(two("f", "g").severity == Severity::accepts);
  CHECK(two("f", "f").severity == Severity::refuses);
  CHECK(two("ab", "aB").severity == Severity::breaks);
}

}  // namespace rdb
