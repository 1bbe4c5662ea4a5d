#include "rdb/carry/carry.h"

#include <doctest/doctest.h>

#include <string>

#include "rdb/io/sink.h"
#include "rdb/io/source.h"
#include "rdb/server/target.h"
#include "tests/support/testdata.h"

namespace rdb {
namespace {

struct Carried {
  Error error;
  std::string bytes;
};

Carried carried(const std::string& file, const char* target) {
  MemorySource source(file);
  Reader reader(source);
  if (!reader.open()) return {reader.error(), ""};
  MemorySink sink;
  Writer writer(sink, encoding_for(*find_target(target), reader.header()));
  Error error = carry(reader, writer);
  return {error, sink.bytes()};
}

std::string corpus(const char* name) {
  return read_whole_file("testdata/corpus/" + std::string(name));
}

}  // namespace

TEST_CASE("carry: the header follows from the target") {
  const std::string file = corpus("redis-7.2.6/mixed.rdb");
  CHECK(carried(file, "valkey-8.0").bytes.starts_with("REDIS0011"));
  CHECK(carried(file, "redis-7.0").bytes.starts_with("REDIS0010"));
  CHECK(carried(file, "redis-7.0").error.ok());
  const std::string fields = corpus("valkey-9.1.2/cluster_hfe.rdb");
  CHECK(carried(fields, "valkey-9.0").bytes.starts_with("VALKEY080"));
  CHECK(carried(fields, "valkey-9.0").error.ok());
}

TEST_CASE("carry: a file that is cut anywhere is an error") {
  const std::string file = corpus("redis-7.2.6/mixed.rdb");
  REQUIRE(carried(file, "valkey-8.0").error.ok());
  for (size_t size = 0; size < file.size(); size += 97) {
    CAPTURE(size);
    CHECK_FALSE(carried(file.substr(0, size), "valkey-8.0").error.ok());
  }
}

TEST_CASE("carry: what the version has no place for is an error") {
  const Carried expiries = carried(corpus("valkey-9.1.2/cluster_hfe.rdb"), "valkey-8.0");
  CHECK(expiries.error.code == Code::not_loadable);
  CHECK(expiries.error.words == "the expiry of a hash field cannot be held by RDB version 11");
  CHECK(expiries.error.has_key);
  const Carried functions = carried(corpus("redis-7.2.6/functions.rdb"), "redis-6.2");
  CHECK(functions.error.words == "a function library cannot be held by RDB version 9");
}

TEST_CASE("carry: commands behind the snapshot are an error") {
  const std::string file =
      corpus("redis-7.2.6/mixed.rdb") + "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n";
  const Carried with_commands = carried(file, "valkey-8.0");
  CHECK(with_commands.error.code == Code::not_loadable);
  CHECK(with_commands.error.words ==
        "28 bytes of append-only commands follow the snapshot and are not carried");
}

}  // namespace rdb
