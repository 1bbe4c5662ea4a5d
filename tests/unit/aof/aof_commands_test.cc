// What commands there are and what a server makes of them: rdb/aof/commands.cc, judge.cc. What the
// servers do was seen with redis 7.0.15 and valkey 8.0.1, 8.1.1, 9.1.2 (tests/live_commands).
#include "rdb/aof/commands.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/crc64.h"
#include "tests/support/bytes.h"
#include "tests/support/lua_judge.h"
#include "tests/support/rdb_file.h"
#include "tests/support/resp.h"

namespace rdb {
namespace {

using Strings = std::vector<std::string>;

Loading loading_for(std::string_view target) {
  Loading out;
  out.target = find_target(target);
  return out;
}

void add(Commands& commands, const std::string& bytes, CommandsFile file = {}) {
  commands.begin_file(std::move(file));
  CHECK(commands.bytes().write(bytes));
  commands.end_file();
}

// The findings as "severity words", with their number if it is not 1.
Strings findings_of(const Commands& commands) {
  std::vector<Finding> found;
  commands.find(found);
  Strings out;
  for (const Finding& finding : found) {
    CHECK(finding.stage == Stage::commands);
    out.push_back(std::string(name(finding.severity)) + " " + finding.words +
                  (finding.count > 1 ? " x" + std::to_string(finding.count) : ""));
  }
  return out;
}

Strings judged(std::string_view target, const std::string& bytes, Loading loading = {}) {
  if (!target.empty()) loading.target = find_target(target);
  loading.judge = &lua_judge();
  Commands commands(loading);
  add(commands, bytes);
  return findings_of(commands);
}

// Type, value, version, checksum.
std::string payload(std::string_view value, unsigned version) {
  const std::string bytes = Bytes{}.str(value).u16le(version).string();
  return bytes + Bytes{}.u64le(crc64(0, bytes)).string();
}

}  // namespace

TEST_CASE("aof commands: they are counted by name and by the database in which they work") {
  const Loading any;
  Commands commands(any);
  add(commands, "#TS:1700000000\r\n" + resp("set", "a", "1") + resp("SELECT", "3") +
                    resp("Set", "b", "2") + resp("xgroup", "create", "s", "g", "0") +
                    resp("SWAPDB", "0", "9") + resp("MOVE", "b", "4") +
                    resp("COPY", "b", "c", "DB", "5") + resp("PING") + "#TS:1700000009\r\n" +
                    resp("FLUSHALL") + resp("\x01\xff", "x"));
  const std::vector<std::pair<std::string, uint64_t>> names = {
      {"COPY", 1}, {"FLUSHALL", 1}, {"MOVE", 1},          {"PING", 1},          {"SELECT", 1},
      {"SET", 2},  {"SWAPDB", 1},   {"XGROUP CREATE", 1}, {"\"\\x01\\xff\"", 1}};
  auto found = commands.names();
  std::sort(found.begin(), found.end());
  auto due = names;
  std::sort(due.begin(), due.end());
  CHECK(found == due);
  CHECK(commands.count() == 10);
  const std::map<uint64_t, uint64_t> databases = {{0, 2}, {3, 5}, {4, 1}, {5, 1}, {9, 1}};
  CHECK(commands.databases() == databases);
  CHECK(commands.touches_all());
  CHECK(commands.annotations() == 2);
  CHECK(commands.first_time() == 1700000000);
  CHECK(commands.last_time() == 1700000009);
  CHECK(!commands.is_damaged());
}

TEST_CASE("aof commands: every file begins in database 0") {
  const Loading any;
  Commands commands(any);
  add(commands, resp("SELECT", "3") + resp("SET", "a", "1"), {.name = "1", .is_last = false});
  add(commands, resp("SET", "b", "1"), {.name = "2"});
  add(commands, resp("SET", "c", "1"), {.name = "3", .db = 7});
  const std::map<uint64_t, uint64_t> databases = {{0, 1}, {3, 1}, {7, 1}};
  CHECK(commands.databases() == databases);
}

TEST_CASE("aof commands: an incomplete end is cut off in the last file and stops in others") {
  const std::string sound = resp("SET", "a", "1");
  const struct {
    std::string end;
    uint64_t cut;
    const char* words;
  } rows[] = {
      {"*1\r\n", 27, "the last command is incomplete, the file ends after 4 of its bytes"},
      {resp("MULTI") + resp("SET", "b", "1"), 27,
       "a transaction begins here with MULTI, and the file has no EXEC for it"},
      {resp("MULTI") + "*1", 27, "the last command is incomplete"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.end);
    const Loading any;
    Commands last(any);
    add(last, sound + row.end);
    CHECK(last.is_damaged());
    CHECK(last.cut() == row.cut);
    CHECK(last.excess() == row.end.size());
    const Strings found = findings_of(last);
    REQUIRE(!found.empty());
    CHECK(found[0].starts_with("drops " + std::string(row.words)));
    Commands other(any);
    add(other, sound + row.end, {.name = "1", .is_last = false});
    CHECK(findings_of(other)[0].starts_with("refuses " + std::string(row.words)));
    CHECK(status(other.error().code) == Status::damaged);
  }
  const Loading any;
  Commands annotated(any);
  add(annotated, sound + "#TS:1");
  CHECK(annotated.cut() == sound.size());
  CHECK(findings_of(annotated).size() == 1);
  Commands before(any);
  add(before, sound + "#TS:1", {.name = "1", .is_last = false});
  CHECK(!before.is_damaged());
}

TEST_CASE("aof commands: MULTI is closed by EXEC") {
  const Loading any;
  Commands commands(any);
  add(commands, resp("MULTI") + resp("SET", "a", "1") + resp("EXEC"));
  CHECK(!commands.is_damaged());
  CHECK(findings_of(commands).empty());
}

TEST_CASE("aof commands: a command that the target does not have stops it") {
  const std::string twice = resp("VADD", "v", "x") + resp("vadd", "v", "y");
  CHECK(judged("valkey-9.1", twice) ==
        Strings{"refuses valkey-9.1 has no command VADD, and stops there x2"});
  CHECK(judged("", twice) ==
        Strings{"refuses no Redis up to 7.2 and no Valkey up to 9.1 has the command VADD x2"});
  CHECK(judged("valkey-8.1", resp("MSETEX", "1", "a", "b")) ==
        Strings{"refuses valkey-8.1 has no command MSETEX, and stops there"});
  CHECK(judged("valkey-9.1", resp("MSETEX", "1", "a", "b")).empty());
  CHECK(judged("valkey-9.1", resp("XGROUP", "NEW", "s")) ==
        Strings{"refuses valkey-9.1 has no command XGROUP NEW, and stops there"});
  // Up to 6.2 that is an error of one command.
  CHECK(judged("redis-6.2", resp("XGROUP", "NEW", "s")) ==
        Strings{"drops redis-6.2 does not know NEW of XGROUP and leaves such commands out"});
}

TEST_CASE("aof commands: one without a name is none that a target has") {
  const Strings due = {"refuses valkey-9.1 has no command \"\", and stops there"};
  CHECK(judged("valkey-9.1", resp("")) == due);
  CHECK(judged("valkey-9.1", resp("XGROUP", "CREATE", "s", "g", "0") + resp("")) == due);
}

TEST_CASE("aof commands: commands of modules are known by their prefix") {
  Loading with;
  with.modules = {"MBbloom--"};
  CHECK(judged("valkey-9.1", resp("BF.ADD", "b", "x"), with).empty());
  with.modules = {"BF"};
  CHECK(judged("valkey-9.1", resp("BF.ADD", "b", "x"), with).empty());
  with.modules = {"json"};
  CHECK(judged("valkey-9.1", resp("BF.ADD", "b", "x"), with) ==
        Strings{"refuses valkey-9.1 has no command BF.ADD without the module that adds it, and "
                "stops there"});
  CHECK(judged("", resp("BF.ADD", "b", "x")) == Strings{"accepts BF.ADD is a command of a module"});
}

TEST_CASE("aof commands: a wrong number of arguments") {
  CHECK(judged("valkey-9.1", resp("INCR", "a", "b")) ==
        Strings{"refuses valkey-9.1 does not take INCR with 2 arguments"});
  CHECK(judged("valkey-8.0", resp("INCR", "a", "b")) ==
        Strings{"breaks valkey-8.0 does not take INCR with 2 arguments"});
  CHECK(judged("redis-6.2", resp("EXPIRE", "a", "9", "NX")) ==
        Strings{"breaks redis-6.2 does not take EXPIRE with 3 arguments"});
  CHECK(judged("redis-7.0", resp("EXPIRE", "a", "9", "NX")).empty());
}

TEST_CASE("aof commands: what a database beyond those of the target does") {
  Loading few;
  few.databases = 4;
  CHECK(judged("valkey-9.1", resp("SELECT", "4") + resp("SELECT", "3") + resp("SELECT", "4"),
               few) == Strings{"breaks the server has databases 0 to 3 only: what follows SELECT 4 "
                               "goes to the one selected before x2"});
  few.databases = 1;
  CHECK(judged("valkey-9.1", resp("MOVE", "a", "1"), few) ==
        Strings{"drops the server has database 0 only: MOVE with database 1 is left out"});
  CHECK(judged("valkey-9.1", resp("SELECT", "-1")) ==
        Strings{"breaks SELECT with \"-1\", which is no number of a database"});
  CHECK(judged("", resp("SELECT", "4000")).empty());
  Loading cluster;
  cluster.is_cluster = true;
  CHECK(judged("valkey-8.1", resp("SELECT", "0"), cluster).empty());
  CHECK(judged("valkey-8.1", resp("SELECT", "1"), cluster).size() == 1);
}

TEST_CASE("aof commands: payloads that the target does not take") {
  const auto restore = [](const std::string& bytes) { return resp("RESTORE", "k", "0", bytes); };
  const std::string value("\0\3abc", 5);
  CHECK(judged("valkey-8.1", restore(payload(value, 11))).empty());
  CHECK(judged("valkey-9.1", restore(payload(value, 80))).empty());
  CHECK(
      judged("valkey-8.1", restore(payload(value, 80))) ==
      Strings{"drops valkey-8.1 does not take payloads of RDB version 80 and leaves such a RESTORE "
              "out"});
  CHECK(judged("redis-7.0", restore(payload(value, 11))).size() == 1);
  std::string wrong = payload(value, 11);
  wrong[1] ^= 1;
  CHECK(judged("", restore(wrong)) ==
        Strings{"drops RESTORE of a payload with a wrong checksum is left out"});
  CHECK(judged("", restore("short")).size() == 1);
  const std::string module = Bytes{}.u8(7).u8(0x81).u64be(0x82b6a986dca97803).u8(0).string();
  Loading with;
  CHECK(judged("valkey-8.1", restore(payload(module, 11)), with) ==
        Strings{"drops RESTORE of a value of module \"graphtype\" is left out by a server without "
                "it"});
  with.modules = {"graphtype"};
  CHECK(judged("valkey-8.1", restore(payload(module, 11)), with).empty());
}

TEST_CASE("aof commands: libraries and scripts") {
  CHECK(judged("valkey-8.1", resp("FUNCTION", "LOAD", "REPLACE",
                                  "#!lua name=l\nredis.register_function('f', function() end)"))
            .empty());
  const Strings broken =
      judged("valkey-8.1", resp("FUNCTION", "LOAD", "#!lua name=l\nthis is not"));
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].starts_with("drops FUNCTION LOAD is left out: function library "));
  // sha1("return 1")
  const std::string sum = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
  CHECK(judged("valkey-8.1", resp("EVALSHA", sum, "0")) ==
        Strings{"drops EVALSHA of a script that is not loaded is left out"});
  CHECK(judged("valkey-8.1", resp("EVAL", "return 1", "0") + resp("EVALSHA", sum, "0")).empty());
  CHECK(judged("valkey-8.1", resp("SCRIPT", "LOAD", "return 1") +
                                 resp("EVALSHA", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", "0"))
            .empty());
  // It may be in the AUX fields that these load.
  CHECK(judged("redis-6.2", resp("EVALSHA", sum, "0")).empty());
}

TEST_CASE("aof commands: annotations came with 7.0") {
  CHECK(judged("redis-6.2", "#TS:1\r\n" + resp("PING")) ==
        Strings{"refuses redis-6.2 does not know annotations, and stops there"});
  CHECK(judged("redis-7.0", "#TS:1\r\n" + resp("PING")).empty());
}

TEST_CASE("aof commands: many kinds of findings, and of names, take no more memory") {
  const Loading loading = loading_for("valkey-9.1");
  Commands commands(loading);
  commands.begin_file({});
  for (int i = 0; i < 3000; ++i) CHECK(commands.bytes().write(resp("C" + std::to_string(i))));
  commands.end_file();
  CHECK(commands.count() == 3000);
  CHECK(commands.names().size() == 1025);
  CHECK(commands.names().back() == std::pair<std::string, uint64_t>("others", 1976));
  const Strings found = findings_of(commands);
  CHECK(found.size() == 101);
  CHECK(found.back() == "refuses 2900 more commands of other kinds are refused or left out");
}

TEST_CASE("aof commands: an increment that begins with an RDB part is not read") {
  const Loading any;
  Commands commands(any);
  const std::string file = RdbFile().select(0).string("a", "1").end();
  MemorySource source(file);
  CHECK(read_commands(source, {.name = "x.incr.aof"}, commands));
  const Strings found = findings_of(commands);
  REQUIRE(found.size() == 1);
  CHECK(found[0].starts_with("breaks the increment begins with an RDB part; "));
  CHECK(!commands.is_damaged());
}

}  // namespace rdb
