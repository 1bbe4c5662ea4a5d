#include "rdb/server/findings.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

using Findings = std::vector<Finding>;

Finding with_status(Status status) {
  Finding out;
  out.status = status;
  return out;
}

Findings oddities(const std::string& file) {
  const Surveyed got(file);
  CHECK(got.ok);
  Findings out;
  find_oddities(got.reader, out);
  find_tail(got.reader, out);
  return out;
}

Findings foreign(const std::string& file) {
  const Surveyed got(file);
  Findings out;
  find_foreign(got.reader, got.survey, out);
  return out;
}

std::string writer(std::string_view header) {
  const Surveyed got(RdbFile(header).end());
  return writer_of(got.reader.header(), got.survey);
}

}  // namespace

// OBJECT IDLETIME of redis 7.0.15, 8.0.2 and valkey 8.1.1, 9.1.2 after loading 20,000,000:
// 3,222,784.
TEST_CASE("findings: of an idle time servers keep 24 bits") {
  const auto found = [](uint64_t seconds) {
    const Surveyed got(RdbFile().idle(seconds).string("k", "v").end());
    CHECK(got.ok);
    Findings out;
    find_idle(got.survey, out);
    return out;
  };
  CHECK(found((1 << 24) - 1).empty());
  const Findings got = found(20000000);
  REQUIRE(got.size() == 1);
  CHECK(got[0].name == "idle_wraps");
  CHECK(got[0].key == "k");
  CHECK(got[0].words ==
        "idle for 20000000 seconds, of which servers keep the low 24 bits: 3222784 are left");
  CHECK(status(got) == Status::ok);
}

// valkey 9.1.2 with rdb-version-check relaxed refuses such a file without the module.
TEST_CASE("findings: data of a module is no nothing") {
  const std::string value = Bytes{}.u8(0x81).u64be(uint64_t{1} << 10).u8(0).string();
  const Findings got = foreign(RdbFile("REDIS0012").entry(7, "k", value).end());
  REQUIRE(got.size() == 1);
  CHECK(got[0].words ==
        "REDIS0012 written by Redis 7.4 to 8.4: it holds data of the module types \"AAAAAAAAB\", "
        "which Valkey loads only with these modules; with them Valkey 9.0 and later load it with "
        "rdb-version-check relaxed");
}

// The order of severity of the exit statuses: damage says least about what is in the file.
TEST_CASE("findings: the status is that of the worst, whatever the order") {
  CHECK(status(Findings{}) == Status::ok);
  CHECK(status({with_status(Status::ok), with_status(Status::ok)}) == Status::ok);
  const Status worst_last[] = {Status::ok,      Status::unverifiable, Status::unexpected,
                               Status::foreign, Status::damaged,      Status::io};
  for (size_t i = 0; i < std::size(worst_last); ++i) {
    for (size_t j = 0; j <= i; ++j) {
      CHECK(status({with_status(worst_last[i]), with_status(worst_last[j])}) == worst_last[i]);
      CHECK(status({with_status(worst_last[j]), with_status(worst_last[i])}) == worst_last[i]);
    }
  }
}

TEST_CASE("findings: an error is one that refuses, with its place, key and stage") {
  Error error{.code = Code::odd_elements, .offset = 77, .inner = 5, .numbers = {.found = 3}};
  error.has_offset = error.has_key = true;
  error.db = 2;
  error.key = "k";
  const Finding finding = from_error(error);
  CHECK(finding.severity == Severity::refuses);
  CHECK(finding.status == Status::damaged);
  CHECK(finding.stage == Stage::structure);
  CHECK(finding.name == "odd_elements");
  CHECK(finding.words == "3 elements do not make pairs");
  CHECK(finding.has_place);
  CHECK(finding.offset == 77);
  CHECK(finding.inner == 5);
  CHECK(finding.has_key);
  CHECK(finding.db == 2);
  CHECK(finding.key == "k");
  CHECK_FALSE(from_error(Error{.code = Code::truncated}).has_key);
}

