#include "rdb/file/writer.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "rdb/file/reader.h"
#include "tests/support/file_walk.h"
#include "tests/support/pipe_sink.h"
#include "tests/support/rdb_file.h"
#include "tests/support/testdata.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

// Takes nothing.
class FullSink : public ByteSink {
 public:
  bool write(std::string_view) override {
    return fail({.code = Code::write_failed, .words = "full"});
  }
};

const Type& string_type() { return *find_type(Dialect::redis, 0); }

Record entry(uint64_t db, std::string_view key, Lifetime lifetime = {}) {
  Record record;
  record.db = db;
  record.key = key;
  record.type = &string_type();
  record.lifetime = lifetime;
  return record;
}

Lifetime expiring(int64_t ms) { return {.expire_ms = ms, .idle_s = {}, .freq = {}}; }

bool put(Writer& out, const Record& record, std::string_view value) {
  return out.begin(record) && out.payload().write(rdb_string(value));
}

// Two counts in the form that can be patched.
std::string hint(uint64_t keys, uint64_t expires) {
  return Bytes{}.u8(0xfb).u8(0x81).u64be(keys).u8(0x81).u64be(expires).string();
}

// Reads a file and writes it again, every value verbatim.
template <typename SinkType>
std::string copy_of(const std::string& bytes) {
  MemorySource source(bytes);
  Reader in(source);
  SinkType sink;
  CHECK(in.open());
  const bool is_valkey = in.header().dialect == Dialect::valkey;
  Writer out(sink,
             {.version = is_valkey ? 11 : in.header().version, .has_field_expiries = is_valkey});
  CHECK(out.header());
  Sink ignore;
  for (Record record; in.next(record);) {
    if (record.kind == RecordKind::hint || record.kind == RecordKind::slot_info) continue;
    CHECK(out.begin(record));
    CHECK(in.value(&ignore, &out.payload()));
  }
  CHECK(in.finished());
  CHECK(out.finish());
  CHECK(out.pos() == sink.bytes().size());
  return sink.bytes();
}

// Records and events but hints and slot records, which the writer makes itself or leaves out.
Lines without_hints(const FileWalk& walk) {
  Lines out;
  for (const std::string& line : walk.lines) {
    if (!line.starts_with("hint ") && !line.starts_with("slot-")) out.push_back(line);
  }
  return out;
}

}  // namespace

TEST_CASE("writer: an empty file is header, end mark and checksum") {
  MemorySink sink;
  Writer out(sink);
  CHECK(out.header());
  CHECK(out.finish());
  CHECK(sink.bytes() == RdbFile("REDIS0011").end());
}

TEST_CASE(
    "writer: a seekable sink gets exact counts where a database is first selected, and their "
    "checksum") {
  MemorySink sink;
  Writer out(sink);
  REQUIRE(out.header());
  REQUIRE(put(out, entry(0, "a"), "1"));
  REQUIRE(put(out, entry(0, "b", expiring(5)), "2"));
  REQUIRE(put(out, entry(300, "c", expiring(6)), "3"));
  REQUIRE(put(out, entry(0, "d"), "4"));
  REQUIRE(out.finish());
  const std::string expected = RdbFile()
                                   .select(0)
                                   .raw(hint(3, 1))
                                   .string("a", "1")
                                   .expire_ms(5)
                                   .string("b", "2")
                                   .select(300)
                                   .raw(hint(1, 1))
                                   .expire_ms(6)
                                   .string("c", "3")
                                   .select(0)
                                   .string("d", "4")
                                   .end();
  CHECK(sink.bytes() == expected);
}

TEST_CASE("writer: a pipe gets no counts, and the right checksum") {
  PipeSink pipe;
  Writer out(pipe);
  REQUIRE(out.header());
  REQUIRE(put(out, entry(7, "a"), "1"));
  REQUIRE(put(out, entry(0, "b"), "2"));
  REQUIRE(out.finish());
  CHECK(pipe.bytes() == RdbFile().select(7).string("a", "1").select(0).string("b", "2").end());
}

TEST_CASE("writer: counts far behind the buffer are patched too") {
  MemorySink sink;
  Writer out(sink);
  REQUIRE(out.header());
  RdbFile expected;
  expected.select(0).raw(hint(300, 0));
  const std::string value(5000, 'v');
  for (int i = 0; i < 300; ++i) {
    const std::string key = "key:" + std::to_string(i);
    REQUIRE(put(out, entry(0, key), value));
    expected.string(key, value);
  }
  REQUIRE(out.finish());
  CHECK((sink.bytes() == expected.end()));
}

// rdb-format.md 3: "Writer order: FC, F8/F9, type".
TEST_CASE("writer: expiry, idle time and frequency stand before the type") {
  PipeSink pipe;
  Writer out(pipe);
  REQUIRE(out.header());
  REQUIRE(put(out, entry(0, "k", {.expire_ms = -7, .idle_s = 70000, .freq = uint8_t{255}}), "v"));
  REQUIRE(out.finish());
  CHECK(pipe.bytes() ==
        RdbFile().select(0).expire_ms(-7).idle(70000).freq(255).string("k", "v").end());
}

