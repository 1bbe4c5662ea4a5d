// Captures of a replication link: what stands before the RDB part. The lines are those that redis
// 6.0, 7.0, 8.0 and valkey 8.0, 8.1, 9.1 sent to a replica.
#include "rdb/file/framing.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

const std::string kMark = "0123456789abcdef0123456789abcdef01234567";
const std::string kId = "8d48c4667129cdb5933f9a12a1d5e6a24899602b";
const std::string kMarked = "$EOF:" + kMark + "\r\n";

std::string small_file() { return RdbFile().select(0).string("s", "v").end(); }
std::string sized(std::string_view file) { return "$" + std::to_string(file.size()) + "\r\n"; }

struct Parsed {
  FramingState state;
  Framing framing;
  std::string last;
};

// Every beginning of the capture must want more, or be what it is in the end.
Parsed parse(const std::string& head) {
  Parsed out;
  std::string_view last;
  out.state = parse_framing(head, true, out.framing, last);
  out.last = last;
  for (size_t n = 0; n < out.framing.bytes; ++n) {
    Framing begun;
    const FramingState state =
        parse_framing(std::string_view(head).substr(0, n), false, begun, last);
    CHECK((state == FramingState::more || state == out.state));
  }
  return out;
}

std::string message_of(const std::string& bytes) { return walk_at_every_step(bytes).message(); }

}  // namespace

