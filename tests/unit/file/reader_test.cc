// Header, framing, checksum and tail of a file: rdb/file/reader.cc. Its records are in
// reader_records_test.cc.
#include "rdb/file/reader.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/file_walk.h"
#include "tests/support/lz4_frame.h"
#include "tests/support/rdb_file.h"
#include "tests/support/resp.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

constexpr std::string_view kMark = "0123456789abcdef0123456789abcdef01234567";  // 40 digits

std::string small_file(std::string_view header = "REDIS0011") {
  return RdbFile(header).select(0).string("s", "v").end();
}

// A few numbers behind the words are the same whatever the file: here the message alone counts.
std::string message_of(std::string_view bytes) { return walk_at_every_step(bytes).message(); }

std::string flipped(std::string file, size_t from_behind) {
  char& c = file[file.size() - from_behind];
  c = static_cast<char>(c ^ 1);
  return file;
}

}  // namespace

// testdata/vectors.json, hdr_*: minimal files (db0 s=v).
TEST_CASE("reader: the header names dialect and version") {
  const struct {
    const char* header;
    Dialect dialect;
    unsigned version;
  } rows[] = {
      {"REDIS0011", Dialect::redis, 11},      {"REDIS0012", Dialect::redis_ce, 12},
      {"REDIS0079", Dialect::redis_ce, 79},   {"REDIS0080", Dialect::redis_ce, 80},
      {"REDIS1011", Dialect::redis_ce, 1011}, {"REDIS0000", Dialect::redis, 0},
      {"VALKEY080", Dialect::valkey, 80},     {"VALKEY011", Dialect::valkey, 11},
      {"VALKEY079", Dialect::valkey, 79},     {"VALKEY081", Dialect::valkey, 81},
  };
  for (const auto& row : rows) {
    CAPTURE(row.header);
    const FileWalk walk = walk_at_every_step(vector_named("hdr_" + std::string(row.header)).bytes);
    CHECK(walk.finished);
    CHECK(walk.header.text == row.header);
    CHECK(walk.header.dialect == row.dialect);
    CHECK(walk.header.version == row.version);
    CHECK(walk.header.offset == 0);
    check_lines(walk.records(), {"entry db 0 key s string"});
  }
}

// Which servers take which: verdict_test.cc.
TEST_CASE("reader: a version that is not all digits is what atoi makes of it") {
  const auto opened = [](const std::string& file) {
    MemorySource source(file);
    Reader reader(source);
    REQUIRE(reader.open());
    CHECK(reader.tally()[Odd::odd_version].count == 1);
    const Header& header = reader.header();
    return header.text + (header.is_read_early ? " early" : "") +
           (header.is_read_late ? " late" : "");
  };
  CHECK(opened(vector_named("hdr_REDIS  11").bytes) == "REDIS0011 early");
  CHECK(opened(vector_named("hdr_VALKEY 80").bytes) == "VALKEY080 early late");
  CHECK(opened(small_file("REDIS0 11")) == "REDIS0011 late");
  CHECK(opened(small_file("REDIS011\n")) == "REDIS0011 early late");
  CHECK(opened(small_file("REDIS7abc")) == "REDIS0007 early");
  CHECK(opened(small_file("REDIS  +8")) == "REDIS0008 early");
}

TEST_CASE("reader: a header without a version is refused") {
  const std::string words = " has no version, four digits after REDIS or three after VALKEY";
  CHECK(message_of(small_file("REDIS00\n1")) == "dump.rdb: byte 0: header \"REDIS00\\n1\"" + words);
  CHECK(message_of(small_file("REDIS-011")) == "dump.rdb: byte 0: header \"REDIS-011\"" + words);
}

