// The records of a file: rdb/file/reader.cc. Places count from 9, behind the header.
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "rdb/file/opcode.h"
#include "rdb/file/reader.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

using ExpiryOrder = ReaderOptions::ExpiryOrder;

std::string hellotype() { return vector_named("module_id_hellotype_v0").bytes; }

Lines records_of(const RdbFile& file) {
  const FileWalk walk = walk_at_every_step(file.end());
  CHECK(walk.message() == "dump.rdb: no error");
  return walk.records();
}

std::string message_of(const RdbFile& file) { return walk_at_every_step(file.end()).message(); }

// <name> <count> (<from> <to>)*, behind F3
std::string slot_import(std::string_view job, uint64_t from, uint64_t to) {
  return "\xf3" + rdb_string(job) + rdb_length(1) + rdb_length(from) + rdb_length(to);
}

RdbFile swapped_expiry(std::string_view header, int64_t ms) {
  return RdbFile(header)
      .raw(Bytes{}.u8(0xfc).u64be(static_cast<uint64_t>(ms)).view())
      .string("k", "v");
}

constexpr int64_t kIn2100 = 4102444800000;

}  // namespace

TEST_CASE("record: AUX fields in any string encoding, anywhere") {
  check_lines(
      records_of(RdbFile()
                     .aux("redis-ver", "7.2.6")
                     .raw("\xfa" + rdb_string("redis-bits") + "\xc0\x40")  // int8 64
                     .string("k", "v")
                     .aux("", "")),
      {"aux redis-ver = 7.2.6", "aux redis-bits = 64", "entry db 0 key k string", "aux  = "});
}

TEST_CASE("record: only so much of a text as asked for is kept, its size is told") {
  const std::string file = RdbFile().aux("n", "0123456789").aux("m", "x").end();
  for (const size_t step : kSteps) {
    MemorySource source(file, step);
    Reader reader(source);
    REQUIRE(reader.open());
    Record record;
    std::string text = "old";
    uint64_t size = 0;
    REQUIRE(reader.next(record));
    CHECK(reader.text(text, 4, size));
    CHECK(text == "0123");
    CHECK(size == 10);
    REQUIRE(reader.next(record));
    CHECK(record.name == "m");
    CHECK(reader.text(text, 0, size));
    CHECK(text.empty());
    CHECK(size == 1);
    CHECK_FALSE(reader.next(record));
    CHECK(reader.finished());
  }
}

TEST_CASE("record: databases may repeat, descend, be large, be empty and be missing") {
  check_lines(records_of(RdbFile()
                             .string("a", "1")
                             .select(5)
                             .string("b", "2")
                             .select(uint64_t{1} << 40)
                             .select(1)
                             .string("c", "3")
                             .select(5)
                             .string("d", "4")),
              {"entry db 0 key a string", "entry db 5 key b string", "entry db 1 key c string",
               "entry db 5 key d string"});
}

TEST_CASE("record: hints belong to the database selected, and their long forms are not odd") {
  const FileWalk walk =
      walk_at_every_step(RdbFile()
                             .hint(1, 2)
                             .select(3)
                             .raw(Bytes{}.u8(0xfb).u8(0x81).u64be(7).u8(0x81).u64be(6).view())
                             .end());
  check_lines(walk.records(), {"hint db 0 keys 1 expires 2", "hint db 3 keys 7 expires 6"});
  CHECK(walk.tally[Odd::long_length].count == 0);
}

TEST_CASE("record: an expiry, idle time or frequency is of the next key alone") {
  check_lines(
      records_of(RdbFile()
                     .expire_ms(kIn2100)
                     .string("a", "1")
                     .string("b", "2")
                     .expire_s(2000000000)
                     .string("c", "3")
                     .idle(70000)
                     .string("d", "4")
                     .freq(255)
                     .string("e", "5")
                     .expire_ms(1)
                     .idle(0)
                     .freq(0)
                     .string("f", "6")),
      {"entry db 0 key a string expires 4102444800000", "entry db 0 key b string",
       "entry db 0 key c string expires 2000000000000", "entry db 0 key d string idle 70000",
       "entry db 0 key e string freq 255", "entry db 0 key f string expires 1 idle 0 freq 0"});
}

