// Every type of the table on a snapshot that a real server wrote: testdata/types.
#include "rdb/value/type.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "rdb/file/opcode.h"
#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"
#include "tests/support/testdata.h"

namespace rdb {
namespace {

constexpr uint8_t kModulePreGa = 6;  // its layout is unknown, but seen and named

std::vector<std::string> files() { return rdb_files("testdata/types"); }

// "testdata/types/hash-2_v80.rdb" → "hash-2"
std::string type_of(const std::string& path) {
  const size_t from = path.rfind('/') + 1;
  return path.substr(from, path.rfind("_v") - from);
}

// Records have `_` where the table has `-`.
std::string underscored(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

bool is_entry(const std::string& line) { return line.starts_with("entry "); }

// "entry db 0 key k string expires 5": keys of the records may hold blanks, so from behind.
struct Entry {
  std::string db;
  std::string type;
  bool expires = false;
};
Entry parse_entry(const std::string& line) {
  Entry out;
  out.db = line.substr(9, line.find(' ', 9) - 9);
  for (const Type& type : types()) {
    const std::string word = " " + std::string(type.name);
    const size_t at = line.rfind(word);
    const size_t end = at + word.size();
    if (at == std::string::npos || (end != line.size() && line[end] != ' ')) continue;
    const std::string rest = line.substr(end);
    if (!rest.empty() && !rest.starts_with(" expires ") && !rest.starts_with(" idle ") &&
        !rest.starts_with(" freq ")) {
      continue;
    }
    out.type = underscored(type.name);
    out.expires = rest.starts_with(" expires ");
  }
  return out;
}

Counts forms(const Tally& tally) {
  constexpr const char* kNames[] = {
      "raw",          "int8",     "int16",   "int32",   "lzf",      "len32",
      "len64",        "dbl_text", "dbl_nan", "dbl_inf", "dbl_-inf", "qnode_plain",
      "qnode_packed", "modop1",   "modop2",  "modop3",  "modop4",   "modop5",
  };
  static_assert(std::size(kNames) == static_cast<size_t>(Form::kCount));
  Counts out;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (tally.forms[i] != 0) out[kNames[i]] = tally.forms[i];
  }
  return out;
}

Counts opcodes(const FileWalk& walk) {
  Counts out;
  for (size_t i = 0; i < walk.opcodes.size(); ++i) {
    const uint64_t n = walk.opcodes[i].count;
    if (n != 0) out[underscored(opcode_name(static_cast<uint8_t>(i)))] = n;
  }
  return out;
}

std::string text(const Counts& counts) {
  std::string out;
  for (const auto& [name, n] : counts) out += name + "=" + std::to_string(n) + " ";
  return out;
}

}  // namespace

TEST_CASE("types: every type that can be walked has a snapshot of a real server") {
  std::set<std::string> have;
  for (const std::string& path : files()) have.insert(type_of(path));
  for (const Type& type : types()) {
    if (type.decode == nullptr && type.id != kModulePreGa) continue;
    CAPTURE(type.name);
    CHECK(have.count(std::string(type.name)) == 1);
  }
}

TEST_CASE("types: MANIFEST has a line for every snapshot, and a snapshot for every line") {
  std::set<std::string> listed;
  for (const ManifestLine& line : manifest()) {
    if (!line.file.starts_with("types/")) continue;
    CHECK(listed.insert("testdata/" + line.file).second);
    CHECK_FALSE(line.server.empty());
    CHECK_FALSE(line.case_name.empty());
  }
  std::set<std::string> have;
  for (const std::string& path : files()) have.insert(path);
  CHECK((listed == have));
}

TEST_CASE("types: a snapshot holds what the server said, at every step of the source") {
  for (const std::string& path : files()) {
    CAPTURE(path);
    const ServerRecord record = server_record(path);
    const FileWalk walk = walk_at_every_step(read_whole_file(path));
    CHECK(walk.header.text == record.header);
    CHECK(record.types.count(underscored(type_of(path))) == 1);
    if (type_of(path) == "module-pre-ga") continue;  // read as far as its first value
    CHECK(walk.message() == "dump.rdb: no error");
    Counts types;
    Counts keys;
    Counts expires;
    for (const std::string& line : walk.lines) {
      if (!is_entry(line)) continue;
      const Entry entry = parse_entry(line);
      ++types[entry.type];
      ++keys[entry.db];
      if (entry.expires) ++expires[entry.db];
    }
    CHECK(text(types) == text(record.types));
    CHECK(text(keys) == text(record.keys));
    CHECK(text(expires) == text(record.expires));
    CHECK(text(forms(walk.tally)) == text(record.encodings));
    CHECK(text(opcodes(walk)) == text(record.opcodes));
    for (const auto& [name, value] : record.aux) {
      const std::string line = "aux " + name + " = " + value;
      CHECK(std::count(walk.lines.begin(), walk.lines.end(), line) == 1);
    }
    CHECK(walk.tail.kind == Tail::Kind::none);
    for (const Note& note : walk.tally.odd) CHECK(note.count == 0);
    CHECK(walk.checksum == (walk.header.version < 5 ? Checksum::none : Checksum::verified));
  }
}

TEST_CASE("types: the extent of a value is the same whether it is opened or stepped over") {
  for (const std::string& path : files()) {
    CAPTURE(path);
    const std::string bytes = read_whole_file(path);
    const FileWalk opened = walk_file(bytes);
    for (const size_t step : kSteps) {
      CAPTURE(step);
      const FileWalk over = walk_file(bytes, {.step = step, .depth = Depth::extents});
      CHECK((over.extents == opened.extents));
      CHECK(over.end == opened.end);
      CHECK(over.records().size() == opened.records().size());
      CHECK(over.message() == opened.message());
      CHECK(over.checksum == opened.checksum);
    }
  }
}

TEST_CASE("types: the copy of a value is its bytes in the file") {
  for (const std::string& path : files()) {
    CAPTURE(path);
    const std::string bytes = read_whole_file(path);
    const FileWalk walk = walk_file(bytes);
    std::string expected;
    for (const Extent& extent : walk.extents) {
      expected += bytes.substr(extent.from, extent.to - extent.from);
    }
    CHECK((walk.copy == expected));
    const size_t of_pre_ga = type_of(path) == "module-pre-ga" ? 0 : 1;
    CHECK(walk.extents.size() >= of_pre_ga);
  }
}

TEST_CASE("types: what a record does not read of its payload, the next one steps over") {
  for (const std::string& path : files()) {
    CAPTURE(path);
    const std::string bytes = read_whole_file(path);
    MemorySource source(bytes);
    Reader reader(source);
    REQUIRE(reader.open());
    Lines keys;
    for (Record record; reader.next(record);) {
      if (record.kind == RecordKind::entry) keys.emplace_back(record.key);
    }
    const ServerRecord record = server_record(path);
    uint64_t expected = 0;
    for (const auto& [db, n] : record.keys) expected += n;
    const bool is_pre_ga = type_of(path) == "module-pre-ga";
    CHECK(reader.finished() == !is_pre_ga);
    if (!is_pre_ga) CHECK(keys.size() == expected);
  }
}

TEST_CASE("types: the module type of the 4.0 release candidates is named and refused") {
  const FileWalk walk = walk_at_every_step(read_whole_file("testdata/types/module-pre-ga_v8.rdb"));
  CHECK_FALSE(walk.finished);
  CHECK(status(walk.error.code) == Status::foreign);
  CHECK(name(walk.error.code) == "module_pre_ga");
  CHECK(walk.checksum == Checksum::verified);  // so it is no damage
}

TEST_CASE("types: a type byte means one thing in each dialect, names are words with hyphens") {
  CHECK(find_type(Dialect::redis, 22) == nullptr);
  CHECK(find_type(Dialect::valkey, 22)->name == "hash-2");
  CHECK(find_type(Dialect::redis_ce, 22)->name == "hash-metadata-pre-ga");
  CHECK(find_type(Dialect::valkey, 24) == nullptr);
  CHECK(find_type(Dialect::redis, 8) == nullptr);  // VMPOINTER, never in a file
  for (const uint8_t id : {uint8_t{34}, uint8_t{242}, uint8_t{255}}) {
    for (const Dialect dialect : {Dialect::redis, Dialect::valkey, Dialect::redis_ce}) {
      CHECK(find_type(dialect, id) == nullptr);
    }
  }
  for (uint8_t id = 0; id < 22; ++id) {
    CHECK(find_type(Dialect::redis, id) == find_type(Dialect::valkey, id));
    CHECK(find_type(Dialect::redis, id) == find_type(Dialect::redis_ce, id));
  }
  std::set<std::string_view> names;
  for (const Type& type : types()) {
    CHECK(names.insert(type.name).second);
    CHECK(type.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
          std::string_view::npos);
  }
}

// rdb-format.md, section 4 and 5, last columns.
TEST_CASE("types: each has come with the RDB version that the format document names") {
  const struct {
    const char* name;
    uint8_t id;
    unsigned since;
  } rows[] = {
      {"string", 0, 1},
      {"list", 1, 1},
      {"set", 2, 1},
      {"zset", 3, 1},
      {"hash", 4, 1},
      {"zset-2", 5, 8},
      {"module-pre-ga", 6, 8},
      {"module-2", 7, 8},
      {"hash-zipmap", 9, 2},
      {"list-ziplist", 10, 2},
      {"set-intset", 11, 2},
      {"zset-ziplist", 12, 2},
      {"hash-ziplist", 13, 4},
      {"list-quicklist", 14, 7},
      {"stream-listpacks", 15, 9},
      {"hash-listpack", 16, 10},
      {"zset-listpack", 17, 10},
      {"list-quicklist-2", 18, 10},
      {"stream-listpacks-2", 19, 10},
      {"set-listpack", 20, 11},
      {"stream-listpacks-3", 21, 11},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const Type* type = find_type(Dialect::redis, row.id);
    REQUIRE(type != nullptr);
    CHECK(type->name == row.name);
    CHECK(type->since == row.since);
  }
}

}  // namespace rdb
