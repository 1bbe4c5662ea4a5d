#include "rdb/file/product.h"

#include <string>

#include <doctest/doctest.h>

#include "rdb/server/findings.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

constexpr WalkOptions kTolerant{.reader = {.takes_foreign = true, .takes_strays = true}};

std::string writer_of_file(const std::string& file) {
  const Surveyed got(file);
  return writer_of(got.reader.header(), got.survey);
}

// The names of what only one product has, with how often and where first.
std::string inventory(const std::string& file) {
  MemorySource source(file);
  Reader reader(source, kTolerant.reader);
  Survey survey(kNowMs);
  REQUIRE(reader.open());
  (void)survey.add_all(reader, true);
  std::string out;
  for (const Foreign& row : foreign_inventory(reader, survey)) {
    out += (out.empty() ? "" : ", ") + row.name + " " + std::to_string(row.id) + " x" +
           std::to_string(row.count) + " at " + std::to_string(row.first.offset);
    if (!row.is_opcode) out += " " + std::string(row.first.key.start());
  }
  return out;
}

RdbFile dragonfly() {
  return RdbFile("REDIS0009").aux("redis-ver", "6.2.11").aux("df-ver", "df-v1.30.0").select(0);
}

}  // namespace

TEST_CASE("product: an AUX field that nothing else writes tells who wrote the file") {
  const auto of = [](std::string_view header, std::string_view redis_ver, std::string_view aux,
                     std::string_view value) {
    RdbFile file(header);
    file.aux("redis-ver", redis_ver);
    if (!aux.empty()) file.aux(aux, value);
    return writer_of_file(file.select(0).string("k", "v").end());
  };
  CHECK(of("REDIS0009", "6.2.11", "df-ver", "df-v1.30.0") == "Dragonfly 1.30.0");
  CHECK(of("REDIS0009", "6.0.16", "mvcc-tstamp", "1") == "KeyDB 6.0.16");
  CHECK(of("REDIS0009", "6.0.16", "repl-masters", "a:1:h:1:0;") == "KeyDB 6.0.16");
  CHECK(of("REDIS0009", "6.2.6", "gtid-repl-mode", "psync") == "XRedis (Redis-On-Rocks) 6.2.6");
  CHECK(of("REDIS0009", "6.2.6", "rordb", "00001") == "XRedis (Redis-On-Rocks) 6.2.6");
  CHECK(of("REDIS0012", "7.4.2", "bigdb-ram-keys", "3") == "Redis Enterprise 7.4.2");
}

// KeyDB 6.3.x and Redict 7.3.x have numbers that Redis never had but for its release candidates,
// which are 100 and more: 7.4-rc1 calls itself 7.3.240 (testdata/corpus/redis-7.4-rc1).
TEST_CASE("product: a version that Redis never had tells who wrote the file") {
  const auto of = [](std::string_view header, std::string_view redis_ver) {
    return writer_of_file(RdbFile(header).aux("redis-ver", redis_ver).end());
  };
  CHECK(of("REDIS0009", "6.3.4") == "KeyDB 6.3.4");
  CHECK(of("REDIS0012", "7.3.6") == "Redict 7.3.6");
  CHECK(of("REDIS0012", "7.3.240") == "Redis 7.3.240");
  CHECK(of("REDIS0012", "7.4.1") == "Redis 7.4.1");
  CHECK(of("REDIS0011", "7.3.6") == "Redis 7.3.6");
  CHECK(of("REDIS0009", "6.2.7") == "Redis 6.2.7");
  CHECK(of("REDIS0009", "6.3") == "Redis 6.3");
}

TEST_CASE("product: what looks like a product's is no product") {
  const auto of = [](const RdbFile& file) { return writer_of_file(file.end()); };
  RdbFile redis = RdbFile("REDIS0009").aux("redis-ver", "6.2.7");
  // Names that only begin alike, and values.
  CHECK(of(RdbFile(redis).aux("df-version", "1").aux("gtid", "1").aux("mvcc", "1")) ==
        "Redis 6.2.7");
  CHECK(of(RdbFile(redis).aux("ctime", "df-ver").aux("note", "keydb")) == "Redis 6.2.7");
  CHECK(of(RdbFile(redis).select(0).string("df-ver", "mvcc-tstamp")) == "Redis 6.2.7");
  // AUX data of a module, whose name anybody may choose.
  const std::string id = Bytes{}.u8(0x81).u64be(0x4d5a1fb8e0000400).string();
  CHECK(of(RdbFile(redis).raw("\xf7" + id + std::string("\x02\x01\x00", 3))) == "Redis 6.2.7");
  // Another dialect.
  CHECK(of(RdbFile("VALKEY080").aux("valkey-ver", "9.1.0").aux("mvcc-tstamp", "1")) ==
        "Valkey 9.1.0");
}

