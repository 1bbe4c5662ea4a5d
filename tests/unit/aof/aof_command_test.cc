// The framing of append-only commands: rdb/aof/command.cc.
#include "rdb/aof/command.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/rdb_file.h"
#include "tests/support/resp.h"

namespace rdb {
namespace {

using namespace std::string_literals;
using Strings = std::vector<std::string>;

// What was handed over, as lines such as "0-27: SET a 1".
class Lines : public CommandTaker {
 public:
  void begin(uint64_t offset, uint64_t arguments) override {
    begin_ = offset;
    arguments_ = arguments;
    words_.clear();
  }
  ByteSink* body(uint64_t index, uint64_t /*size*/) override {
    CHECK(index < arguments_);
    whole_.bytes.clear();
    return &whole_;
  }
  void argument(uint64_t /*index*/, uint64_t size, std::string_view head) override {
    CHECK(whole_.bytes.size() == size);
    CHECK(whole_.bytes.substr(0, CommandScanner::kHeadBytes) == head);
    words_ += " " + (size <= 8 ? whole_.bytes : std::to_string(size) + " bytes");
  }
  void end(uint64_t offset) override {
    lines.push_back(std::to_string(begin_) + "-" + std::to_string(offset) + ":" + words_);
  }
  void annotation(uint64_t offset, std::string_view line) override {
    lines.push_back(std::to_string(offset) + " " + std::string(line.substr(0, 16)));
  }

  Strings lines;