TEST_CASE("reader: an empty file, a cut header and what is no RDB file are three things") {
  CHECK(message_of("") ==
        "dump.rdb: byte 0: file is empty, an RDB file begins with REDIS or VALKEY");
  for (const std::string_view magic : {"REDIS0011", "VALKEY080"}) {
    for (size_t n = 1; n < magic.size(); ++n) {
      CHECK(message_of(magic.substr(0, n)) == "dump.rdb: byte 0: file ends early, " +
                                                  std::to_string(n) +
                                                  " of the 9 bytes needed here are there");
    }
  }
  CHECK(message_of(Bytes{}.u8(0x1f).u8(0x8b).u8(8).rep('\0', 30).view()) ==
        "dump.rdb: byte 0: not an RDB file, it looks like gzip data");
  for (const char* bad : {"redis0011", "XEDIS0011", "REDIX0011", "VALKEX080"}) {
    CHECK(message_of(small_file(bad)).starts_with("dump.rdb: byte 0: not an RDB file, "));
  }
}

TEST_CASE("reader: the checksum is verified from version 5 on, before there is none") {
  CHECK(walk_at_every_step(small_file("REDIS0005")).checksum == Checksum::verified);
  const std::string old = RdbFile("REDIS0004").select(0).string("s", "v").end_without_trailer();
  const FileWalk walk = walk_at_every_step(old);
  CHECK(walk.finished);
  CHECK(walk.checksum == Checksum::none);
  CHECK(walk.end == old.size());
  CHECK(walk.tally[Odd::no_checksum].count == 0);
}

TEST_CASE("reader: a checksum of zero is not recorded, and noted where it stands") {
  const std::string file = RdbFile().select(0).string("s", "v").end_without_checksum();
  const FileWalk walk = walk_at_every_step(file);
  CHECK(walk.finished);
  CHECK(walk.checksum == Checksum::absent);
  CHECK(walk.tally[Odd::no_checksum].count == 1);
  CHECK(walk.tally[Odd::no_checksum].first_offset == file.size() - 8);
}

// The value is that of vectors.json: crc64_123456789 stands for what a content of those bytes has.
TEST_CASE("reader: a wrong checksum is an error with both values, or only told on request") {
  const std::string content = RdbFile().select(0).string("s", "v").end_without_trailer();
  const std::string file = content + Bytes{}.u64le(0xE9C6D914C4B8D9CA).string();
  const FileWalk walk = walk_at_every_step(file);
  CHECK_FALSE(walk.finished);
  CHECK(walk.checksum == Checksum::wrong);
  CHECK(status(walk.error.code) == Status::damaged);
  CHECK(walk.message().starts_with("dump.rdb: byte " + std::to_string(content.size()) +
                                   ": checksum of the content is "));
  CHECK(walk.message().ends_with(", the file records e9c6d914c4b8d9ca"));
  const FileWalk told = walk_at_every_step(file, {.reader = {.verify_checksum = false}});
  CHECK(told.finished);
  CHECK(told.checksum == Checksum::wrong);
  check_lines(told.records(), {"entry db 0 key s string"});
}

TEST_CASE("reader: a trailer that is cut is told as too short, whether verified or not") {
  const std::string file = small_file();
  for (size_t n = 1; n <= 8; ++n) {
    const std::string cut = file.substr(0, file.size() - n);
    for (const bool verify : {true, false}) {
      const FileWalk walk = walk_at_every_step(cut, {.reader = {.verify_checksum = verify}});
      CHECK(walk.message() == "dump.rdb: byte " + std::to_string(file.size() - 8) +
                                  ": file ends early, " + std::to_string(8 - n) +
                                  " of the 8 bytes needed here are there");
    }
  }
}