TEST_CASE("findings: an error belongs to the stage that proves it") {
  const auto stage = [](Code code) { return name(from_error(Error{.code = code}).stage); };
  CHECK(stage(Code::truncated) == "framing");
  CHECK(stage(Code::bad_length) == "framing");
  CHECK(stage(Code::bad_opcode) == "framing");
  CHECK(stage(Code::checksum_mismatch) == "checksum");
  CHECK(stage(Code::lzf_ratio) == "structure");
  CHECK(stage(Code::entry_overrun) == "structure");
  CHECK(stage(Code::stream_node_deleted) == "structure");
  CHECK(stage(Code::module_opcode) == "structure");
  CHECK(stage(Code::slot_import) == "framing");
  CHECK(stage(Code::foreign_type) == "format");
  CHECK(stage(Code::module_pre_ga) == "format");
}

TEST_CASE("findings: severities have names") {
  CHECK(name(Severity::refuses) == "refuses");
  CHECK(name(Severity::drops) == "drops");
  CHECK(name(Severity::accepts) == "accepts");
  CHECK(name(Stage::counts) == "counts");
}

TEST_CASE("findings: a sound file has no oddity") {
  CHECK(oddities(RdbFile().select(0).string("k", "v").end()).empty());
  CHECK(oddities(vector_named("file_valkey8.0_rdb11").bytes).empty());
}

// rdb-format.md 6.2 and section 3: what servers accept although it is odd.
TEST_CASE("findings: what servers accept is told, with its number and place, and stays status 0") {
  const struct {
    std::string file;
    const char* name;
    uint64_t count;
    uint64_t offset;
  } rows[] = {
      // 40 05: fourteen bits for five elements, at 9 + 3 bytes of type and key.
      {RdbFile().entry(1, "k", "\x40\x01" + rdb_string("x")).end(), "long_length", 1, 12},
      {RdbFile().entry(1, "k", "\xc1" + rdb_string("x")).end(), "encoding_as_length", 1, 12},
      {RdbFile().entry(3, "k", rdb_length(1) + rdb_string("m") + "\x02" + "1x").end(), "score_junk",
       1, 15},
      {RdbFile().string("k", "v").expire_ms(1).end(), "dangling_expiry", 1, 14},
      {RdbFile().end_without_checksum(), "no_checksum", 1, 10},
      {RdbFile("REDIS0005").aux("a", "b").aux("c", "d").end(), "newer_than_header", 2, 9},
      {RdbFile().string("k", "v").function("#!lua\n").end(), "functions_after_keys", 1, 14},
      {RdbFile().end() + "\n", "bytes_after_end", 1, 18},
      {RdbFile().end() + "0123456789abcdef0123456789abcdef01234567", "eof_mark", 1, 18},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const Findings got = oddities(row.file);
    REQUIRE(got.size() == 1);
    CHECK(got[0].name == row.name);
    CHECK(got[0].severity == Severity::accepts);
    CHECK(got[0].count == row.count);
    CHECK(got[0].has_place);
    CHECK(got[0].offset == row.offset);
    CHECK_FALSE(got[0].words.empty());
    CHECK(status(got) == Status::ok);
  }
}

TEST_CASE("findings: commands behind the end are data that are not read") {
  const Findings got = oddities(RdbFile().end() + "*1\r\n$4\r\nPING\r\n");
  REQUIRE(got.size() == 1);
  CHECK(got[0].name == "commands_after_end");
  CHECK(got[0].severity == Severity::drops);
  CHECK(got[0].words.starts_with("14 bytes of append-only commands follow"));
}

TEST_CASE("findings: expiries that look swapped are told") {
  const std::string file =
      RdbFile("REDIS0008").raw(Bytes{}.u8(0xfc).u64be(4102444800000).view()).string("k", "v").end();
  const Findings got = oddities(file);
  REQUIRE(got.size() == 1);
  CHECK(got[0].name == "expiries_swapped");
}

