#include "rdb/carry/convert.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/content.h"
#include "tests/support/converted.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/testdata.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

std::vector<Kind> every_kind() {
  using enum Kind;
  return {string, list, set, zset, hash, stream, module};
}

std::vector<std::string> content_of(std::string_view file) {
  Content content;
  std::vector<std::string> out;
  REQUIRE(read_content(file, content, out));
  return out;
}

// Streams may gain what their old form did not tell.
bool has_streams(const std::vector<std::string>& content) {
  const auto is_stream = [](const std::string& entry) {
    return entry.find(" = stream") != std::string::npos;
  };
  return std::any_of(content.begin(), content.end(), is_stream);
}

// A field of a hash-2 value.
std::string field_2(std::string_view name, int64_t expiry) {
  return rdb_string(name) + rdb_string("v") + Bytes{}.i64le(expiry).string();
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
  CHECK_FALSE(got.changes.hints_dropped);
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
  const std::string g = "redis.register_function('g', function() return 1 end)";
  const std::string lf = "#!lua name=l1\nredis.register_function('f', function() return 1 end)";
  const std::string pre_ga = "\xf6" + rdb_string("lib") + rdb_string("lua") + std::string(1, '\0');
  const Converted got =
      convert(RdbFile("REDIS0010").function(lf).raw(pre_ga + rdb_string(g)).end());
  CHECK((got.ok && got.changes.functions_rewritten == 1));  // redis 7.0.15 rdbFunctionLoad:
  CHECK(got.bytes == RdbFile().function(lf).function("#!lua name=lib\n" + g).end());
}

TEST_CASE("convert: slot records are dropped and counted") {
  const std::string import =
      "\xf3" + rdb_string(std::string(40, 'a')) + rdb_length(1) + rdb_length(5) + rdb_length(5);
  const Converted got = convert(RdbFile("VALKEY080").raw(import).select(0).string("a", "1").end());
  CHECK(got.ok);
  CHECK(got.changes.slot_imports_dropped == 1);
  check_lines(walk_file(got.bytes).records(),
              {"hint db 0 keys 1 expires 0", "entry db 0 key a string"});
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
  there.loading.modules = {"othertype", "hellotype"};
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
  more.loading.databases = 17;
  CHECK(convert(file, more).ok);
}

TEST_CASE("convert: types that the target does not read take a form that it does") {
  const std::string file = RdbFile()
                               .select(0)
                               .entry(20, "s", rdb_string(ListpackBlob().str("a").blob()))
                               .entry(21, "st", std::string(10, '\0'))
                               .end();
  const Converted got = convert(file, for_target("redis-7.0"));
  CHECK(got.ok);
  CHECK(got.changes.values_encoded == 2);
  CHECK(got.bytes == RdbFile("REDIS0010")
                         .select(0)
                         .raw(hint(2, 0))
                         .entry(2, "s", rdb_length(1) + rdb_string("a"))
                         .entry(19, "st", std::string(10, '\0'))
                         .end());
  CHECK(convert(file, for_target("valkey-7.2")).changes.values_encoded == 0);
}

TEST_CASE("convert: what a target cannot hold is a loss, all of it told") {
  const std::string file = RdbFile()
                               .function("#!lua name=l\n")
                               .select(0)
                               .entry(21, "s1", std::string(10, '\0'))
                               .string("k", "v")
                               .entry(21, "s2", std::string(10, '\0'))
                               .end();
  const Converted refused = convert(file, for_target("redis-4.0"));
  CHECK_FALSE(refused.ok);
  CHECK(refused.names() == "functions streams");
  CHECK(refused.findings[1].count == 2);
  CHECK(refused.findings[1].key == "s1");
  CHECK(refused.findings[1].severity == Severity::drops);
  CHECK(status(refused.findings) == Status::unexpected);
  CHECK(refused.bytes.size() < 9 + 1);  // nothing but what was written before the first loss

  ConvertOptions options = for_target("redis-4.0");
  options.allowed_losses = {"streams"};
  CHECK_FALSE(convert(file, options).ok);
  options.allowed_losses = {"streams", "functions"};
  const Converted got = convert(file, options);
  CHECK(got.ok);
  CHECK(got.names() == "functions streams");
  CHECK(got.bytes == RdbFile("REDIS0008").select(0).raw(hint(1, 0)).string("k", "v").end());
}

TEST_CASE("convert: before RDB 7 there are no AUX fields and no counts") {
  const std::string file = RdbFile().aux("redis-ver", "7.2.6").select(0).string("k", "v").end();
  const Converted got = convert(file, for_target("redis-2.6"));
  CHECK(got.ok);
  CHECK(got.changes.aux_dropped == std::vector<std::string>{"redis-ver"});
  CHECK(got.bytes == RdbFile("REDIS0006").select(0).string("k", "v").end());
}