TEST_CASE("product: Redict's RDB 12 is read as RDB 11, and Redis 7.4's is not") {
  const std::string slots = "\xf4" + rdb_length(5) + rdb_length(1) + rdb_length(0);
  const auto file = [&](std::string_view version) {
    return RdbFile("REDIS0012").aux("redis-ver", version).select(0).raw(slots).string("a", "1");
  };
  const FileWalk redict = walk_at_every_step(file("7.3.6").end());
  CHECK(redict.finished);
  CHECK(redict.header.dialect == Dialect::redis);
  CHECK_FALSE(is_foreign(redict.header));
  check_lines(redict.records(),
              {"aux redis-ver = 7.3.6", "slot-info 5 keys 1 expires 0", "entry db 0 key a string"});
  const FileWalk redis = walk_at_every_step(file("7.4.1").end());
  CHECK(redis.header.dialect == Dialect::redis_ce);
  CHECK(is_foreign(redis.header));
  // A type of Redis 7.4 is none of Redict's.
  const FileWalk odd = walk_at_every_step(
      RdbFile("REDIS0012").aux("redis-ver", "7.3.6").entry(24, "h", "whatever").end());
  CHECK(name(odd.error.code) == "bad_opcode");
}

// dragonfly src/server/rdb_save.cc, rdb_load.cc, by hand.
TEST_CASE("product: what only Dragonfly has is stepped over and counted") {
  const std::string s = rdb_string("0123456789");
  const std::string n = rdb_length(2);
  const std::string eight(8, '\1');
  const std::string chunked = rdb_length(10) + rdb_length(4) + "abcd" + rdb_length(6) + "efghij";
  const struct {
    unsigned id;
    const char* name;
    std::string value;
  } types[] = {
      {20, "json-old", s},
      {30, "json", s},
      {31, "hash-with-expiry", n + s + s + s + s + s + s},
      {32, "set-with-expiry", n + s + s + s + s},
      {33, "bloom-filter", n + eight + eight + n + n + n + n + n + s + n + s},
      {34, "bloom-filter-2", n + eight + eight + n + n + n + n + n + chunked + n + chunked},
      {35, "count-min-sketch", n + n + n + eight + eight + eight + eight},
      {36, "top-k", n + n + n + n + eight + n + s + n + s + n + s},
      {37, "cuckoo-filter", n + n + n + n + n + n + n + chunked + chunked},
  };
  for (const auto& type : types) {
    CAPTURE(type.id);
    const RdbFile file = dragonfly()
                             .expire_ms(5)
                             .entry(type.id, "x", type.value)
                             .string("k", "v")
                             .entry(type.id, "y", type.value);
    const FileWalk walk = walk_at_every_step(file.end_without_checksum(), kTolerant);
    CHECK(walk.message() == "dump.rdb: no error");
    const Lines records = walk.records();
    REQUIRE(records.size() == 5);
    CHECK(records[2] == "foreign db 0 key x " + std::string(type.name));
    CHECK(records[3] == "entry db 0 key k string");
    CHECK(inventory(file.end_without_checksum()) ==
          std::string(type.name) + " " + std::to_string(type.id) + " x2 at 48 x");
  }
  const struct {
    unsigned id;
    const char* name;
    std::string content;
  } opcodes[] = {
      {200, "fullsync-end", eight},
      {201, "compressed-zstd-blob", s},
      {202, "compressed-lz4-blob", s},
      {210, "journal-blob", n + s},
      {211, "journal-offset", eight},
      {220, "key-flags", std::string("\1\0\0\0", 4)},
      {220, "key-flags", std::string("\3\0\0\0\7\0\0\0", 8)},
      {223, "shard-doc-index", n + s + n + s + n + s + n},
      {224, "tagged-chunk", Bytes{}.u32le(1).u32le(5).str("12345").string()},
  };
  for (const auto& opcode : opcodes) {
    CAPTURE(opcode.id);
    const std::string item = Bytes{}.u8(opcode.id).string() + opcode.content;
    const RdbFile file = dragonfly().raw(item).expire_ms(5).raw(item).string("k", "v");
    const FileWalk walk = walk_at_every_step(file.end_without_checksum(), kTolerant);
    check_lines({walk.records().back()}, {"entry db 0 key k string expires 5"});
    CHECK(inventory(file.end_without_checksum()) ==
          std::string(opcode.name) + " " + std::to_string(opcode.id) + " x2 at 48");
  }
}