// testdata/vectors.json, str_*: values as Valkey 8.0 writes them, with integers in binary; texts
// below 20 bytes are not compressed.
TEST_CASE("writer: names and values of AUX, and keys, are encoded as servers do") {
  size_t seen = 0;
  for (const Vector& vector : vectors_with_prefix("str_")) {
    const std::string& text = vector.text("value");
    if (text.size() > 20) continue;
    CAPTURE(text);
    PipeSink pipe;
    Writer out(pipe);
    REQUIRE(out.header());
    REQUIRE(out.aux(text, text));
    REQUIRE(put(out, entry(0, text), "v"));
    REQUIRE(out.finish());
    const RdbFile expected = RdbFile()
                                 .raw("\xfa" + vector.bytes + vector.bytes)
                                 .select(0)
                                 .raw(std::string(1, '\0') + vector.bytes + rdb_string("v"));
    CHECK(pipe.bytes() == expected.end());
    ++seen;
  }
  CHECK(seen >= 20);
}

TEST_CASE("writer: a long key has a length of its own size") {
  for (const size_t size : {63U, 64U, 16383U, 16384U, 300000U}) {
    const std::string key(size, 'k');
    PipeSink pipe;
    Writer out(pipe);
    REQUIRE(out.header());
    REQUIRE(put(out, entry(0, key), "v"));
    REQUIRE(out.finish());
    CHECK((pipe.bytes() == RdbFile().select(0).string(key, "v").end()));
  }
}

TEST_CASE("writer: functions and module AUX data have their opcodes") {
  PipeSink pipe;
  Writer out(pipe);
  const ModuleId id{std::stoull(vector_named("module_id_hellotype_v0").text("id"), nullptr, 16)};
  REQUIRE(out.header());
  Record record;
  record.kind = RecordKind::function;
  REQUIRE(out.begin(record));
  REQUIRE(out.payload().write(rdb_string("#!lua name=l\n")));
  record.kind = RecordKind::module_aux;
  record.module = id;
  record.when = 2;
  REQUIRE(out.begin(record));
  REQUIRE(out.payload().write(std::string_view("\0", 1)));
  REQUIRE(out.finish());
  const std::string aux = "\xf7" + vector_named("module_id_hellotype_v0").bytes;
  CHECK(pipe.bytes() ==
        RdbFile().function("#!lua name=l\n").raw(aux + std::string("\x02\x02\x00", 3)).end());
}

TEST_CASE("writer: a sink that fails is told, and nothing succeeds after it") {
  FullSink sink;
  Writer out(sink);
  CHECK(out.header());  // still in the buffer
  CHECK_FALSE(out.finish());
  CHECK(message(out.error(), "f") == "f: cannot write: full");
  CHECK_FALSE(out.aux("a", "b"));
  CHECK(out.begin(entry(0, "k")));  // nothing is written yet
  CHECK_FALSE(out.payload().write("v"));
  CHECK_FALSE(out.finish());
}

TEST_CASE("writer: a file read and written verbatim reads the same") {
  size_t seen = 0;
  for (const std::string& path : rdb_files("testdata/types")) {
    CAPTURE(path);
    const std::string bytes = read_whole_file(path);
    const FileWalk before = walk_file(bytes);
    if (!before.finished) continue;
    for (const std::string& copy : {copy_of<MemorySink>(bytes), copy_of<PipeSink>(bytes)}) {
      const FileWalk after = walk_at_every_step(copy);
      CHECK(after.finished);
      check_lines(without_hints(after), without_hints(before));
      // Before version 5 the trailer that the writer adds is a tail to the reader.
      CHECK(after.checksum == before.checksum);
    }
    ++seen;
  }
  CHECK(seen >= 25);
}

TEST_CASE("writer: a file of a server with its counts patched in is the same but for their form") {
  const std::string bytes = vector_named("file_valkey8.0_rdb11").bytes;
  const FileWalk before = walk_file(bytes);
  const FileWalk after = walk_at_every_step(copy_of<MemorySink>(bytes));
  check_lines(after.lines, before.lines);
  CHECK(after.checksum == Checksum::verified);
}

TEST_CASE("writer: a file does not end inside a value") {
  const std::string file = RdbFile("REDIS0011")
                               .select(0)
                               .entry(1, "k", "\x02" + rdb_string("a") + rdb_string("b"))
                               .end();
  const size_t inside = file.find(
      "\x01"
      "b");
  REQUIRE(inside != file.npos);
  for (const bool is_cut : {false, true}) {
    CAPTURE(is_cut);
    const std::string bytes = is_cut ? file.substr(0, inside) : file;
    MemorySource source(bytes);
    Reader in(source);
    MemorySink sink;
    Writer out(sink);
    REQUIRE((in.open() && out.header()));
    for (Record record; in.next(record);) {
      if (!out.begin(record) || !in.value(&out.sink())) break;
    }
    CHECK(out.finish() == !is_cut);  // whoever forgets in.finished()
    CHECK(words(out.error()) ==
          (is_cut ? "cannot write: the last value has begun and not ended" : "no error"));
  }
}

}  // namespace rdb
