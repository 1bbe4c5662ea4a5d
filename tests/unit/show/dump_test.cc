#include "rdb/show/dump.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

// The lines of a file, each ended.
std::string dumped(const std::string& file, BytesMode mode = BytesMode::automatic,
                   size_t step = SIZE_MAX) {
  MemorySource source(file, step);
  Reader reader(source);
  CHECK(reader.open());
  MemorySink sink;
  Output out(sink);
  Dump dump(out, mode);
  bool ok = true;
  for (Record record; ok && reader.next(record);) ok = dump.add(reader, record);
  ok = ok && reader.finished() && dump.finish(reader);
  CHECK(ok);
  CHECK(out.flush());
  return sink.bytes();
}

// Without the header line.
std::string entries(const std::string& file, BytesMode mode = BytesMode::automatic) {
  const std::string all = dumped(file, mode);
  CHECK(all.starts_with("{\"header\":true,"));
  for (const size_t step : kSteps) CHECK((dumped(file, mode, step) == all));
  return all.substr(all.find('\n') + 1);
}

std::string raw_id(uint64_t ms, uint64_t seq) { return Bytes{}.u64be(ms).u64be(seq).string(); }
std::string id(uint64_t ms, uint64_t seq) { return rdb_length(ms) + rdb_length(seq); }

}  // namespace

TEST_CASE("dump: the header line has format, AUX fields and libraries") {
  CHECK(dumped(RdbFile().end()) ==
        "{\"header\":true,\"format\":\"REDIS0011\",\"aux\":[],\"functions\":[]}\n");
  const std::string pre_ga =
      "\xf6" + rdb_string("old") + rdb_string("LUA") + rdb_length(0) + rdb_string("code");
  CHECK(
      dumped(
          RdbFile().aux("redis-ver", "7.2.6").function("#!lua name=l1\ncode").raw(pre_ga).end()) ==
      "{\"header\":true,\"format\":\"REDIS0011\",\"aux\":[[\"redis-ver\",\"7.2.6\"]],"
      "\"functions\":[{\"library_name\":\"l1\",\"engine\":\"lua\",\"library_code\":"
      "\"#!lua name=l1\\ncode\"},{\"library_name\":\"old\",\"engine\":\"LUA\","
      "\"library_code\":\"code\"}]}\n");
}

TEST_CASE("dump: AUX fields behind keys have a header line of their own") {
  CHECK(dumped(RdbFile().string("k", "v").aux("lua", "x").end()) ==
        "{\"header\":true,\"format\":\"REDIS0011\",\"aux\":[],\"functions\":[]}\n"
        "{\"db\":0,\"key\":\"k\",\"type\":\"string\",\"encoding\":\"string\",\"expire_at_ms\":null,"
        "\"value\":\"v\"}\n"
        "{\"header\":true,\"format\":\"REDIS0011\",\"aux\":[[\"lua\",\"x\"]],\"functions\":[]}\n");
}

TEST_CASE("dump: module AUX data are a header line") {
  const std::string aux = "\xf7" + vector_named("module_id_hellotype_v0").bytes;
  const std::string got =
      dumped(RdbFile().raw(aux + "\x02\x02\x02\x07\x05" + rdb_string("x") + '\0').end());
  CHECK(got.substr(got.find('\n') + 1) ==
        "{\"header\":true,\"module_aux\":{\"module\":\"hellotype\",\"version\":0,\"when\":2,"
        "\"items\":[[\"uint\",7],[\"string\",\"x\"]]}}\n");
}

TEST_CASE("dump: a key has its database, type, encoding and what the file says of its life") {
  CHECK(entries(RdbFile().select(3).expire_ms(5).string("k", "v").end()) ==
        "{\"db\":3,\"key\":\"k\",\"type\":\"string\",\"encoding\":\"string\",\"expire_at_ms\":5,"
        "\"value\":\"v\"}\n");
  CHECK(entries(RdbFile().idle(70000).string("k", "v").end())
            .find("\"expire_at_ms\":null,\"idle\":70000,\"value\"") != std::string::npos);
  CHECK(entries(RdbFile().freq(255).string("k", "v").end())
            .find("\"expire_at_ms\":null,\"freq\":255,\"value\"") != std::string::npos);
}

