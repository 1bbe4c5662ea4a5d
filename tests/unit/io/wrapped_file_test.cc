// Reader and Converter over wrapped files, where what goes wrong may lie behind the last record.
#include <doctest/doctest.h>

#include <string>

#include "rdb/rdb.h"
#include "tests/support/bytes.h"
#include "tests/support/unpack.h"

namespace rdb {
namespace {

constexpr Wrap kKinds[] = {Wrap::gzip, Wrap::zstd, Wrap::lz4};

// <SELECTDB 0> <string> "a" "1" <end> <no checksum>
std::string snapshot() {
  return Bytes{}
      .str("REDIS0011")
      .u8(0xFE)
      .u8(0)
      .u8(0)
      .u8(1)
      .str("a")
      .u8(1)
      .str("1")
      .u8(0xFF)
      .u64le(0)
      .string();
}

std::string wrapped(Wrap kind, std::string_view bytes) {
  MemorySink to;
  WrapSink sink(kind, to);
  REQUIRE(sink.write(bytes));
  REQUIRE(sink.finish());
  return to.bytes();
}

struct Read {
  bool finished = false;
  Error error;
};

Read read_all(std::string_view file) {
  MemorySource raw(file);
  WrapSource source;
  if (Error error = source.open(raw); !error.ok()) return {false, error};
  Reader reader(source);
  Survey survey(0);
  const bool ok = reader.open() && survey.add_all(reader, true);
  CHECK(ok == reader.finished());
  return {ok, reader.error()};
}

}  // namespace

TEST_CASE("wrapped file: it is read") {
  for (const Wrap kind : kKinds) CHECK(read_all(wrapped(kind, snapshot())).finished);
}

TEST_CASE("wrapped file: no truncation passes, not even of the wrapper's last byte") {
  for (const Wrap kind : kKinds) {
    const std::string file = wrapped(kind, snapshot());
    for (size_t size = 4; size < file.size(); ++size) {
      CAPTURE(name(kind));
      CAPTURE(size);
      const Read read = read_all(file.substr(0, size));
      CHECK_FALSE(read.finished);
      CHECK(read.error.code == Code::truncated);
    }
  }
}

TEST_CASE("wrapped file: a wrong checksum of the wrapper, or bytes behind it, are damage") {
  for (const Wrap kind : kKinds) {
    const std::string file = wrapped(kind, snapshot());
    std::string flipped = file;
    flipped.back() = static_cast<char>(~flipped.back());
    for (const std::string& damaged : {flipped, file + "\n"}) {
      const Read read = read_all(damaged);
      CHECK_FALSE(read.finished);
      CHECK(read.error.code == Code::bad_wrapper);
      CHECK_FALSE(read.error.has_key);
    }
  }
}

TEST_CASE("wrapped file: convert leaves the counts out, since they cannot be patched") {
  for (const Wrap kind : {Wrap::none, Wrap::gzip}) {
    const std::string file = snapshot();
    MemorySource raw(file);
    Reader reader(raw);
    REQUIRE(reader.open());
    MemorySink to;
    WrapSink sink(kind, to);
    ConvertOptions options;
    options.loading.target = find_target("valkey-8.0");
    Converter converter(options);
    REQUIRE(converter.run(reader, sink, false));
    REQUIRE(sink.finish());
    CHECK(converter.changes().hints_dropped == (kind != Wrap::none));
    CHECK(read_all(to.bytes()).finished);
  }
}

}  // namespace rdb