TEST_CASE("product: what cannot be stepped over ends the walk, with what came before") {
  const std::string flags = Bytes{}.u8(220).u32le(1).string();
  const RdbFile file = dragonfly().raw(flags).string("k", "v").raw("\xde");
  const FileWalk walk = walk_at_every_step(file.end_without_checksum(), kTolerant);
  CHECK(walk.message() ==
        "dump.rdb: byte 58: opcode 222 is of a format that this release cannot "
        "follow (vector-index of Dragonfly)");
  CHECK(inventory(file.end_without_checksum()) == "key-flags 220 x1 at 48");
}

TEST_CASE("product: unless it is asked for, what only one product has is an error") {
  const FileWalk walk = walk_at_every_step(
      dragonfly().entry(30, "doc", rdb_string("{}")).string("k", "v").end_without_checksum());
  CHECK(walk.message() ==
        "dump.rdb: byte 53: db 0 key \"doc\" [json]: value type 30 is of a format "
        "that this release cannot follow (json of Dragonfly)");
  CHECK(status(walk.error.code) == Status::foreign);
}

// KeyDB 6.3.4 src/rdb.cpp, rdbSaveObject: script, start, interval, keys, arguments.
TEST_CASE("product: a cron job of KeyDB is named, whatever its layout") {
  const std::string job = rdb_string("return 1") + std::string(16, '\0') + rdb_length(1) +
                          rdb_string("k") + rdb_length(2) + rdb_string("a") + rdb_string("b");
  const auto keydb = [](std::string_view value) {
    return RdbFile("REDIS0009")
        .aux("redis-ver", "6.3.4")
        .select(1)
        .entry(64, "job", value)
        .string("k", "v");
  };
  CHECK(inventory(keydb(job).end()) == "cron 64 x1 at 28 job");
  const FileWalk good = walk_at_every_step(keydb(job).end(), kTolerant);
  check_lines({good.records().back()}, {"entry db 1 key k string"});
  // Another layout, which the checksum says was written so.
  const std::string other = rdb_string("x") + "\xc5";
  const FileWalk foreign = walk_at_every_step(keydb(other).end(), kTolerant);
  CHECK(status(foreign.error.code) == Status::foreign);
  CHECK(foreign.message().ends_with("(cron of KeyDB)"));
  // Nothing says so.
  for (const std::string& file :
       {keydb(other).end_without_checksum(), keydb(job).cut().substr(0, 50)}) {
    const FileWalk damaged = walk_at_every_step(file, kTolerant);
    CHECK(name(damaged.error.code) == "foreign_layout");
    CHECK(damaged.message() ==
          "dump.rdb: byte 33: db 1 key \"job\" [cron]: cron of KeyDB is not "
          "laid out as that product writes it, or is cut");
  }
}

TEST_CASE("product: without an AUX field the number of a type names a product that may have it") {
  const RdbFile file = RdbFile("REDIS0009").aux("redis-ver", "6.0.16").entry(64, "job", "whatever");
  const FileWalk walk = walk_at_every_step(file.end());
  CHECK(walk.message() ==
        "dump.rdb: byte 27: value type 64 is of a format that this release cannot "
        "follow (cron of KeyDB, by its number)");
  CHECK(name(walk_at_every_step(file.end_without_checksum()).error.code) == "bad_opcode");
  // KeyDB writes RDB 9, and Dragonfly no checksum and always df-ver.
  CHECK(name(walk_at_every_step(RdbFile("REDIS0011").entry(64, "j", "").end()).error.code) ==
        "bad_opcode");
  CHECK(name(walk_at_every_step(RdbFile("REDIS0009").raw("\xdc").end()).error.code) ==
        "bad_opcode");
}