TEST_CASE("dump: each kind of collection has its shape") {
  const auto value = [](unsigned type, const std::string& bytes) {
    const std::string line = entries(RdbFile().entry(type, "k", bytes).end());
    const size_t from = line.find("\"type\":");
    std::string out = line.substr(from + 7);
    const size_t to = out.find(",\"expire_at_ms\":null,\"value\":");
    REQUIRE(to != std::string::npos);
    return out.substr(0, out.find(',')) + " " + out.substr(to + 29, out.size() - to - 31);
  };
  const std::string two = rdb_length(2) + rdb_string("b") + rdb_string("a");
  CHECK(value(1, two) == "\"list\" [\"b\",\"a\"]");
  CHECK(value(2, two) == "\"set\" [\"b\",\"a\"]");
  CHECK(value(1, rdb_length(0)) == "\"list\" []");
  CHECK(value(4, rdb_length(1) + rdb_string("f") + rdb_string("v")) == "\"hash\" [[\"f\",\"v\"]]");
  CHECK(value(3, rdb_length(2) + rdb_string("m") + "\x03" + "1.5" + rdb_string("n") + "\xff") ==
        "\"zset\" [[\"m\",\"1.5\"],[\"n\",\"-inf\"]]");
  CHECK(value(16, rdb_string(ListpackBlob().str("f").num(7).blob())) == "\"hash\" [[\"f\",\"7\"]]");
}

TEST_CASE("dump: scores are the shortest text that reads back, or in the corpus form %.17g") {
  const std::string file =
      RdbFile()
          .entry(5, "k",
                 rdb_length(2) + rdb_string("a") + vector_named("dbl_bin_0.1").bytes +
                     rdb_string("b") + Bytes{}.f64le(-0.0).string())
          .end();
  CHECK(entries(file).find("[[\"a\",\"0.1\"],[\"b\",\"-0\"]]") != std::string::npos);
  CHECK(entries(file, BytesMode::latin1).find("[[\"a\",\"0.10000000000000001\"],[\"b\",\"-0\"]]") !=
        std::string::npos);
}

// testdata/vectors.json, hash2_value_written.
TEST_CASE("dump: expiries of fields follow the value, where there are any") {
  const std::string value = vector_named("hash2_value_written").bytes.substr(1);
  CHECK(entries(RdbFile("VALKEY080").entry(22, "h", value).end())
            .ends_with("\"value\":[[\"f1\",\"v1\"],[\"f2\",\"12345\"],[\"f3\",\"" +
                       std::string(30, 'x') +
                       "\"]],\"field_expire_at_ms\":[[\"f1\",4102444800000],"
                       "[\"f3\",4102444800001]]}\n"));
  const std::string none =
      rdb_length(1) + rdb_string("f") + rdb_string("v") + Bytes{}.i64le(-1).string();
  CHECK(entries(RdbFile("VALKEY080").entry(22, "h", none).end())
            .ends_with("\"value\":[[\"f\",\"v\"]]}\n"));
}

