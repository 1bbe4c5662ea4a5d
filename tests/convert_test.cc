#include "rdb/stage/convert.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/testdata.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

struct Converted {
  bool ok = false;
  std::string bytes;
  std::vector<Finding> findings;
  ConvertChanges changes;

  // The names of the findings, in order.
  [[nodiscard]] std::string names() const {
    std::string out;
    for (const Finding& finding : findings) out += (out.empty() ? "" : " ") + finding.name;
    return out;
  }
  [[nodiscard]] const Finding& finding(std::string_view name) const {
    const auto is = [&](const Finding& f) { return f.name == name; };
    const auto at = std::find_if(findings.begin(), findings.end(), is);
    REQUIRE(at != findings.end());
    return *at;
  }
};

ConvertOptions for_target(std::string_view name) {
  ConvertOptions out;
  out.target = find_target(name);
  out.now_ms = kNowMs;
  return out;
}

Converted convert(const std::string& file, const ConvertOptions& options = for_target("valkey-8.0"),
                  bool stop_at_refusal = false) {
  MemorySource source(file);
  Reader reader(source);
  CHECK(reader.open());
  Converter converter(options);
  MemorySink sink;
  Converted out;
  out.ok = converter.run(reader, sink, stop_at_refusal);
  out.bytes = sink.bytes();
  out.findings = converter.findings();
  out.changes = converter.changes();
  CHECK(out.ok == (status(out.findings) == Status::ok));
  if (out.ok) CHECK(converter.bytes_written() == out.bytes.size());
  return out;
}

// Two counts in the form that can be patched.
std::string hint(uint64_t keys, uint64_t expires) {
  return Bytes{}.u8(0xfb).u8(0x81).u64be(keys).u8(0x81).u64be(expires).string();
}

std::string hellotype() { return vector_named("module_id_hellotype_v0").bytes; }
std::string module_value() { return hellotype() + std::string("\x02\x07\x00", 3); }

// A hash-2 value of one field without expiry.
std::string hash_2() {
  return rdb_length(1) + rdb_string("f") + rdb_string("v") + Bytes{}.i64le(-1).string();
}

}  // namespace

TEST_CASE("convert: values are copied byte for byte, whatever their form") {
  // A length in a longer form than needed, and an integer in more bytes than needed.
  const std::string list = "\x40\x02" + rdb_string("a") + "\xc2\x05" + std::string(3, '\0');
  const std::string hash = rdb_string(ZiplistBlob().str("f").str("v").blob());
  const Converted got = convert(RdbFile("REDIS0006")
                                    .select(0)
                                    .entry(1, "l", list)
                                    .select(3)
                                    .expire_ms(kNowMs + 1)
                                    .entry(13, "h", hash)
                                    .end());
  CHECK(got.ok);
  CHECK(got.bytes == RdbFile("REDIS0011")
                         .select(0)
                         .raw(hint(1, 0))
                         .entry(1, "l", list)
                         .select(3)
                         .raw(hint(1, 1))
                         .expire_ms(kNowMs + 1)
                         .entry(13, "h", hash)
                         .end());
}

TEST_CASE("convert: seconds become ms, and are counted") {
  const Converted got = convert(
      RdbFile("REDIS0002").select(0).expire_s(2000000000).string("k", "v").end_without_trailer());
  CHECK(got.ok);
  CHECK(got.bytes ==
        RdbFile().select(0).raw(hint(1, 1)).expire_ms(2000000000000).string("k", "v").end());
  CHECK(got.changes.expiries_to_ms == 1);
  CHECK(got.changes.checksum_added);
  CHECK(got.changes.header == "REDIS0011");
}

// rdb-format.md section 12: source FC = -1 means "no expire": emit none.
TEST_CASE("convert: an expiry of -1 is written as none") {
  const Converted got = convert(RdbFile().select(0).expire_ms(-1).string("k", "v").end());
  CHECK(got.bytes == RdbFile().select(0).raw(hint(1, 0)).string("k", "v").end());
}