// rdb-format.md 3: "5.0+ loaders keep expire/idle/freq pending across other opcodes".
TEST_CASE("record: what waits for a key waits across other opcodes, and a later one wins") {
  check_lines(records_of(RdbFile().expire_ms(7).select(2).aux("a", "b").string("k", "v")),
              {"aux a = b", "entry db 2 key k string expires 7"});
  check_lines(records_of(RdbFile().expire_ms(7).expire_ms(8).string("k", "v")),
              {"entry db 0 key k string expires 8"});
}

// rdb-format.md 2.3: "-1 as FC time means \"no expire\" to Valkey; 0, other negative: expired".
TEST_CASE("record: an expiry of -1 ms is none, 0 and other negative ones are times") {
  check_lines(records_of(RdbFile()
                             .expire_ms(-1)
                             .string("a", "1")
                             .expire_ms(0)
                             .string("b", "2")
                             .expire_ms(-2)
                             .string("c", "3")
                             .expire_ms(5)
                             .expire_ms(-1)
                             .string("d", "4")),
              {"entry db 0 key a string", "entry db 0 key b string expires 0",
               "entry db 0 key c string expires -2", "entry db 0 key d string"});
}

TEST_CASE("record: seconds are signed and become ms without overflow") {
  const int32_t most = std::numeric_limits<int32_t>::max();
  const int32_t least = std::numeric_limits<int32_t>::min();
  check_lines(
      records_of(
          RdbFile("REDIS0005").expire_s(most).string("a", "1").expire_s(least).string("b", "2")),
      {"entry db 0 key a string expires 2147483647000",
       "entry db 0 key b string expires -2147483648000"});
}

TEST_CASE("record: an entry begins where its expiry does") {
  const std::string file = RdbFile().expire_ms(7).string("a", "1").string("b", "2").end();
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  Record record;
  REQUIRE(reader.next(record));
  CHECK(record.offset == 9);
  REQUIRE(reader.next(record));
  CHECK(record.offset == 9 + 9 + 5);  // FC and eight bytes, then type, key and value of "a"
}

TEST_CASE("record: an expiry without a key is noted where it stands") {
  for (const RdbFile& file : {RdbFile().expire_ms(7), RdbFile().idle(7), RdbFile().freq(7)}) {
    const FileWalk walk = walk_at_every_step(file.end());
    CHECK(walk.finished);
    CHECK(walk.tally[Odd::dangling_expiry].count == 1);
    CHECK(walk.tally[Odd::dangling_expiry].first_offset == 9);
  }
  const FileWalk walk = walk_at_every_step(RdbFile().expire_ms(7).string("k", "v").end());
  CHECK(walk.tally[Odd::dangling_expiry].count == 0);
}

TEST_CASE("record: a key without a value, an expiry without its bytes are too short a file") {
  for (const RdbFile& file : {RdbFile().entry(0, "k", ""), RdbFile().raw("\xfc\x01\x02\x03"),
                              RdbFile().raw("\xfd\x01"), RdbFile().raw("\xf9")}) {
    CHECK(name(walk_at_every_step(file.cut()).error.code) == "truncated");
  }
}