TEST_CASE("framing: the RDB part is found behind all that servers say before it") {
  const std::string file = small_file();
  const struct {
    std::string lines;
    uint64_t keepalives;
    bool has_id;
  } rows[] = {
      {"", 0, false},
      {"\n\n", 2, false},
      {std::string(4000, '\n'), 4000, false},
      {"+PONG\r\n+OK\r\n+OK\r\n", 0, false},
      {"+PONG\r\n+OK\r\n-ERR unknown command 'REPLCONF'\r\n", 0, false},
      {"+FULLRESYNC " + kId + " 42\r\n", 0, true},
      {"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + kId + " 42\r\n\n\n", 2, true},
      {"+PONG\r\n+OK\r\n+OK\r\n\n\n\n+FULLRESYNC " + kId + " 42\r\n", 3, true},
      {"+OK\r\n\n\n$ENDOFF:42 " + kId + " 0 4\r\n", 2, true},
      {"+OK\r\n$ENDOFF:42 " + kId + " -1 5\r\n", 0, true},
      {"+FULLRESYNC ? ?\r\n", 0, false},
  };
  for (const auto& row : rows) {
    for (const std::string& payload : {sized(file), kMarked}) {
      CAPTURE(row.lines);
      CAPTURE(payload);
      const Parsed parsed = parse(row.lines + payload + file);
      CHECK(parsed.state == FramingState::complete);
      CHECK(parsed.framing.bytes == row.lines.size() + payload.size());
      CHECK(parsed.framing.keepalives == row.keepalives);
      CHECK(parsed.framing.replication_id == (row.has_id ? kId : ""));
      CHECK(parsed.framing.replication_offset.value_or(-1) == (row.has_id ? 42 : -1));
      const bool is_marked = payload == kMarked;
      CHECK(parsed.framing.kind == (is_marked ? Framing::Kind::mark : Framing::Kind::size));
      CHECK(parsed.framing.size == (is_marked ? 0 : file.size()));
      CHECK(parsed.framing.mark == (is_marked ? kMark : ""));
      const std::string capture = row.lines + payload + file + (is_marked ? kMark : "");
      const FileWalk walk = walk_at_every_step(capture);
      CHECK(walk.message() == "dump.rdb: no error");
      CHECK(walk.finished);
      CHECK(walk.checksum == Checksum::verified);
      CHECK(walk.header.offset == row.lines.size() + payload.size());
      check_lines(walk.records(), {"entry db 0 key s string"});
    }
  }
}

TEST_CASE("framing: what no server says is none, and such a file is no RDB file") {
  for (const std::string& line :
       {std::string("$EOF:0123\r\n"), std::string("$\r\n"), std::string("$12x\r\n"),
        std::string("$-1\r\n"), std::string("+OK\r\n"), std::string("\n"),
        std::string("$EOF:0123456789ABCDEF0123456789ABCDEF01234567\r\n"),
        std::string("$99999999999999999999\r\n"), "$ENDOFF:42 " + kId + " 0\r\n" + kMarked,
        "+OK\x01\r\n" + kMarked, "+" + std::string(1024, 'x') + "\r\n" + kMarked,
        "+OK\r\nnonsense\r\n" + kMarked}) {
    CAPTURE(line);
    CHECK(parse(line + small_file()).state == FramingState::none);
    CHECK(name(walk_at_every_step(line + small_file()).error.code) == "not_rdb");
  }
}

TEST_CASE("framing: a capture that ends before its RDB part says where") {
  const struct {
    std::string capture;
    std::string words;
  } rows[] = {
      {"+FULLRESYNC 8d48c4",
       "0: the capture of a replication link ends before its RDB part, inside "
       "the line \"+FULLRESYNC 8d48c4\""},
      {"+PONG\r\n+OK\r\n+FULLRESYNC " + kId + " 42\r",
       "12: the capture of a replication link ends before its RDB part, inside the line "
       "\"+FULLRESYNC " +
           kId + " 42\""},
      {"+FULLRESYNC " + kId + " 42\r\n\n\n",
       "59: the capture of a replication link ends before its RDB part, after the line "
       "\"+FULLRESYNC " +
           kId + " 42\""},
      {"+PONG\r\n",
       "7: the capture of a replication link ends before its RDB part, after the line "
       "\"+PONG\""},
      {"$EOF:0123",
       "0: the capture of a replication link ends before its RDB part, inside the line "
       "\"$EOF:0123\""},
      {"+OK\r\n$15",
       "5: the capture of a replication link ends before its RDB part, inside the "
       "line \"$15\""},
      {"+OK\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n",
       "58: the capture of a replication link ends before its RDB part, after the line \"-ERR SYNC "
       "and PSYNC are invalid with pending output\""},
      {"+OK\r\n+DUALCHANNELSYNC\r\n",
       "23: the capture of a replication link ends before its RDB part, after the line "
       "\"+DUALCHANNELSYNC\", which says that the snapshot goes over a second connection"},
      {"+OK\r\n+RDBCHANNELSYNC 5\r\n",
       "24: the capture of a replication link ends before its RDB part, after the line "
       "\"+RDBCHANNELSYNC 5\", which says that the snapshot goes over a second connection"},
  };
  for (const auto& row : rows) {
    CHECK(message_of(row.capture) == "dump.rdb: byte " + row.words);
    CHECK(status(walk_at_every_step(row.capture).error.code) == Status::damaged);
  }
}

TEST_CASE("framing: a capture in which only commands follow is named as that") {
  const std::string commands = "*1\r\n$4\r\nping\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
  const std::string words =
      "come commands only, which change data that is not here; capture a full synchronisation "
      "(PSYNC ? -1)";
  const FileWalk walk = walk_at_every_step("+OK\r\n+CONTINUE " + kId + "\r\n" + commands);
  CHECK(walk.message() ==
        "dump.rdb: byte 57: a capture of a replication link without an RDB part: "
        "after \"+CONTINUE " +
            kId + "\" " + words);
  CHECK(status(walk.error.code) == Status::unexpected);
  for (const std::string& start : {"+CONTINUE\r\n" + commands, std::string("+CONTINUE\r\n"),
                                   "+CONTINUE " + kId + "\r\n\n", "+OK\r\n" + commands}) {
    CAPTURE(start);
    CHECK(name(walk_at_every_step(start).error.code) == "capture_commands");
  }
}

TEST_CASE("framing: an RDB part of another size than announced is damage with both numbers") {
  const std::string file = small_file();
  const std::string size = std::to_string(file.size());
  const auto announced = [&](size_t n) { return "$" + std::to_string(n) + "\r\n"; };
  const std::string more = announced(file.size() + 7);
  const std::string end = std::to_string(more.size() + file.size());
  CHECK(message_of(more + file) ==
        "dump.rdb: byte " + end + ": the capture announces an RDB part of " +
            std::to_string(file.size() + 7) + " bytes, which ends after " + size);
  CHECK(message_of(more + file + "1234567") == message_of(more + file));
  CHECK(message_of(announced(file.size() - 1) + file) ==
        "dump.rdb: byte " + end + ": the capture announces an RDB part of " +
            std::to_string(file.size() - 1) + " bytes, which ends after " + size);
  CHECK(message_of("$0\r\n" + file)
            .ends_with(": the capture announces an RDB part of 0 bytes, which ends after " + size));
  // Cut, which only the announced size tells from damage.
  const std::string cut = file.substr(0, file.size() - 12);
  CHECK(message_of(sized(file) + cut)
            .ends_with(": the capture announces an RDB part of " + size +
                       " bytes, and the file ends after " + std::to_string(cut.size())));
  CHECK(message_of("$12\r\n").ends_with(
      ": the capture announces an RDB part of 12 bytes, and the file ends after 0"));
  // The size is right, the RDB part is not.
  CHECK(message_of(sized(cut) + cut).find("file ends early") != std::string::npos);
}

TEST_CASE("framing: the mark that a capture announces must end it") {
  const std::string file = small_file();
  const std::string at = "dump.rdb: byte " + std::to_string(kMarked.size() + file.size());
  for (const size_t n : {size_t{0}, size_t{1}, size_t{39}}) {
    CHECK(message_of(kMarked + file + kMark.substr(0, n)) ==
          at + ": the capture ends early: " + std::to_string(n) +
              " of the 40 bytes of the mark at its end are there");
  }
  const std::string other = "f" + kMark.substr(1);
  CHECK(message_of(kMarked + file + other) == at + ": the capture announces that \"" + kMark +
                                                  "\" ends it, and \"" + other +
                                                  "\" follows the RDB part");
  const std::string commands = "*1\r\n$4\r\nPING\r\n";
  CHECK(walk_at_every_step(kMarked + file + kMark + commands).error.ok());
  CHECK_FALSE(walk_at_every_step(kMarked + file + commands).error.ok());
}

TEST_CASE("framing: what is wrong with it is only told on request") {
  const std::string file = small_file();
  for (const std::string& capture : {kMarked + file, "$9\r\n" + file}) {
    const FileWalk walk = walk_at_every_step(capture, {.reader = {.verify_framing = false}});
    CHECK(walk.finished);
    CHECK(walk.checksum == Checksum::verified);
    MemorySource source(capture);
    Reader reader(source, {.verify_framing = false});
    REQUIRE(reader.open());
    for (Record record; reader.next(record);) {
    }
    CHECK(status(reader.framing_error().code) == Status::damaged);
    CHECK(reader.framing().kind != Framing::Kind::none);
  }
}

TEST_CASE("framing: places in a capture are those of the captured file") {
  const std::string cut = "$40\r\n" + RdbFile().string("s", "v").cut();
  CHECK(message_of(cut).starts_with("dump.rdb: byte " + std::to_string(cut.size()) + ": "));
}

}  // namespace rdb
