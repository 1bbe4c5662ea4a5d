// Values take the form that servers of the target give them.
#include "rdb/value/encode.h"

#include <bit>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "rdb/stage/convert.h"
#include "tests/support/blobs.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

// Key "k" with a value, all of it written anew for the target.
std::string encoded(const std::string& file, std::string_view target) {
  ConvertOptions options;
  options.target = find_target(target);
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
  const std::string file = RdbFile("VALKEY080")
                               .select(0)
                               .entry(22, "k", "\x01" + rdb_string("f") + rdb_string("v") + none)
                               .end();
  const std::string hash = Bytes{}.u8(0x80).u32be(1).str(rdb_string("f")).string();
  CHECK(encoded(file, "valkey-8.0").find("\x01k" + hash) != std::string::npos);
}

}  // namespace
}  // namespace rdb