TEST_CASE("convert: wrong and missing hints become exact") {
  const Converted got =
      convert(RdbFile().select(0).hint(100, 50).string("a", "1").select(1).string("b", "1").end());
  CHECK(got.ok);
  CHECK(got.bytes == RdbFile()
                         .select(0)
                         .raw(hint(1, 0))
                         .string("a", "1")
                         .select(1)
                         .raw(hint(1, 0))
                         .string("b", "1")
                         .end());
  CHECK(got.changes.has_hints);
}

TEST_CASE("convert: a checksum that is there is no change, one that is not is added") {
  const RdbFile file = RdbFile().select(0).string("k", "v");
  CHECK_FALSE(convert(file.end()).changes.checksum_added);
  const Converted got = convert(file.end_without_checksum());
  CHECK(got.ok);
  CHECK(got.changes.checksum_added);
  CHECK(got.names() == "no_checksum");
  CHECK(walk_file(got.bytes).checksum == Checksum::verified);
}

// rdb-format.md section 12 and 3.1: which AUX fields may be carried.
TEST_CASE("convert: only AUX fields that mean the same to every server are carried") {
  const std::string file = RdbFile("REDIS0009")
                               .aux("redis-ver", "6.2.16")
                               .aux("redis-bits", "64")
                               .aux("ctime", "1700000000")
                               .aux("used-mem", "1000000")
                               .aux("repl-stream-db", "0")
                               .aux("repl-id", std::string(40, 'a'))
                               .aux("repl-offset", "100")
                               .aux("aof-preamble", "0")
                               .aux("slot-info", "1,2,3")
                               .aux("mine", "x")
                               .aux("lua", "return 1")
                               .end();
  const Converted got = convert(file);
  CHECK(got.ok);
  const Lines carried = {"aux redis-ver = 6.2.16", "aux redis-bits = 64", "aux ctime = 1700000000",
                         "aux used-mem = 1000000"};
  check_lines(walk_file(got.bytes).records(), carried);
  check_lines(got.changes.aux_dropped,
              {"repl-stream-db", "repl-id", "repl-offset", "aof-preamble", "slot-info", "mine"});
  CHECK(got.changes.scripts_dropped == 1);
  ConvertOptions keep = for_target("valkey-8.0");
  keep.keep_replication_id = true;
  Lines more = carried;
  more.insert(more.end(), {"aux repl-stream-db = 0", "aux repl-id = " + std::string(40, 'a'),
                           "aux repl-offset = 100"});
  check_lines(walk_file(convert(file, keep).bytes).records(), more);
}

TEST_CASE("convert: functions are copied, those of release candidates rewritten as 7.0 does") {
  const std::string pre_ga =
      "\xf6" + rdb_string("lib") + rdb_string("lua") + rdb_length(0) + rdb_string("return 1");
  const Converted got =
      convert(RdbFile("REDIS0010").function("#!lua name=l1\ncode").raw(pre_ga).end());
  CHECK(got.ok);
  CHECK(got.changes.functions_rewritten == 1);
  // "#!" engine " name=" name "\n" code (redis 7.0.15, rdbFunctionLoad)
  check_lines(walk_file(got.bytes).records(),
              {"function = #!lua name=l1\ncode", "function = #!lua name=lib\nreturn 1"});
}

TEST_CASE("convert: slot records are dropped and counted") {
  const Converted got = convert(vector_named("file_valkey9.1_slot_import").bytes);
  CHECK(got.ok);
  CHECK(got.changes.slot_imports_dropped == 1);
  check_lines(walk_file(got.bytes).records(),
              {"aux valkey-ver = 9.1.2", "hint db 0 keys 1 expires 0", "entry db 0 key a string"});
  const Converted hinted =
      convert(RdbFile("VALKEY080").raw("\xf4\x7c\x03\x01\x01").string("k", "v").end());
  CHECK(hinted.ok);
  CHECK(hinted.changes.slot_hints_dropped == 1);
}

