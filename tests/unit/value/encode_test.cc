// Values take the form that servers of the target give them.
#include "rdb/value/encode.h"

#include <bit>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/carry/convert.h"
#include "tests/support/blobs.h"
#include "tests/support/content.h"
#include "tests/support/pipe_sink.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

// Key "k" with a value, all of it written anew for the target.
std::string encoded(const std::string& file, std::string_view target) {
  ConvertOptions options;
  options.loading.target = find_target(target);
  options.reencode = {Kind::list, Kind::zset, Kind::hash};
  options.allowed_losses = {"field_expiries"};
  MemorySource source(file);
  Reader reader(source);
  Converter converter(options);
  MemorySink sink;
  CHECK(reader.open());
  CHECK(converter.run(reader, sink, false));
  return sink.bytes();
}

std::string encoded(unsigned type, std::string_view value, std::string_view target) {
  return encoded(RdbFile("REDIS0006").select(0).entry(type, "k", value).end(), target);
}

std::string binary_score(double score) {
  return Bytes{}.u64le(std::bit_cast<uint64_t>(score)).string();
}

TEST_CASE("encode: whole scores are integers in listpacks of 7.0 already") {
  const std::string file = RdbFile("REDIS0009")
                               .select(0)
                               .entry(5, "k",
                                      "\x02" + rdb_string("c") + binary_score(-0.0) +
                                          rdb_string("a") + binary_score(1e17))
                               .end();
  const std::string packed =
      ListpackBlob().str("c").raw(std::string(1, '\0')).str("a").num(100000000000000000).blob();
  CHECK(encoded(file, "redis-7.0").find(rdb_string(packed)) != std::string::npos);
}

TEST_CASE("encode: scores that come packed keep their text") {
  const std::string packed =
      ListpackBlob().str("b").str("-0").str("a").str("3.1415926535897931").blob();
  const std::string file = RdbFile("REDIS0010").select(0).entry(17, "k", rdb_string(packed)).end();
  CHECK(encoded(file, "valkey-8.0").find("3.1415926535897931") != std::string::npos);
}

TEST_CASE("encode: long elements of a ziplist stay packed before 3.2") {
  const std::string element(100, 'e');
  // one entry, its size in 14 bits
  const std::string ziplist = Bytes{}
                                  .u32le(4 + 4 + 2 + 1 + 2 + 100 + 1)
                                  .u32le(10)
                                  .u16le(1)
                                  .u8(0)
                                  .u16be(0x4000 | 100)
                                  .str(element)
                                  .u8(0xff)
                                  .string();
  const std::string plain = "\x01" + rdb_string(element);
  CHECK(encoded(1, plain, "redis-2.6").find("\x01\x01k") != std::string::npos);
  CHECK(encoded(10, rdb_string(ziplist), "redis-2.6").find("\x0a\x01k") != std::string::npos);
}

TEST_CASE("encode: what is counted as it is written has no length that old servers do not read") {
  const std::string none(8, '\xff');
  std::string name;  // too long to be packed or held, and hard to compress
  std::mt19937 random(1);
  while (name.size() < 100000) name += static_cast<char>(random());
  const std::string file = RdbFile("VALKEY080")
                               .select(0)
                               .entry(22, "k",
                                      "\x02" + rdb_string(name) + rdb_string("v") + none +
                                          rdb_string("g") + rdb_string("v") + none)
                               .end();
  const std::string hash = Bytes{}.u8(0x80).u32be(2).string();
  CHECK(encoded(file, "valkey-8.0").find("\x01k" + hash) != std::string::npos);
}

TEST_CASE("encode: a plain node becomes a ziplist of its own") {
  const std::string node = "\x02" + rdb_string(ListpackBlob().str("a").blob());
  const std::string list = "\x03\x01" + rdb_string("big") + node + "\x01" + rdb_string("x");
  const std::string file = RdbFile("REDIS0010").select(0).entry(18, "k", list).end();
  const std::string expected = "\x0e\x01k\x03" + rdb_string(ZiplistBlob().str("big").blob()) +
                               rdb_string(ZiplistBlob().str("a").blob()) +
                               rdb_string(ZiplistBlob().str("x").blob());
  CHECK(encoded(file, "redis-5.0").find(expected) != std::string::npos);
}

TEST_CASE("encode: members that a set has twice stay, whoever stops on them") {
  const std::string integers = "\x03" + rdb_string("7") + rdb_string("7") + rdb_string("5");
  const std::string mixed = integers.substr(0, integers.size() - 2) + rdb_string("x");
  for (const std::string& set : {integers, mixed}) {
    const std::string file = RdbFile("REDIS0009").select(0).entry(2, "k", set).end();
    MemorySource source(file);
    Reader reader(source);
    MemorySink sink;
    Writer writer(sink);
    REQUIRE(reader.open());
    CHECK(writer.header());
    for (Record record; reader.next(record);) {
      CHECK(writer.begin(record));
      CHECK(reader.value(&writer.sink()));
    }
    CHECK(writer.finish());
    MemorySource again(sink.bytes());
    Reader check(again);
    REQUIRE(check.open());
    Survey survey(0);
    CHECK(survey.add_all(check, true));
    CHECK(survey.types()[0]->type->id == 2);
  }
}

TEST_CASE("encode: on a pipe what is counted as it is written is held, whatever its size") {
  std::string list = rdb_length(40000);
  for (int i = 0; i < 40000; ++i)
    list += rdb_string("element " + std::to_string(i) + std::string(60, '.'));
  const std::string file = RdbFile("REDIS0006").select(0).entry(1, "k", list).end();
  REQUIRE(list.size() > 2 << 20);
  ConvertOptions options;
  options.loading.target = find_target("valkey-8.0");
  options.reencode = {Kind::list};
  options.compress = false;
  MemorySource source(file);
  Reader reader(source);
  Converter converter(options);
  PipeSink pipe;
  REQUIRE(reader.open());
  CHECK(converter.run(reader, pipe, true));
  Content before;
  Content after;
  std::vector<std::string> expected;
  std::vector<std::string> got;
  CHECK(read_content(file, before, expected));
  CHECK(read_content(pipe.bytes(), after, got));
  CHECK((got == expected));
}

}  // namespace
}  // namespace rdb