TEST_CASE("convert: idle times and frequencies are for 5.0 and later") {
  const std::string file = RdbFile().select(0).raw("\xf9\x07").string("k", "v").end();
  const Converted got = convert(file, for_target("redis-4.0"));
  CHECK(got.ok);
  CHECK(got.changes.eviction_dropped == 1);
  CHECK(got.bytes == RdbFile("REDIS0008").select(0).raw(hint(1, 0)).string("k", "v").end());
}

TEST_CASE("convert: expiries of hash fields are for Valkey 9 alone") {
  const std::string hash =
      rdb_length(3) + field_2("a", kNowMs + 1) + field_2("b", -1) + field_2("c", kNowMs);
  const std::string file = RdbFile("VALKEY080").select(0).entry(22, "h", hash).end();
  const std::string kept = ListpackBlob().str("a").str("v").str("b").str("v").blob();
  for (const char* name : {"valkey-7.2", "valkey-8.0", "valkey-8.1", "redis-7.0"}) {
    const Converted refused = convert(file, for_target(name));
    CHECK_FALSE(refused.ok);
    CHECK(refused.names() == "field_expiries expired_fields");
    CHECK(refused.findings[0].key == "h");
    CHECK(refused.findings[0].count == 1);
    ConvertOptions options = for_target(name);
    options.allowed_losses = {"field_expiries"};
    const Converted got = convert(file, options);
    CHECK(got.ok);
    CHECK(got.bytes == RdbFile(got.changes.header)
                           .select(0)
                           .raw(hint(1, 0))
                           .entry(16, "h", rdb_string(kept))
                           .end());
  }
  const Converted got = convert(file, for_target("valkey-9.0"));
  CHECK(got.ok);
  CHECK(got.bytes == RdbFile("VALKEY080").select(0).raw(hint(1, 0)).entry(22, "h", hash).end());
}

TEST_CASE("convert: an empty hash of expiring fields stays an empty hash") {
  const Converted got = convert(RdbFile("VALKEY080").select(0).entry(22, "h", rdb_length(0)).end());
  CHECK(got.ok);
  CHECK(got.names() == "empty_collections");
  CHECK(got.bytes == RdbFile().select(0).raw(hint(1, 0)).entry(4, "h", rdb_length(0)).end());
}

TEST_CASE("convert: a server that would make keys of empty collections gets none") {
  RdbFile file("VALKEY080");
  file.select(0).entry(2, "a", rdb_length(0)).entry(10, "b", rdb_string(ZiplistBlob().blob()));
  file.entry(22, "c", rdb_length(0)).entry(22, "d", rdb_length(1) + field_2("f", kNowMs - 1));
  ConvertOptions options = for_target("redis-6.0");
  for (const bool is_encoded : {false, true}) {
    if (is_encoded) options.reencode = {Kind::list, Kind::set, Kind::hash};
    const Converted got = convert(file.end(), options);
    CHECK(got.names() == "empty_dropped expired_hashes expired_fields");
    CHECK(got.bytes == RdbFile("REDIS0009").end());
  }
}

TEST_CASE("convert: hash fields without an expiry lose nothing, hashes of expired fields go") {
  const Converted got = convert(RdbFile("VALKEY080")
                                    .select(0)
                                    .entry(22, "gone", rdb_length(1) + field_2("f", kNowMs - 1))
                                    .entry(22, "h", rdb_length(1) + field_2("f", -1))
                                    .end());
  CHECK(got.ok);
  CHECK(got.names() == "expired_hashes expired_fields");
  CHECK(got.bytes == RdbFile()
                         .select(0)
                         .raw(hint(1, 0))
                         .entry(16, "h", rdb_string(ListpackBlob().str("f").str("v").blob()))
                         .end());
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
  size_t seen = 0;
  for (const std::string& path : rdb_files("testdata/types")) {
    CAPTURE(path);
    const std::string bytes = read_whole_file(path);
    const FileWalk before = walk_file(bytes);
    if (!before.finished || before.header.dialect == Dialect::redis_ce) continue;
    const std::vector<std::string> content = content_of(bytes);
    for (const Target& target : targets()) {
      CAPTURE(target.name);
      for (const bool reencode : {false, true}) {
        ConvertOptions options = for_target(target.name);
        options.loading.modules = {"hellotype", "datatype_"};
        if (reencode) options.reencode = every_kind();
        const Converted got = convert(bytes, options);
        if (!got.ok) continue;
        ++seen;
        if (!has_streams(content)) CHECK(content_of(got.bytes) == content);
        // Up again, what the target could not tell is derived as a server would.
        options.loading.target = find_target("valkey-9.0");
        options.reencode = every_kind();
        const Converted up = convert(got.bytes, options);
        CHECK(up.ok);
        CHECK(content_of(up.bytes) == content_of(convert(bytes, options).bytes));
      }
    }
  }
  CHECK(seen >= 500);
}

}  // namespace rdb