// redis 5.0 src/rdb.c, rdbLoadMillisecondTime: before RDB 9 in the byte order of the host.
TEST_CASE("record: before version 9 the byte order of expiries can be given") {
  const std::string file = swapped_expiry("REDIS0008", kIn2100).end();
  const auto expiry = [&](ExpiryOrder order) {
    return walk_at_every_step(file, {.reader = {.expiry_order = order}}).records()[0];
  };
  CHECK(expiry(ExpiryOrder::big) == "entry db 0 key k string expires 4102444800000");
  // 00 00 03 bb 2c c3 d8 00 read from behind
  CHECK(expiry(ExpiryOrder::little) == "entry db 0 key k string expires 61013191853015040");
  CHECK(expiry(ExpiryOrder::assume_little) == expiry(ExpiryOrder::little));
  const std::string seconds =
      RdbFile("REDIS0002").raw(Bytes{}.u8(0xfd).u32be(2000000000).view()).string("k", "v").end();
  const FileWalk walk = walk_at_every_step(seconds, {.reader = {.expiry_order = ExpiryOrder::big}});
  CHECK(walk.records()[0] == "entry db 0 key k string expires 2000000000000");
}

TEST_CASE("record: from version 9 on expiries are little-endian whatever was said") {
  const std::string file = RdbFile("REDIS0009").expire_ms(kIn2100).string("k", "v").end();
  const FileWalk walk = walk_at_every_step(file, {.reader = {.expiry_order = ExpiryOrder::big}});
  CHECK(walk.records()[0] == "entry db 0 key k string expires 4102444800000");
}

TEST_CASE("record: expiries look swapped when none makes sense and all would in the other order") {
  const auto looks = [](const RdbFile& file, ExpiryOrder order = ExpiryOrder::assume_little) {
    return walk_at_every_step(file.end(), {.reader = {.expiry_order = order}}).looks_swapped;
  };
  CHECK(looks(swapped_expiry("REDIS0008", kIn2100)));
  CHECK_FALSE(looks(swapped_expiry("REDIS0009", kIn2100)));
  CHECK_FALSE(looks(swapped_expiry("REDIS0008", kIn2100), ExpiryOrder::little));
  CHECK_FALSE(looks(swapped_expiry("REDIS0008", kIn2100), ExpiryOrder::big));
  CHECK_FALSE(looks(swapped_expiry("REDIS0008", kIn2100).expire_ms(kIn2100).string("l", "v")));
  CHECK_FALSE(looks(RdbFile("REDIS0008").expire_ms(kIn2100).string("k", "v")));
  CHECK_FALSE(looks(RdbFile("REDIS0008").expire_ms(5).string("k", "v")));  // neither order
  CHECK_FALSE(looks(RdbFile("REDIS0008").string("k", "v")));
}

TEST_CASE("record: functions of 7.0, and of its release candidates with or without description") {
  const std::string pre_ga = "\xf6" + rdb_string("lib") + rdb_string("LUA");
  const RdbFile file = RdbFile()
                           .function("#!lua name=l1\ncode")
                           .raw(pre_ga + rdb_length(0) + rdb_string("code"))
                           .raw(pre_ga + rdb_length(1) + rdb_string("words") + rdb_string("more"));
  check_lines(records_of(file),
              {"function = #!lua name=l1\ncode", "function pre-ga lib engine LUA = code",
               "function pre-ga lib engine LUA = more"});
  CHECK(walk_file(file.end()).tally[Odd::functions_after_keys].count == 0);
}

TEST_CASE("record: functions behind keys are noted") {
  const FileWalk walk = walk_at_every_step(RdbFile().string("k", "v").function("#!lua x").end());
  CHECK(walk.tally[Odd::functions_after_keys].count == 1);
  CHECK(walk.tally[Odd::functions_after_keys].first_offset == 14);
}

// rdb-format.md 3: F7 <id> 02 <when> <items> 0.
TEST_CASE("record: module AUX data are before or after the keys") {
  const std::string aux = "\xf7" + hellotype();
  const RdbFile file = RdbFile()
                           .raw(aux + "\x02\x01\x05" + rdb_string("x") + '\0')
                           .raw(aux + std::string("\x02\x02\x00", 3));
  const FileWalk walk = walk_at_every_step(file.end());
  check_lines(walk.lines, {"header REDIS0011", "module-aux hellotype 0 when 1",
                           "  begin module-aux 0", "  string x", "  end",
                           "module-aux hellotype 0 when 2", "  begin module-aux 0", "  end"});
  CHECK(walk.tally[Form::module_uint] == 2);
}

