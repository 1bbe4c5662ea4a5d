// Commands and options by version: rdb/aof/known.cc, rdb/aof/syntax.cc. tests/live_commands asks
// real servers.
#include "rdb/aof/syntax.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/aof/known.h"

namespace rdb {
namespace {

using enum ServerVersion;
using Words = std::vector<std::string_view>;

// The first option of a command that a version does not have.
std::string unknown(std::string_view name, const Words& arguments, ServerVersion version) {
  SyntaxCheck check;
  check.start(name, arguments.size() + 1, version);
  for (size_t i = 0; i < arguments.size(); ++i) check.add(i + 1, arguments[i]);
  return check.unknown();
}

}  // namespace

TEST_CASE("aof known: every target has its version, and there are no others") {
  for (const Target& target : targets()) {
    std::string name(target.name);
    if (name == "valkey-7.2") name = "redis-7.2";
    const auto version = static_cast<size_t>(version_of(target));
    constexpr std::string_view kNames[] = {"redis-2.6",  "redis-2.8", "redis-3.0",  "redis-3.2",
                                           "redis-4.0",  "redis-5.0", "redis-6.0",  "redis-6.2",
                                           "redis-7.0",  "redis-7.2", "valkey-8.0", "valkey-8.1",
                                           "valkey-9.0", "valkey-9.1"};
    REQUIRE(version < std::size(kNames));
    CHECK(kNames[version] == name);
  }
}

TEST_CASE("aof known: a command is there from some version on, its arity may change") {
  CHECK(find_command("set", redis_2_6)->arity == -3);
  CHECK(find_command("xadd", redis_4_0) == nullptr);
  CHECK(find_command("xadd", redis_5_0)->arity == -5);
  CHECK(find_command("expire", redis_6_2)->arity == 3);
  CHECK(find_command("expire", redis_7_0)->arity == -3);
  CHECK(find_command("function|load", redis_6_2) == nullptr);
  CHECK(find_command("function|load", redis_7_0) != nullptr);
  CHECK(find_command("hexpire", valkey_8_1) == nullptr);
  CHECK(find_command("hexpire", valkey_9_0) != nullptr);
  CHECK(find_command("msetex", valkey_9_0) == nullptr);
  CHECK(find_command("vadd", kNewest) == nullptr);
  CHECK(find_command("", kNewest) == nullptr);
  CHECK(find_command("zzz", kNewest) == nullptr);
  CHECK(find_command("SET", kNewest) == nullptr);
}

TEST_CASE("aof known: containers are those that have subcommands") {
  for (const char* name : {"xgroup", "function", "script", "command", "commandlog"}) {
    CHECK(is_container(name));
  }
  for (const char* name : {"set", "func", "", "xgroup|create", "x"}) CHECK(!is_container(name));
}

TEST_CASE("aof syntax: an option that came later is named") {
  const struct {
    std::string_view name;
    Words arguments;
    ServerVersion since;  // of its last option; kNewest and up: no version has it
    const char* option;
    bool is_known = true;
  } rows[] = {
      {"set", {"k", "v"}, redis_2_6, ""},
      {"set", {"k", "v", "EX", "5"}, redis_2_6, ""},
      {"set", {"k", "v", "keepttl"}, redis_6_0, "keepttl"},
      {"set", {"k", "v", "PXAT", "1"}, redis_6_2, "PXAT"},
      {"set", {"k", "v", "XX", "GET"}, redis_6_2, "GET"},
      {"set", {"k", "v", "IFEQ", "IFNE"}, valkey_8_1, "IFEQ"},
      {"set", {"k", "v", "IFNE", "x"}, kNewest, "IFNE", false},
      {"set", {"IFNE", "IFNE"}, redis_2_6, ""},
      {"expire", {"k", "5", "GT"}, redis_2_6, ""},
      {"flushall", {"ASYNC"}, redis_4_0, "ASYNC"},
      {"flushall", {"SYNC"}, redis_6_2, "SYNC"},
      {"bitop", {"XOR", "d", "s"}, redis_2_6, ""},
      {"bitop", {"DIFF", "XOR", "s"}, kNewest, "DIFF", false},
      {"bitfield",
       {"k", "SET", "u8", "0", "GET", "OVERFLOW", "SAT", "INCRBY", "u8", "0", "1"},
       redis_2_6,
       ""},
      {"geoadd", {"k", "13.3", "38.1", "CH"}, redis_2_6, ""},
      {"geoadd", {"k", "CH", "NX", "13.3", "38.1", "m"}, redis_6_2, "CH"},
      {"geosearchstore",
       {"d", "s", "FROMMEMBER", "BYBOX", "BYRADIUS", "1", "m", "COUNT", "1", "ANY"},
       redis_2_6,
       ""},
      {"geosearchstore",
       {"d", "s", "BYPOLYGON", "3", "0", "0", "0", "1", "1", "0", "ASC"},
       valkey_9_0,
       "BYPOLYGON"},
      {"hsetex", {"h", "FNX", "PXAT", "1", "FIELDS", "1", "FXX", "x"}, redis_2_6, ""},
      {"hsetex", {"h", "NX", "FIELDS", "1", "f", "x"}, valkey_9_1, "NX"},
      {"msetex", {"2", "a", "NX", "b", "XX", "PXAT", "1"}, redis_2_6, ""},
      {"msetex", {"1", "a", "b", "c"}, kNewest, "c", false},
      {"restore", {"k", "0", "payload", "REPLACE", "ABSTTL"}, redis_5_0, "ABSTTL"},
      {"zadd", {"z", "1", "NX"}, redis_2_6, ""},
      {"zadd", {"z", "XX", "CH", "1", "m"}, redis_3_0, "XX"},
      {"zadd", {"z", "GT", "-inf", "m"}, redis_6_2, "GT"},
      {"zadd", {"z", "inf", "m"}, redis_2_6, ""},
      {"zadd", {"z", "NEW", "1", "m"}, kNewest, "NEW", false},
      {"zunionstore",
       {"d", "2", "AGGREGATE", "b", "WEIGHTS", "1", "2", "AGGREGATE", "max"},
       redis_2_6,
       ""},
      {"zunionstore", {"d", "1", "a", "AGGREGATE", "COUNT"}, kNewest, "COUNT", false},
      {"xadd", {"s", "1-1", "KEEPREF", "v"}, redis_2_6, ""},
      {"xadd", {"s", "MAXLEN", "=", "5", "1-1", "f", "v"}, redis_2_6, ""},
      {"xadd", {"s", "MAXLEN", "~", "5", "LIMIT", "9", "*", "f", "v"}, redis_6_2, "LIMIT"},
      {"xadd", {"s", "NOMKSTREAM", "MINID", "7", "1-1", "f", "v"}, redis_6_2, "NOMKSTREAM"},
      {"xadd", {"s", "KEEPREF", "MAXLEN", "=", "5", "1-1", "f", "v"}, kNewest, "KEEPREF", false},
      {"xadd", {"s", "IDMP", "p", "i", "*", "f", "v"}, kNewest, "IDMP", false},
      {"xtrim", {"s", "MINID", "=", "5-0"}, redis_6_2, "MINID"},
      {"xtrim", {"s", "MAXLEN", "=", "5", "DELREF"}, kNewest, "DELREF", false},
      {"xclaim",
       {"s", "g", "c", "0", "1-1", "2-1", "TIME", "5", "RETRYCOUNT", "1", "FORCE", "JUSTID",
        "LASTID", "2-1"},
       redis_2_6,
       ""},
      {"xgroup|create",
       {"create", "s", "g", "0", "MKSTREAM", "ENTRIESREAD", "4"},
       redis_7_0,
       "ENTRIESREAD"},
      {"xgroup", {"CREATECONSUMER", "s", "g", "c"}, redis_6_2, "CREATECONSUMER"},
      {"xreadgroup",
       {"GROUP", "g", "c", "COUNT", "1", "NOACK", "STREAMS", "CLAIM", ">"},
       redis_2_6,
       ""},
      {"xreadgroup",
       {"GROUP", "g", "c", "CLAIM", "1", "STREAMS", "s", ">"},
       kNewest,
       "CLAIM",
       false},
      {"function|load", {"load", "#!lua name=x\n"}, redis_2_6, ""},
      {"function|load", {"load", "REPLACE", "#!lua name=x\n"}, redis_2_6, ""},
      {"function|load", {"load", "LUA", "lib", "code"}, kNewest, "LUA", false},
      {"lpush", {"l", "IFEQ"}, redis_2_6, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.option);
    for (auto i = size_t{0}; i <= static_cast<size_t>(kNewest); ++i) {
      const auto version = static_cast<ServerVersion>(i);
      const bool is_due = row.is_known && version >= row.since;
      // Where several options are newer, the first of them is named.
      CHECK(unknown(row.name, row.arguments, version).empty() == is_due);
      if (!row.is_known && version == kNewest) {
        CHECK(unknown(row.name, row.arguments, version) == row.option);
      }
      if (row.is_known && i + 1 == static_cast<size_t>(row.since)) {
        CHECK(unknown(row.name, row.arguments, version) == row.option);
      }
    }
  }
}

}  // namespace rdb
