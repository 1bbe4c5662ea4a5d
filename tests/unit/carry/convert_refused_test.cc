// What convert refuses, and what it tells of.
#include <string>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/converted.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {

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

// Seen: redis 7.0.15 refuses the set that is written for it; valkey 8.0.1 leaves the key out.
TEST_CASE("convert: an expired value is judged in the form in which it is written") {
  const std::string twice = rdb_string(ListpackBlob().str("a").str("a").blob());
  const std::string file = RdbFile().expire_ms(1).entry(20, "s", twice).end();
  CHECK(convert(file, for_target("redis-7.0")).names() == "duplicate_element expired_keys");
  CHECK_FALSE(convert(file, for_target("redis-7.0")).ok);
  CHECK(convert(file, for_target("valkey-8.0")).ok);
}

// Seen: to valkey 9.1.2 such a score is 0, to 8.0.1 it is 1.
TEST_CASE("convert: a score that the target reads as another number is not carried") {
  const std::string blank = rdb_string(ListpackBlob().str("m").str(" 1").blob());
  const std::string file = RdbFile().entry(17, "z", blank).end();
  CHECK(convert(file, for_target("valkey-9.1")).names() == "score_text");
  CHECK_FALSE(convert(file, for_target("valkey-9.1")).ok);
  CHECK(convert(file, for_target("valkey-8.0")).ok);
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

}  // namespace rdb