TEST_CASE("convert: module values and AUX data need the module") {
  const std::string aux = "\xf7" + hellotype() + std::string("\x02\x01\x00", 3);
  const std::string with_value =
      RdbFile().select(0).entry(7, "a", module_value()).entry(7, "b", module_value()).end();
  const Converted refused = convert(with_value);
  CHECK_FALSE(refused.ok);
  CHECK(refused.names() == "module_missing");
  const Finding& finding = refused.finding("module_missing");
  CHECK(finding.status == Status::unexpected);
  CHECK(finding.severity == Severity::refuses);
  CHECK(finding.key == "a");
  CHECK(finding.words.find("module hellotype ") != std::string::npos);
  CHECK(convert(RdbFile().raw(aux).end()).names() == "module_missing");
  ConvertOptions there = for_target("valkey-8.0");
  there.modules = {"othertype", "hellotype"};
  const Converted got = convert(with_value, there);
  CHECK(got.ok);
  CHECK(got.bytes == RdbFile()
                         .select(0)
                         .raw(hint(2, 0))
                         .entry(7, "a", module_value())
                         .entry(7, "b", module_value())
                         .end());
  CHECK(convert(RdbFile().raw(aux).end(), there).bytes == RdbFile().raw(aux).end());
}

TEST_CASE("convert: a database that the target does not have is refused") {
  const std::string file = RdbFile().select(15).string("a", "1").select(16).string("b", "1").end();
  const Converted got = convert(file);
  CHECK_FALSE(got.ok);
  CHECK(got.names() == "database_out_of_range");
  CHECK(got.findings[0].db == 16);
  CHECK(got.findings[0].key == "b");
  CHECK(got.findings[0].words == "the target has databases 0 to 15 only (--databases)");
  ConvertOptions more = for_target("valkey-8.0");
  more.databases = 17;
  CHECK(convert(file, more).ok);
}

TEST_CASE("convert: types too new for the target are refused, each named once") {
  const std::string set = rdb_string(ListpackBlob().str("a").blob());
  const std::string file = RdbFile()
                               .select(0)
                               .entry(20, "s1", set)
                               .entry(20, "s2", set)
                               .entry(21, "st", std::string(10, '\0'))
                               .end();
  const Converted got = convert(file, for_target("redis-7.0"));
  CHECK_FALSE(got.ok);
  CHECK(got.names() == "type_too_new type_too_new");
  CHECK(got.findings[0].words == "the target does not read values of type set-listpack");
  CHECK(got.findings[0].count == 2);
  CHECK(got.findings[0].key == "s1");
  CHECK(got.findings[1].words == "the target does not read values of type stream-listpacks-3");
  CHECK(convert(file, for_target("valkey-7.2")).ok);
}

TEST_CASE("convert: a hash with field expiries is for Valkey 9 alone") {
  const std::string file = RdbFile("VALKEY080").select(0).entry(22, "h", hash_2()).end();
  for (const char* name : {"valkey-7.2", "valkey-8.0", "valkey-8.1", "redis-7.0"}) {
    const Converted got = convert(file, for_target(name));
    CHECK_FALSE(got.ok);
    CHECK(got.names() == "type_too_new");
    CHECK(got.findings[0].words == "the target does not read values of type hash-2");
  }
  const Converted got = convert(file, for_target("valkey-9.0"));
  CHECK(got.ok);
  CHECK(got.bytes == RdbFile("VALKEY080").select(0).raw(hint(1, 0)).entry(22, "h", hash_2()).end());
}

TEST_CASE("convert: a duplicate key is refused, unless a copy is dropped on load") {
  const Converted got = convert(RdbFile().string("k", "1").string("k", "2").end());
  CHECK_FALSE(got.ok);
  CHECK(got.names() == "duplicate_key");
  CHECK(got.findings[0].key == "k");
  CHECK(status(got.findings) == Status::unexpected);
  const Converted expired = convert(RdbFile().expire_ms(1).string("k", "1").string("k", "2").end());
  CHECK(expired.ok);
  CHECK(expired.names() == "expired_keys");
  CHECK(convert(RdbFile().string("k", "1").select(1).string("k", "2").end()).ok);
}