TEST_CASE("findings: what a server drops is told with the first key") {
  const std::string field =
      rdb_length(1) + rdb_string("f") + rdb_string("v") + Bytes{}.i64le(0).string();
  const Surveyed got(RdbFile("VALKEY080")
                         .select(3)
                         .expire_ms(1)
                         .string("e1", "v")
                         .expire_ms(1)
                         .string("e2", "v")
                         .entry(22, "h", field)
                         .entry(2, "s", rdb_length(0))
                         .end());
  Findings findings;
  find_drops(got.survey, findings);
  REQUIRE(findings.size() == 3);
  const struct {
    const char* name;
    const char* key;
    uint64_t count;
  } rows[] = {{"expired_keys", "e1", 2}, {"expired_fields", "h", 1}, {"empty_collections", "s", 1}};
  for (size_t i = 0; i < 3; ++i) {
    CHECK(findings[i].name == rows[i].name);
    CHECK(findings[i].key == rows[i].key);
    CHECK(findings[i].db == 3);
    CHECK(findings[i].count == rows[i].count);
    CHECK(findings[i].severity == Severity::drops);
  }
  CHECK(status(findings) == Status::ok);
  findings.clear();
  find_drops(Surveyed(RdbFile().string("k", "v").end()).survey, findings);
  CHECK(findings.empty());
}

// rdb-format.md section 1, the table of first releases.
TEST_CASE("findings: the writer is known by its AUX field, else by the version") {
  CHECK(writer("REDIS0001") == "Redis 1.0 to 2.2");
  CHECK(writer("REDIS0002") == "Redis 2.4");
  CHECK(writer("REDIS0004") == "an unreleased Redis 2.5");
  CHECK(writer("REDIS0006") == "Redis 2.6 to 3.0");
  CHECK(writer("REDIS0007") == "Redis 3.2");
  CHECK(writer("REDIS0008") == "Redis 4.0");
  CHECK(writer("REDIS0009") == "Redis 5.0 to 6.2");
  CHECK(writer("REDIS0010") == "Redis 7.0");
  CHECK(writer("REDIS0011") == "Redis 7.2 or Valkey 7.2 to 8.1");
  CHECK(writer("REDIS0012") == "Redis 7.4 to 8.4");
  CHECK(writer("REDIS0013") == "Redis 8.6");
  CHECK(writer("REDIS0015") == "Redis 8.10");
  CHECK(writer("REDIS0016") == "a Redis newer than 8.10");
  CHECK(writer("VALKEY080") == "Valkey 9.0 or later");
  const auto of_aux = [](std::string_view name, std::string_view value) {
    const Surveyed got(RdbFile("REDIS0012").aux(name, value).end());
    return writer_of(got.reader.header(), got.survey);
  };
  CHECK(of_aux("redis-ver", "7.4.1") == "Redis 7.4.1");
  CHECK(of_aux("valkey-ver", "8.0.1") == "Valkey 8.0.1");
}

TEST_CASE("findings: REDIS 1 to 11 and VALKEY 80 are ours, all else is foreign") {
  const auto is = [](Dialect dialect, unsigned version) {
    Header header;
    header.dialect = dialect;
    header.version = version;
    return is_foreign(header);
  };
  CHECK_FALSE(is(Dialect::redis, 1));
  CHECK_FALSE(is(Dialect::redis, 11));
  CHECK(is(Dialect::redis, 0));
  CHECK(is(Dialect::redis_ce, 12));
  CHECK(is(Dialect::redis_ce, 80));
  CHECK_FALSE(is(Dialect::valkey, 80));
  CHECK(is(Dialect::valkey, 11));
  CHECK(is(Dialect::valkey, 79));
  CHECK(is(Dialect::valkey, 81));
}

// testdata/vectors.json: written by Redis CE 8.0.2; its "types" and their first keys in the file.
TEST_CASE("findings: the inventory of a Redis 8.0 file is what is in it") {
  const Findings got = foreign(vector_named("file_redis8.0_rdb12_hfe").bytes);
  REQUIRE(got.size() == 3);
  CHECK(got[0].name == "foreign_version");
  CHECK(got[0].words ==
        "REDIS0012 written by Redis 8.0.2: Valkey does not load it, and it holds what only that "
        "product has");
  CHECK(got[1].words == "value type 24 (hash-metadata)");
  CHECK(got[1].count == 1);
  CHECK(got[1].key == "b");
  CHECK(got[2].words == "value type 25 (hash-listpack-ex)");
  CHECK(got[2].count == 2);
  CHECK(got[2].key == "p");
  for (const Finding& finding : got) {
    CHECK(finding.severity == Severity::refuses);
    CHECK(finding.stage == Stage::format);
  }
  CHECK(status(got) == Status::foreign);
}