// rdb-format.md 3.2: known tails.
TEST_CASE("reader: what follows the end is a mark, commands or unknown, with its size") {
  const struct {
    std::string tail;
    Tail::Kind kind;
  } rows[] = {
      {"", Tail::Kind::none},
      {std::string(kMark), Tail::Kind::eof_mark},
      {std::string(kMark.substr(1)), Tail::Kind::unknown},
      {std::string(kMark) + "0", Tail::Kind::unknown},
      {"0123456789ABCDEF0123456789ABCDEF01234567", Tail::Kind::unknown},
      {"*1\r\n$4\r\nPING\r\n", Tail::Kind::commands},
      {"#TS:1700000000\r\n*1\r\n$4\r\nPING\r\n", Tail::Kind::commands},
      {"\n", Tail::Kind::unknown},
      {std::string(8, '\0'), Tail::Kind::unknown},
      {"*1" + half_random(600000), Tail::Kind::commands},
      {"*" + half_random(600000), Tail::Kind::unknown},
      {"x" + half_random(600000), Tail::Kind::unknown},
  };
  for (const auto& row : rows) {
    CAPTURE(row.tail.size());
    const std::string file = small_file();
    const WalkOptions options{.step = row.tail.size() > 1000 ? 777 : SIZE_MAX};
    const FileWalk walk = row.tail.size() > 1000 ? walk_file(file + row.tail, options)
                                                 : walk_at_every_step(file + row.tail);
    CHECK(walk.finished);
    CHECK(walk.checksum == Checksum::verified);
    CHECK(walk.end == file.size());
    CHECK(walk.tail.kind == row.kind);
    CHECK(walk.tail.size == row.tail.size());
    CHECK(walk.tail.offset == file.size());
  }
}

// A TailSink that keeps what it gets.
class KeptTail : public TailSink {
 public:
  explicit KeptTail(bool is_wanted) : is_wanted_(is_wanted) {}
  [[nodiscard]] bool begin(const Tail& tail) override {
    kind = tail.kind;
    offset = tail.offset;
    return is_wanted_;
  }
  [[nodiscard]] bool write(std::string_view more) override {
    bytes += more;
    return true;
  }
  void end() override { has_ended = true; }

  Tail::Kind kind = Tail::Kind::none;
  uint64_t offset = 0;
  std::string bytes;
  bool has_ended = false;

 private:
  bool is_wanted_;
};

TEST_CASE("reader: the bytes after the RDB part are handed on, without the mark of a capture") {
  const std::string file = small_file();
  const std::string framed = "$EOF:" + std::string(kMark) + "\r\n" + file + std::string(kMark);
  const std::string sized = "$" + std::to_string(file.size()) + "\r\n" + file;
  const std::string commands = resp("SET", "a", std::string(600000, 'x')) + resp("DEL", "a");
  const struct {
    std::string before;
    std::string tail;
    Tail::Kind kind;
  } rows[] = {
      {file, commands, Tail::Kind::commands},  {framed, commands, Tail::Kind::commands},
      {sized, commands, Tail::Kind::commands}, {framed, "junk", Tail::Kind::unknown},
      {"", commands, Tail::Kind::commands},
  };
  for (const auto& row : rows) {
    for (const size_t step : {size_t{777}, SIZE_MAX}) {
      CAPTURE(row.before);
      const std::string bytes = row.before + row.tail;
      MemorySource source(bytes, step);
      KeptTail kept(true);
      Reader reader(source, {.tail = &kept});
      CHECK(reader.open() != row.before.empty());
      if (row.before.empty()) CHECK(reader.error().code == Code::no_rdb_part);
      for (Record record; !row.before.empty() && reader.next(record);) {
      }
      CHECK(reader.finished() != row.before.empty());
      CHECK(kept.kind == row.kind);
      CHECK(kept.offset == row.before.size());
      CHECK(kept.bytes == row.tail);
      CHECK(kept.has_ended);
      CHECK(reader.tail().offset == row.before.size());
      CHECK(reader.tail().size == row.tail.size());
    }
  }
  for (const std::string& complete : {file, framed, sized}) {
    MemorySource source(complete);
    KeptTail kept(true);
    Reader reader(source, {.tail = &kept});
    CHECK(reader.open());
    for (Record record; reader.next(record);) {
    }
    CHECK(reader.finished());
    CHECK(kept.kind == Tail::Kind::none);
    CHECK(!kept.has_ended);
  }
}