TEST_CASE("record: module AUX data for another time, or without one, are refused") {
  const std::string aux = "\xf7" + hellotype();
  CHECK(message_of(RdbFile().raw(aux + std::string("\x02\x03\x00", 3))) ==
        "dump.rdb: byte 19: module auxiliary data is to be loaded at time 3, 1 (before) and 2 "
        "(after) are known");
  CHECK(message_of(RdbFile().raw(aux + std::string("\x02\x00\x00", 3))) ==
        "dump.rdb: byte 19: module auxiliary data is to be loaded at time 0, 1 (before) and 2 "
        "(after) are known");
  CHECK(name(walk_at_every_step(RdbFile().raw(aux + std::string("\x01\x01\x00", 3)).end())
                 .error.code) == "module_opcode");
}

// rdb-format.md 3: F4 7C03 01 01 = slot 15363, as Redis 8.0.2 wrote it.
TEST_CASE("record: slot info is a record under REDIS0012 and under VALKEY") {
  for (const std::string_view header : {"REDIS0012", "VALKEY080"}) {
    check_lines(records_of(RdbFile(header).raw("\xf4\x7c\x03\x01\x01").string("k", "v")),
                {"slot-info 15363 keys 1 expires 1", "entry db 0 key k string"});
  }
}

// valkey 9.1 src/rdb.c, rdbLoadSlotImport: 40 bytes of name, ranges.
TEST_CASE("record: a slot import is its job's name") {
  const std::string job(40, 'a');
  check_lines(records_of(RdbFile("VALKEY080").raw(slot_import(job, 5, 100)).string("k", "v")),
              {"slot-import " + job, "entry db 0 key k string"});
}

TEST_CASE("record: a slot import with another name or other slots is refused where it begins") {
  const std::string job(40, 'a');
  const std::string expected =
      "dump.rdb: byte 9: slot import record is not 40 bytes of name and ranges within 0-16383";
  const auto message = [](const std::string& record) {
    return message_of(RdbFile("VALKEY080").raw(record));
  };
  CHECK(message(slot_import(job.substr(1), 0, 1)) == expected);
  CHECK(message(slot_import(job + "a", 0, 1)) == expected);
  CHECK(message(slot_import(job, 2, 1)) == expected);
  CHECK(message(slot_import(job, 0, 16384)) == expected);
  CHECK(message(slot_import(job, 16383, 16383)) == "dump.rdb: no error");
}

// rdb-format.md section 4: "loaders do not compare it with the header: flag but accept".
TEST_CASE("record: types and opcodes newer than the header are noted, not refused") {
  const RdbFile file =
      RdbFile("REDIS0005").aux("a", "b").entry(5, "z", rdb_length(0)).expire_ms(1).string("k", "v");
  const FileWalk walk = walk_at_every_step(file.end());
  CHECK(walk.finished);
  CHECK(walk.tally[Odd::newer_than_header].count == 2);
  CHECK(walk.tally[Odd::newer_than_header].first_offset == 9);
  CHECK(walk_file(RdbFile("REDIS0001").expire_s(1).string("k", "v").end())
            .tally[Odd::newer_than_header]
            .count == 0);
}

TEST_CASE("record: opcodes are counted, each with the place of its first") {
  const FileWalk walk = walk_at_every_step(
      RdbFile().select(0).expire_ms(1).string("a", "1").expire_ms(2).string("b", "2").end());
  CHECK(walk.opcodes[kSelectDb].count == 1);
  CHECK(walk.opcodes[kExpireMs].count == 2);
  CHECK(walk.opcodes[kExpireMs].first_offset == 11);
  CHECK(walk.opcodes[kEof].count == 1);
  CHECK(walk.opcodes[kAux].count == 0);
}

