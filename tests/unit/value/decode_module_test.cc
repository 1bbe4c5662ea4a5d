// Module values: rdb/value/module.cc. Offsets in messages are kValueOffset (14) and more.
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "rdb/value/sink.h"
#include "tests/support/file_walk.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

enum : unsigned { kModule2 = 7 };

// testdata/vectors.json: "hellotype", version 0, as an RDB length of nine bytes.
std::string hellotype() { return vector_named("module_id_hellotype_v0").bytes; }

}  // namespace

TEST_CASE("module: an id is nine characters of 6 bits and a version of 10") {
  const Vector& hello = vector_named("module_id_hellotype_v0");
  const ModuleId id{std::stoull(hello.text("id"), nullptr, 16)};
  CHECK(id.name() == hello.text("name9"));
  CHECK(id.version() == 0);
  // rdb-format.md section 5: a vector set of Redis 8.0.2, and the same with the largest version.
  CHECK(ModuleId{0xBDE72DA2BB1EB400}.name() == "vectorset");
  CHECK(ModuleId{0xBDE72DA2BB1EB400 | 1023}.name() == "vectorset");
  CHECK(ModuleId{0xBDE72DA2BB1EB400 | 1023}.version() == 1023);
  CHECK(ModuleId{0}.name() == "AAAAAAAAA");
  CHECK(ModuleId{UINT64_MAX}.name() == "_________");
}

// rdb-format.md 4.5: opcodes 1 sint, 2 uint, 3 float, 4 double, 5 string, 0 end.
TEST_CASE("module: a value gives its items one by one up to the end mark") {
  const std::string value = Bytes{}
                                .str(hellotype())
                                .u8(1)
                                .str(rdb_length(7))
                                .u8(2)
                                .u8(0x81)
                                .u64be(UINT64_MAX)
                                .u8(3)
                                .str(vector_named("flt_bin_1.5").bytes)
                                .u8(4)
                                .str(vector_named("dbl_bin_0.1").bytes)
                                .u8(5)
                                .str(rdb_string("text"))
                                .u8(0)
                                .string();
  check_lines(events_of(kModule2, value), {"begin module-2 0", "module hellotype 0", "integer 1 7",
                                           "integer 2 18446744073709551615", "real 3 1.5",
                                           "real 4 0.10000000000000001", "string text"});
  const FileWalk walk = walk_value(kModule2, value);
  for (const Form form : {Form::module_int, Form::module_uint, Form::module_float,
                          Form::module_double, Form::module_string}) {
    CHECK(walk.tally[form] == 1);
  }
}

TEST_CASE("module: a long string passes in pieces") {
  const std::string text = half_random(300000);
  const std::string value = Bytes{}.str(hellotype()).u8(5).str(rdb_string(text)).u8(0).string();
  const FileWalk walk = walk_file(RdbFile().entry(kModule2, "k", value).end());
  CHECK(walk.finished);
  CHECK(walk.pieces >= 5);
  CHECK(walk.lines[4] == "  string " + shown(text));
}

TEST_CASE("module: opcodes above 5 are refused at their place, opened or not") {
  // The id takes nine bytes, an item 02 07 two: the second opcode is at 25.
  const std::string value = Bytes{}.str(hellotype()).u8(2).u8(7).u8(6).u8(0).string();
  const std::string expected =
      "byte 25: db 3 key \"k\" [module-2]: module data has opcode 6, 0 to 5 are known";
  CHECK(damage_of(kModule2, value) == expected);
  const std::string file = RdbFile().select(3).entry(kModule2, "k", value).end();
  CHECK(walk_file(file, {.depth = Depth::extents}).message() == "dump.rdb: " + expected);
}

TEST_CASE("module: every prefix of a value is told as too short") {
  const std::string value = Bytes{}
                                .str(hellotype())
                                .u8(4)
                                .str(vector_named("dbl_bin_0.1").bytes)
                                .u8(5)
                                .str(rdb_string("text"))
                                .u8(0)
                                .string();
  const std::string file = RdbFile().select(3).entry(kModule2, "k", value).cut();
  for (size_t n = kValueOffset; n < file.size(); ++n) {
    CAPTURE(n);
    for (const Depth depth : {Depth::full, Depth::extents}) {
      CHECK(name(walk_file(file.substr(0, n), {.depth = depth}).error.code) == "truncated");
    }
  }
}

}  // namespace rdb