 private:
  struct Whole : public ByteSink {
    [[nodiscard]] bool write(std::string_view more) override {
      bytes += more;
      return true;
    }
    std::string bytes;
  };
  uint64_t begin_ = 0;
  uint64_t arguments_ = 0;
  std::string words_;
  Whole whole_;
};

struct Scan {
  Strings lines;
  std::string message;
  uint64_t sound_end = 0;
  bool ends_in_annotation = false;
  uint64_t odd = 0;
  bool operator==(const Scan&) const = default;
};

Scan scan_in_steps(std::string_view bytes, size_t step) {
  Lines lines;
  CommandScanner scanner(lines);
  for (size_t at = 0; at < bytes.size(); at += std::min(step, bytes.size() - at)) {
    CHECK(scanner.write(bytes.substr(at, step)));
  }
  scanner.finish();
  CHECK(scanner.end() == bytes.size());
  Scan out;
  out.lines = lines.lines;
  if (!scanner.error().ok()) out.message = message(scanner.error(), "f");
  out.sound_end = scanner.sound_end();
  out.ends_in_annotation = scanner.ends_in_annotation();
  out.odd = scanner.odd().count;
  return out;
}

// However the bytes come, the same is found.
Scan scan(std::string_view bytes) {
  const Scan out = scan_in_steps(bytes, SIZE_MAX);
  for (const size_t step : kSteps) {
    CAPTURE(step);
    CHECK(scan_in_steps(bytes, step) == out);
  }
  return out;
}

}  // namespace

TEST_CASE("aof command: commands and annotations are told with their places") {
  const std::string first = resp("SET", "a", "1");
  const std::string time = "#TS:1700000000\r\n";
  const std::string second = resp("RPUSH", "l", "", std::string(100000, 'x'));
  const Scan found = scan(first + time + second);
  const size_t at = first.size() + time.size();
  CHECK(found.lines == Strings{"0-" + std::to_string(first.size()) + ": SET a 1",
                               std::to_string(first.size()) + " #TS:1700000000",
                               std::to_string(at) + "-" + std::to_string(at + second.size()) +
                                   ": RPUSH l  100000 bytes"});
  CHECK(found.message == "");
  CHECK(found.sound_end == at + second.size());
  CHECK(found.odd == 0);
}

TEST_CASE("aof command: nothing is sound") { CHECK(scan("") == Scan{}); }

// Each loads in redis 7.0.15 and valkey 8.0.1, 8.1.1, 9.1.2 with a=1.
TEST_CASE("aof command: what servers accept is read as they read it, and counted as odd") {
  const std::string rest = "$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
  const struct {
    std::string bytes;
    const char* words;
  } rows[] = {
      {"*3\n" + rest, "SET a 1"},
      {"*3x\r\n" + rest, "SET a 1"},
      {"* 3\r\n" + rest, "SET a 1"},
      {"*03\r\n" + rest, "SET a 1"},
      {"*+3\r\n" + rest, "SET a 1"},
      {"*3\r\n$3\nSET\r\n$1\r\na\r\n$1\r\n1\r\n", "SET a 1"},
      {"*3\r\n$3q\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n", "SET a 1"},
      {"*3\r\n$3\r\nSETxx$1\r\na\r\n$1\r\n1\r\n", "SET a 1"},
      {"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$\r\n\r\n", "SET a "},
  };
  for (const auto& row : rows) {
    CAPTURE(row.bytes);
    const Scan found = scan(row.bytes);
    CHECK(found.message == "");
    CHECK(found.lines ==
          Strings{"0-" + std::to_string(row.bytes.size()) + ": " + std::string(row.words)});
    CHECK(found.odd == 1);
  }
}

// "Bad file format" in the same servers.
TEST_CASE("aof command: what no server reads is refused where it stands") {
  const std::string sound = resp("SET", "a", "1");
  const struct {
    std::string bytes;
    uint64_t offset;
    const char* words;
  } rows[] = {
      {"PING\r\n", 0,
       "an append-only command begins with '*' and an annotation with '#', not with byte 0x50"},
      {"\n", 0,
       "an append-only command begins with '*' and an annotation with '#', not with byte 0x0a"},
      {"*0\r\n", 0, "a command cannot have \"0\" arguments, 1 to 2147483647 are possible"},
      {"*-1\r\n", 0, "a command cannot have \"-1\" arguments, 1 to 2147483647 are possible"},
      {"*2147483648\r\n", 0,
       "a command cannot have \"2147483648\" arguments, 1 to 2147483647 are possible"},
      {"*99999999999999999999\r\n", 0,
       "a command cannot have \"99999999999999999999\" arguments, 1 to 2147483647 are possible"},
      {"*\x01\r\n", 0, "a command cannot have \"\\x01\" arguments, 1 to 2147483647 are possible"},
      {"*1\r\n4\r\nPING\r\n", 4, "an argument begins with '$', not with byte 0x34"},
      {"*1\r\n#TS:1\r\n", 4, "an argument begins with '$', not with byte 0x23"},
      {"*1\r\n$99999999999999999999\r\n", 4,
       "an argument cannot be \"99999999999999999999\" bytes long, 0 to 536870912 are usual"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.bytes);
    const Scan found = scan(sound + row.bytes + sound);
    CHECK(found.message ==
          "f: byte " + std::to_string(sound.size() + row.offset) + ": " + row.words);
    CHECK(found.sound_end == sound.size());
    CHECK(found.lines.size() == 1);
  }
}

// The length is a test of the parser alone: servers end on such a file.
TEST_CASE("aof command: a negative length is refused") {
  const std::string bytes = "*1\r\n$" + std::to_string(-1) + "\r\n";
  CHECK(scan(bytes).message ==
        "f: byte 4: an argument cannot be \"-1\" bytes long, 0 to 536870912 are usual");
}

TEST_CASE("aof command: wherever a file is cut, the last command is said to be incomplete") {
  const std::string sound = resp("SET", "a", "1");
  const std::string last = resp("SET", "b", "22");
  for (size_t n = 1; n < last.size(); ++n) {
    CAPTURE(n);
    const Scan found = scan(sound + last.substr(0, n));
    CHECK(found.message == "f: byte " + std::to_string(sound.size()) +
                               ": the last command is incomplete, the file ends after " +
                               std::to_string(n) + " of its bytes");
    CHECK(found.sound_end == sound.size());
  }
}

TEST_CASE("aof command: a length is believed only as far as there are bytes") {
  // What servers make room for before they read; 512 MiB are the most that clients may send.
  CHECK(scan("*1\r\n$536870912\r\nx").message ==
        "f: byte 0: the last command is incomplete, the file ends after 17 of its bytes");
  CHECK(scan("*1\r\n$536870913\r\nx").message ==
        "f: byte 4: an argument cannot be \"536870913\" bytes long, 0 to 536870912 are usual");
  CHECK(scan("*2147483647\r\n$1\r\nx\r\n").message ==
        "f: byte 0: the last command is incomplete, the file ends after 20 of its bytes");
}

TEST_CASE("aof command: zeros up to the end are named with their first") {
  const std::string sound = resp("SET", "a", "1");
  const std::string zeros(4096, '\0');
  CHECK(scan(sound + zeros).message ==
        "f: byte 27: 4096 zero bytes follow the last command up to the end; servers do not start "
        "on them");
  CHECK(scan(sound + "*1\r\n" + zeros).message ==
        "f: byte 31: 4096 zero bytes follow the last command up to the end; servers do not start "
        "on them");
  CHECK(scan(sound + zeros + "x").message ==
        "f: byte 27: an append-only command begins with '*' and an annotation with '#', not with "
        "byte 0x00");
}

// redis 7.0.15 and valkey 9.1.2 load it, append to the line, and do not start again.
TEST_CASE("aof command: a file may end inside an annotation") {
  const std::string sound = resp("SET", "a", "1");
  const Scan found = scan(sound + "#TS:17");
  CHECK(found.message == "");
  CHECK(found.ends_in_annotation);
  CHECK(found.sound_end == sound.size());
  CHECK(!scan(sound + "#TS:17\n").ends_in_annotation);
}

TEST_CASE("aof command: a line ends after 1023 bytes, as that of fgets") {
  const std::string sound = resp("SET", "a", "1");
  const std::string fits = "#" + std::string(1021, 'x') + "\n";
  CHECK(scan(fits + sound).message == "");
  // The rest of a longer one is the next line.
  CHECK(scan("#" + std::string(1022, 'x') + sound).message == "");
  CHECK(scan("#" + std::string(1022, 'x') + "#\n" + sound).lines.size() == 3);
  CHECK(scan("#" + std::string(1023, 'x') + "\n" + sound).message ==
        "f: byte 1023: an append-only command begins with '*' and an annotation with '#', not with "
        "byte 0x78");
}

}  // namespace rdb