TEST_CASE("dump: a stream shows live entries, groups with pending entries, their consumers") {
  const std::string node = ListpackBlob()
                               .num(1)
                               .num(1)
                               .num(1)
                               .str("f")
                               .num(0)
                               .num(2)
                               .num(0)
                               .num(0)
                               .str("v")
                               .num(4)
                               .num(3)
                               .num(1)
                               .num(0)
                               .str("w")
                               .num(4)
                               .blob();
  const std::string value =
      rdb_length(1) + rdb_string(raw_id(5, 1)) + rdb_string(node) + rdb_length(1) + id(6, 1) +
      id(5, 1) + id(6, 1) + rdb_length(2) +                         // history
      rdb_length(1) + rdb_string("g") + id(6, 1) + rdb_length(2) +  // one group
      rdb_length(2) + raw_id(5, 1) + Bytes{}.i64le(100).string() + rdb_length(3) + raw_id(6, 1) +
      Bytes{}.i64le(101).string() + rdb_length(1) +  // two pending entries
      rdb_length(1) + rdb_string("c") + Bytes{}.i64le(7).i64le(-1).string() +  // one consumer
      rdb_length(1) + raw_id(5, 1);
  CHECK(entries(RdbFile().entry(21, "s", value).end()) ==
        "{\"db\":0,\"key\":\"s\",\"type\":\"stream\",\"encoding\":\"stream-listpacks-3\","
        "\"expire_at_ms\":null,\"value\":{\"entries\":[[\"5-1\",[\"f\",\"v\"]]],\"length\":1,"
        "\"last_id\":\"6-1\",\"first_id\":\"5-1\",\"max_deleted_id\":\"6-1\",\"entries_added\":2,"
        "\"groups\":[{\"name\":\"g\",\"last_delivered_id\":\"6-1\",\"entries_read\":2,"
        "\"consumers\":[{\"name\":\"c\",\"seen_time\":7,\"active_time\":-1,"
        "\"pel\":[[\"5-1\",100,3]]}],"
        "\"pel\":[[\"5-1\",\"c\",100,3],[\"6-1\",null,101,1]]}]}}\n");
}

TEST_CASE("dump: a module value is its items") {
  const std::string value = vector_named("module_id_hellotype_v0").bytes + "\x02\x07" + "\x03" +
                            vector_named("flt_bin_1.5").bytes + "\x05" + rdb_string("x") + '\0';
  CHECK(entries(RdbFile().entry(7, "m", value).end()) ==
        "{\"db\":0,\"key\":\"m\",\"type\":\"hellotype\",\"encoding\":\"module-2\","
        "\"expire_at_ms\":null,\"value\":{\"module\":true,\"version\":0,\"items\":[[\"uint\",7],"
        "[\"float\",\"1.5\"],[\"string\",\"x\"]]}}\n");
}

TEST_CASE("dump: bytes that are no text are in base64, names and keys alike") {
  CHECK(entries(RdbFile().string("\xff", "\xfe").end()) ==
        "{\"db\":0,\"key\":{\"base64\":\"/w==\"},\"type\":\"string\",\"encoding\":\"string\","
        "\"expire_at_ms\":null,\"value\":{\"base64\":\"/g==\"}}\n");
  CHECK(entries(RdbFile().string("k", "v").end(), BytesMode::base64) ==
        "{\"db\":0,\"key\":{\"base64\":\"aw==\"},\"type\":\"string\",\"encoding\":\"string\","
        "\"expire_at_ms\":null,\"value\":{\"base64\":\"dg==\"}}\n");
  CHECK(entries(RdbFile().string("\xff", "\xfe").end(), BytesMode::latin1) ==
        "{\"db\":0,\"key\":\"\\u00ff\",\"type\":\"string\",\"encoding\":\"string\","
        "\"expire_at_ms\":null,\"value\":\"\\u00fe\"}\n");
}

TEST_CASE("dump: a line that damage broke off is ended, once") {
  const std::string file = RdbFile().entry(1, "l", rdb_length(2) + rdb_string("a") + "\xc4").end();
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  MemorySink sink;
  Output out(sink);
  Dump dump(out, BytesMode::automatic);
  Record record;
  REQUIRE(reader.next(record));
  CHECK_FALSE(dump.add(reader, record));
  CHECK(dump.break_off());
  CHECK(dump.break_off());
  CHECK(out.flush());
  CHECK(sink.bytes().ends_with("\"value\":[\"a\"\n"));
}

}  // namespace rdb