TEST_CASE("findings: a foreign file with nothing foreign inside is told so") {
  const Findings got = foreign(vector_named("hdr_REDIS0012").bytes);
  REQUIRE(got.size() == 1);
  CHECK(got[0].words ==
        "REDIS0012 written by Redis 7.4 to 8.4: nothing foreign is inside, only the version in the "
        "header keeps Valkey from loading it; Valkey 9.0 and later load it with "
        "rdb-version-check relaxed");
}

TEST_CASE("findings: slot hints are in the inventory, and foreign by name only") {
  const Findings got =
      foreign(RdbFile("REDIS0012").raw("\xf4\x7c\x03\x01\x01").string("k", "v").end());
  REQUIRE(got.size() == 2);
  CHECK(got[0].words.find("nothing foreign is inside but hints about cluster slots") !=
        std::string::npos);
  CHECK(got[1].name == "foreign_opcode");
  CHECK(got[1].words == "opcode 244 (slot-info)");
  CHECK(got[1].offset == 9);
  CHECK_FALSE(got[1].has_key);
}

// rdb-format.md section 5: the id that Redis 8.0.2 wrote.
TEST_CASE("findings: vector sets are in the inventory") {
  const std::string id = Bytes{}.u8(0x81).u64be(0xBDE72DA2BB1EB400).string();
  const Findings got =
      foreign(RdbFile("REDIS0012").entry(7, "v", id + std::string("\x02\x07\x00", 3)).end());
  REQUIRE(got.size() == 2);
  CHECK(got[0].words.ends_with("it holds what only that product has"));
  CHECK(got[1].words == "value type 7 (vectorset)");
  CHECK(got[1].key == "v");
}

TEST_CASE("findings: versions that nothing loads are told so, and ours are no finding") {
  CHECK(foreign(vector_named("hdr_REDIS0080").bytes)[0].words.ends_with(
      "no server loads this version"));
  CHECK(
      foreign(vector_named("hdr_REDIS0000").bytes)[0].words.ends_with("no server loads version 0"));
  CHECK(foreign(vector_named("hdr_VALKEY081").bytes)[0].words.ends_with(
      "newer than this release knows, or never released"));
  CHECK(foreign(vector_named("hdr_REDIS0011").bytes).empty());
  CHECK(foreign(vector_named("hdr_VALKEY080").bytes).empty());
}

TEST_CASE("findings: what is inside a file that could not be followed is known in part") {
  const Findings got = foreign(
      RdbFile("REDIS0013").entry(24, "h", Bytes{}.i64le(1).u8(0).view()).entry(26, "s", "?").end());
  REQUIRE(got.size() == 2);
  CHECK(got[0].words.ends_with("what is inside is known only in part"));
  CHECK(got[1].words == "value type 24 (hash-metadata)");
}

TEST_CASE("findings: functions of the 7.0 release candidates are not loadable, status 6") {
  const std::string library =
      "\xf6" + rdb_string("l") + rdb_string("LUA") + rdb_length(0) + rdb_string("code");
  const Surveyed got(RdbFile().raw(library).raw(library).end());
  Findings findings;
  find_pre_ga(got.reader, findings);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].name == "not_loadable");
  CHECK(findings[0].count == 2);
  CHECK(findings[0].offset == 9);
  CHECK(status(findings) == Status::unexpected);
  findings.clear();
  find_pre_ga(Surveyed(RdbFile().function("#!lua\n").end()).reader, findings);
  CHECK(findings.empty());
}

TEST_CASE("findings: a bit that is flipped is told by the checksum") {
  std::string file = RdbFile().string("key", "value").end();
  file[16] ^= 0x20;
  const Surveyed got(file);
  Findings out;
  find_wrong_bits(got.reader, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].offset == 16);
  CHECK(out[0].status == Status::ok);
  CHECK(out[0].words ==
        "all that is wrong, as the checksum tells, are the bits 20 here; salvage puts them right");
  file[11] ^= 0x20;
  const Surveyed worse(file);
  CHECK(worse.reader.error().code == Code::checksum_mismatch);
  find_wrong_bits(worse.reader, out);
  CHECK(out.size() == 1);
}

}  // namespace rdb