TEST_CASE("reader: a tail that nobody wants is not handed on") {
  MemorySource source("*1\r\n$4\r\nPING\r\n");
  KeptTail kept(false);
  Reader reader(source, {.tail = &kept});
  CHECK(!reader.open());
  CHECK(kept.bytes.empty());
  CHECK(!kept.has_ended);
}

// redis 7.2.6 src/rdb.c, rdbSaveInfoAuxFields: the number is saved as an integer; other writers may
// take a string.
TEST_CASE("reader: the AUX fields tell whether the file is part of an append-only one") {
  const struct {
    const char* name;
    std::string value;
    AppendOnly said;
  } rows[] = {
      {"aof-base", "\xc0\x01", AppendOnly::base},
      {"aof-base", std::string("\xc0\0", 2), AppendOnly::no},
      {"AOF-Base",
       "\x01"
       "1",
       AppendOnly::base},
      {"aof-preamble", "\xc0\x01", AppendOnly::base},  // RDB 11: of a release candidate of 7.0
      {"aof-preamble",
       "\x01"
       "0",
       AppendOnly::no},
      {"ctime", "\xc0\x01", AppendOnly::unsaid},
  };
  for (const auto& row : rows) {
    const std::string bytes = RdbFile().raw("\xfa").raw(rdb_string(row.name)).raw(row.value).end();
    for (const size_t step : kSteps) {
      MemorySource source(bytes, step);
      Reader reader(source);
      CHECK(reader.open());
      for (Record record; reader.next(record);) {
      }
      CHECK(reader.finished());
      CHECK(reader.append_only() == row.said);
    }
  }
}

TEST_CASE("reader: before version 5 a tail begins right behind the end mark") {
  const std::string file = RdbFile("REDIS0002").string("s", "v").end_without_trailer();
  const FileWalk walk = walk_at_every_step(file + "*1\r\n");
  CHECK(walk.tail.kind == Tail::Kind::commands);
  CHECK(walk.end == file.size());
}

TEST_CASE("reader: bytes after the end are no part of the checksum") {
  const FileWalk walk = walk_at_every_step(small_file() + small_file());
  CHECK(walk.finished);
  CHECK(walk.checksum == Checksum::verified);
  check_lines(walk.records(), {"entry db 0 key s string"});
}

TEST_CASE("reader: a file without any record is sound") {
  const FileWalk walk = walk_at_every_step(RdbFile().end());
  CHECK(walk.finished);
  CHECK(walk.records().empty());
}

TEST_CASE("reader: a file that stops without an end mark is cut") {
  const std::string file = RdbFile().select(0).string("s", "v").cut();
  CHECK(message_of(file) == "dump.rdb: byte " + std::to_string(file.size()) +
                                ": file ends early, 0 of the 1 bytes needed here are there");
}

// rdb-format.md section 5: what a foreign file holds is only believed if its checksum is right.
TEST_CASE("reader: a type that cannot be walked is foreign if the checksum is right or absent") {
  const RdbFile file =
      RdbFile("REDIS0013").select(2).string("s", "v").entry(26, "st", "whatever it holds");
  // 9 + 2 of select + 5 of the string + 4 of type and key
  const std::string expected =
      "dump.rdb: byte 20: value type 26 is of a format that this release cannot follow "
      "(stream-listpacks-4)";
  const auto without_key = [](FileWalk walk) {
    walk.error.has_key = false;
    return walk.message();
  };
  const FileWalk walk = walk_at_every_step(file.end());
  CHECK(status(walk.error.code) == Status::foreign);
  CHECK(walk.message() == "dump.rdb: byte 20: db 2 key \"st\" [stream-listpacks-4]: " +
                              expected.substr(std::string_view("dump.rdb: byte 20: ").size()));
  CHECK(without_key(walk) == expected);
  CHECK(walk.checksum == Checksum::verified);
  CHECK(without_key(walk_at_every_step(file.end_without_checksum())) == expected);
  check_lines(walk.records(), {"entry db 2 key s string"});
}