TEST_CASE("convert: expiries that look swapped are refused until their order is given") {
  const std::string file = RdbFile("REDIS0008")
                               .select(0)
                               .raw(Bytes{}.u8(0xfc).u64be(4102444800000).view())
                               .string("k", "v")
                               .end();
  const Converted got = convert(file);
  CHECK_FALSE(got.ok);
  CHECK(got.finding("expiries_swapped").severity == Severity::refuses);
  CHECK(status(got.findings) == Status::unexpected);
  MemorySource source(file);
  ReaderOptions big;
  big.expiry_order = ReaderOptions::ExpiryOrder::big;
  Reader reader(source, big);
  REQUIRE(reader.open());
  Converter converter(for_target("valkey-8.0"));
  MemorySink sink;
  CHECK(converter.run(reader, sink, false));
  CHECK(sink.bytes() ==
        RdbFile().select(0).raw(hint(1, 1)).expire_ms(4102444800000).string("k", "v").end());
}

TEST_CASE("convert: what a server drops on load is kept and told") {
  const Converted got = convert(RdbFile()
                                    .select(0)
                                    .expire_ms(kNowMs - 1)
                                    .string("gone", "v")
                                    .entry(1, "empty", rdb_length(0))
                                    .end());
  CHECK(got.ok);
  CHECK(got.names() == "expired_keys empty_collections");
  CHECK(walk_file(got.bytes).records().size() == 3);
}

TEST_CASE("convert: a foreign file is refused whatever the target, with all that is in it") {
  const std::string& file = vector_named("file_redis8.0_rdb12_hfe").bytes;
  for (const Target& target : targets()) {
    const Converted got = convert(file, for_target(target.name));
    CHECK_FALSE(got.ok);
    CHECK(got.names() == "foreign_version foreign_type foreign_type");
    CHECK(status(got.findings) == Status::foreign);
  }
}

TEST_CASE("convert: damage is the only finding of what cannot be read") {
  std::string listpack = ListpackBlob().str("f").str("v").blob();
  listpack[11] = 9;
  const Converted got =
      convert(RdbFile().select(0).entry(16, "h", rdb_string(listpack)).string("k", "v").end());
  CHECK_FALSE(got.ok);
  CHECK(got.names() == "entry_back_length");
  CHECK(got.findings[0].key == "h");
  CHECK(status(got.findings) == Status::damaged);
}

TEST_CASE("convert: reading goes on after a refusal, unless told to stop") {
  const std::string file =
      RdbFile().select(20).string("a", "1").select(0).entry(7, "m", module_value()).end();
  CHECK(convert(file).names() == "database_out_of_range module_missing");
  CHECK(convert(file, for_target("valkey-8.0"), true).names() == "database_out_of_range");
}

TEST_CASE("convert: a sink that fails ends it with the sink's error") {
  class Full : public ByteSink {
    bool write(std::string_view) override {
      return fail({.code = Code::write_failed, .words = "full"});
    }
  };
  const std::string file = RdbFile().string("k", std::string(kBufferBytes * 2, 'v')).end();
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  Converter converter(for_target("valkey-8.0"));
  Full sink;
  CHECK_FALSE(converter.run(reader, sink, false));
  CHECK(message(converter.write_error(), "out") == "out: cannot write: full");
}

TEST_CASE("convert: every open snapshot converts, and holds the same afterwards") {
  ConvertOptions options = for_target("valkey-9.0");
  options.modules = {"hellotype", "datatype_"};
  size_t seen = 0;
  for (const std::string& path : rdb_files("testdata/types")) {
    CAPTURE(path);
    const std::string bytes = read_whole_file(path);
    const FileWalk before = walk_file(bytes);
    if (!before.finished || before.header.dialect == Dialect::redis_ce) continue;
    for (const Target& target : targets()) {
      options.target = &target;
      const Converted got = convert(bytes, options);
      if (!got.ok) continue;
      ++seen;
      const FileWalk after = walk_file(got.bytes);
      CHECK(after.checksum == Checksum::verified);
      const auto values = [](const FileWalk& walk) {
        Lines out;
        for (const std::string& line : walk.lines) {
          if (line.starts_with("entry ") || line.starts_with("  ")) out.push_back(line);
        }
        return out;
      };
      check_lines(values(after), values(before));
    }
  }
  CHECK(seen >= 80);
}

}  // namespace rdb