// rdb-format.md section 3, the column of writers.
TEST_CASE("record: opcodes have names and the version they came with") {
  CHECK(opcode_name(kSlotImport) == "slot-import");
  CHECK(opcode_since(kSlotImport) == 80);
  CHECK(opcode_since(kSlotInfo) == 12);
  CHECK(opcode_since(kFunction2) == 10);
  CHECK(opcode_since(kModuleAux) == 9);
  CHECK(opcode_since(kAux) == 7);
  CHECK(opcode_since(kExpireMs) == 3);
  CHECK(opcode_since(kExpire) == 1);
  CHECK(opcode_name(kEof) == "eof");
  CHECK(opcode_name(0) == "");
  CHECK(opcode_since(242) == 0);
}

TEST_CASE("record: what is longer than the caller allows is no damage of the file") {
  const std::string name((1 << 20) + 1, 'n');
  const std::string files[] = {RdbFile().aux(name, "v").end(),
                               RdbFile().select(0).entry(0, name, rdb_string("v")).end(),
                               RdbFile().select(0).entry(10, "k", rdb_string(name)).end()};
  for (const std::string& file : files) {
    MemorySource source(file);
    Reader reader(source, {.held_max = name.size() - 1});
    Record record;
    Sink proof;
    REQUIRE(reader.open());
    while (reader.next(record) && reader.value(&proof)) {
    }
    const bool is_judged = &file == &files[2];  // by its first bytes
    CHECK(reader.error().code == (is_judged ? Code::blob_size : Code::too_large));
    CHECK(walk_file(file).finished == !is_judged);
  }
}

TEST_CASE("record: a key that claims over 512 MiB is cut, and is not allocated") {
  const std::string file = RdbFile().raw(Bytes{}.u8(0).u8(0x80).u32be((1U << 29) + 1).view()).cut();
  const FileWalk walk = walk_file(file + std::string(100000, 'k'));
  CHECK(walk.message() ==
        "dump.rdb: byte 15: file ends early, 100000 of the 536870913 bytes needed here are there");
}

TEST_CASE("record: a sink that stops is no error, and the reader says so") {
  class Stops : public Sink {
    bool item(const Text&) override { return false; }
  };
  const std::string file = RdbFile().string("k", "v").end();
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  Record record;
  REQUIRE(reader.next(record));
  Stops sink;
  CHECK_FALSE(reader.value(&sink));
  CHECK(reader.error().ok());
  CHECK_FALSE(reader.finished());
}

TEST_CASE("record: what a caller finds wrong has the place of the record and its key") {
  const std::string file = RdbFile().select(3).expire_ms(1).string("k", "v").end();
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  Record record;
  REQUIRE(reader.next(record));
  CHECK_FALSE(reader.fail(Code::too_many_databases, {.found = 65537, .allowed = 65536}));
  CHECK(
      message(reader.error(), "f") ==
      "f: byte 11: db 3 key \"k\" [string]: more than 65536 distinct databases, the most that are "
      "counted here; this is no damage, servers that are configured for so many load them");
  CHECK_FALSE(reader.next(record));
}

// Gives some bytes, then fails, as a wrapper whose last bytes are missing does.
class FailingSource : public ByteSource {
 public:
  explicit FailingSource(std::string_view bytes) : bytes_(bytes) {}
  bool read(char* to, size_t n, size_t& got) override {
    if (bytes_.read(to, n, got) && got != 0) return true;
    return fail({.code = Code::bad_wrapper, .words = "the wrapper is damaged"});
  }

 private:
  MemorySource bytes_;
};

TEST_CASE("record: a source that fails behind the end mark leaves the file unfinished") {
  const std::string file = RdbFile().string("k", std::string(1000, 'v')).end();
  FailingSource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  Record record;
  REQUIRE(reader.next(record));
  CHECK_FALSE(reader.next(record));
  CHECK_FALSE(reader.finished());
  CHECK(reader.error().code == Code::bad_wrapper);
}

}  // namespace rdb