// Redis-On-Rocks src/ctrip_swap_bitmap.c, src/ctrip_swap_rordb.c, by hand. Type 16 is a hash to
// Redis 7.0, whose files are RDB 10.
TEST_CASE("product: a bitmap of XRedis is not taken for a hash of Redis") {
  const std::string bitmap =
      rdb_length(10) + rdb_length(4) + rdb_string("abcd") + rdb_string("efgh") + rdb_string("ij");
  const RdbFile file = RdbFile("REDIS0009")
                           .aux("gtid-lost", "")
                           .select(0)
                           .entry(16, "bits", bitmap)
                           .string("k", "v");
  CHECK(inventory(file.end()) == "bitmap 16 x1 at 23 bits");
  const FileWalk walk = walk_at_every_step(file.end(), kTolerant);
  check_lines({walk.records().back()}, {"entry db 0 key k string"});
  const std::string zero = rdb_length(10) + rdb_length(0);
  const RdbFile odd = RdbFile("REDIS0009").aux("rordb", "00001").entry(16, "bits", zero);
  CHECK(name(walk_at_every_step(odd.end_without_checksum(), kTolerant).error.code) ==
        "foreign_layout");
}

// redis_ent_opcode_ram_lru of librdb, by hand.
TEST_CASE("product: opcodes of Redis Enterprise are counted where AUX fields name it") {
  const std::string lru = "k" + rdb_length(67);
  const RdbFile file = RdbFile("REDIS0012")
                           .aux("redis-ver", "7.4.2")
                           .aux("big-used-ram", "1")
                           .select(0)
                           .raw(lru)
                           .string("a", "b")
                           .raw(lru)
                           .string("e", "f");
  CHECK(inventory(file.end()) == "RAM_LRU 107 x2 at 44");
}

TEST_CASE("product: a filter whose pieces do not make it up is no filter") {
  const std::string piece = rdb_length(10) + rdb_length(11) + std::string(11, 'x');
  const std::string filter = rdb_length(4) + rdb_length(5) + rdb_length(2) + rdb_length(1) +
                             rdb_length(0) + rdb_length(0) + rdb_length(1) + piece;
  const FileWalk walk =
      walk_at_every_step(dragonfly().entry(37, "f", filter).end_without_checksum(), kTolerant);
  CHECK(name(walk.error.code) == "foreign_layout");
  const std::string huge = Bytes{}.u8(0x81).u64be(UINT64_MAX / 4).string() + rdb_length(9) + "\0";
  const FileWalk wide =
      walk_at_every_step(dragonfly().entry(35, "f", huge).end_without_checksum(), kTolerant);
  CHECK(name(wide.error.code) == "foreign_layout");
}

TEST_CASE("product: what is longer than the buffer is stepped over as well") {
  const std::string blob = rdb_string(std::string(kBufferBytes + 9, 'x'));
  const RdbFile file = dragonfly().entry(30, "doc", blob).string("k", "v");
  CHECK(inventory(file.end_without_checksum()) == "json 30 x1 at 48 doc");
  const FileWalk cut = walk_file(file.cut().substr(0, file.size() - 100), kTolerant);
  CHECK(name(cut.error.code) == "foreign_layout");
  const std::string odd = rdb_length(1) + blob + "\xc5";
  const FileWalk walk =
      walk_file(dragonfly().entry(32, "s", odd).string("k", "v").end_without_checksum(), kTolerant);
  CHECK(status(walk.error.code) == Status::damaged);
}

// redis-replicator for Tair, com.tair.cli.ext.enterprise.Tairs: exstrtype is published as a module,
// tair-json is not.
TEST_CASE("product: values of modules that only Tair has make a file its own") {
  const auto module_id = [](std::string_view name, unsigned version) {
    constexpr std::string_view kSet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t id = 0;
    for (const char c : name) id = id << 6 | kSet.find(c);
    return Bytes{}.u8(0x81).u64be(id << 10 | version).string();
  };
  const auto file = [&](std::string_view name) {
    return RdbFile("REDIS0009")
        .aux("redis-ver", "5.0.5")
        .select(0)
        .entry(7, "doc", module_id(name, 0) + "\5" + rdb_string("{}") + std::string(1, '\0'))
        .end();
  };
  CHECK(writer_of_file(file("tair-json")) == "Tair 5.0.5");
  CHECK(inventory(file("tair-json")) == "tair-json 7 x1 at 28 doc");
  CHECK(writer_of_file(file("exstrtype")) == "Redis 5.0.5");
  CHECK(inventory(file("exstrtype")).empty());
}

}  // namespace rdb