TEST_CASE("reader: a type that cannot be walked is damage if the checksum is wrong") {
  const RdbFile file = RdbFile("REDIS0013").entry(26, "st", "whatever it holds");
  const FileWalk walk = walk_at_every_step(flipped(file.end(), 3));
  CHECK(name(walk.error.code) == "checksum_mismatch");
  CHECK_FALSE(walk.error.has_key);
  const FileWalk cut = walk_at_every_step(file.end().substr(0, 20));
  CHECK(status(cut.error.code) == Status::damaged);
  // Told not to look, the reader says what it met.
  const FileWalk told =
      walk_at_every_step(flipped(file.end(), 3), {.reader = {.verify_checksum = false}});
  CHECK(name(told.error.code) == "foreign_type");
}

TEST_CASE("reader: unknown bytes are damage under REDIS0011, and foreign under later versions") {
  for (const unsigned id : {8U, 22U, 25U, 100U, 242U, 243U}) {
    CAPTURE(id);
    const std::string value = rdb_string("k") + rdb_string("v");
    const std::string open = RdbFile("REDIS0011").raw(Bytes{}.u8(id).str(value).view()).end();
    CHECK(message_of(open) == "dump.rdb: byte 9: byte " + std::to_string(id) +
                                  " is neither a value type nor an opcode of RDB version 11");
  }
  for (const unsigned id : {34U, 100U, 242U, 243U}) {
    CAPTURE(id);
    const RdbFile ce = RdbFile("REDIS0013").raw(Bytes{}.u8(id).str("something").view());
    const FileWalk walk = walk_at_every_step(ce.end());
    CHECK(walk.message() ==
          "dump.rdb: byte 9: opcode " + std::to_string(id) +
              " is of a format that this release cannot follow (unknown in REDIS0013)");
    CHECK(name(walk_at_every_step(flipped(ce.end(), 5)).error.code) == "checksum_mismatch");
  }
  const RdbFile path = RdbFile("VALKEY081").entry(23, "k", "unknown");
  CHECK(message_of(path.end()).ends_with("cannot follow (path-hash)"));
}

// librdb src/lib/defines.h, cited in rdb-format.md section 3.
TEST_CASE("reader: opcodes of Redis Enterprise are named, unless the checksum says damage") {
  const struct {
    unsigned id;
    const char* words;
  } rows[] = {
      {101, "GCAS of Redis Enterprise, by its number"},
      {102, "GFLAGS of Redis Enterprise, by its number"},
      {107, "RAM_LRU of Redis Enterprise, by its number"},
      {121, "SLOT_NUM of Redis Enterprise, by its number"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.id);
    const RdbFile file = RdbFile("REDIS0009").raw(Bytes{}.u8(row.id).u8(5).view());
    const FileWalk walk = walk_at_every_step(file.end());
    CHECK(status(walk.error.code) == Status::foreign);
    CHECK(walk.message() == "dump.rdb: byte 9: opcode " + std::to_string(row.id) +
                                " is of a format that this release cannot follow (" + row.words +
                                ")");
    CHECK(name(walk_at_every_step(flipped(file.end(), 1)).error.code) == "checksum_mismatch");
    // Nothing tells that the byte is what was written.
    CHECK(name(walk_at_every_step(file.end_without_checksum()).error.code) == "bad_opcode");
  }
}

// testdata/vectors.json: the module id; rdb-format.md section 4: type 6 has no framing.
TEST_CASE("reader: a module value of the 4.0 release candidates is named with its key") {
  const std::string value = vector_named("module_id_hellotype_v0").bytes + "opaque bytes";
  const RdbFile file = RdbFile("REDIS0008").select(3).entry(6, "k", value);
  CHECK(message_of(file.end()) ==
        "dump.rdb: byte 14: db 3 key \"k\" [module-pre-ga]: value of module hellotype version 0 in "
        "the form of Redis 4.0 release candidates, which nothing frames");
  CHECK(name(walk_at_every_step(flipped(file.end(), 12)).error.code) == "checksum_mismatch");
}

}  // namespace rdb
