// Files that something happened to on their way: what is said of them, and what can be undone.
#include "rdb/arrive/arrival.h"

#include <string>

#include <doctest/doctest.h>

#include "rdb/arrive/arriving_source.h"
#include "rdb/base/crc64.h"
#include "rdb/file/reader.h"
#include "rdb/io/sink.h"
#include "rdb/io/wrap.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

using namespace std::string_literals;
using Text = Undo::Text;

std::string sound() {
  return RdbFile()
      .aux("redis-ver", "7.2.6")
      .select(0)
      .string("a", "one\ntwo\n")
      .string("b", "x\r\ny")
      .string("c", "\r\r\n")
      .string("d", "2")
      .end();
}

std::string with_line_ends(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::string utf16(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += {c, '\0'};
  return out;
}

std::string utf16_big(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += {'\0', c};
  return out;
}

std::string latin1_as_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) out += static_cast<char>(0xC0 | byte >> 6);
    out += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 63) : byte);
  }
  return out;
}

std::string replaced(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += static_cast<uint8_t>(c) >= 0x80 ? "\xEF\xBF\xBD" : std::string(1, c);
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += {kDigits[static_cast<uint8_t>(c) >> 4], kDigits[static_cast<uint8_t>(c) & 15]};
  }
  return out;
}

std::string wrapped(Wrap kind, std::string_view bytes) {
  MemorySink to;
  WrapSink sink(kind, to);
  REQUIRE((sink.write(bytes) && sink.finish()));
  return to.bytes();
}

std::string without_checksum() {
  return RdbFile().select(0).string("a", "one\ntwo\n").string("b", "y").end_without_checksum();
}

std::optional<Arrival> arrival_of(const std::string& bytes) {
  MemoryAccess access(bytes);
  WholeFile file(access);
  return find_arrival(file);
}

std::string undone(const std::string& bytes, const Undo& undo) {
  MemorySource source(bytes);
  UndoSource content(source, undo);
  std::string out;
  char c = '\0';
  for (size_t got = 1; content.read(&c, 1, got) && got != 0;) out += c;
  return out;
}

// What a reader says of the file, read from a file or, without `again`, from a pipe.
std::string told(const std::string& bytes, bool can_reread = true) {
  MemorySource raw(bytes, 1000);
  MemoryAccess access(bytes);
  ArrivingSource source;
  Error error = source.open(raw, can_reread ? &access : nullptr);
  Reader reader(source);
  if (error.ok() && reader.open()) {
    for (Record record; reader.next(record);) {
    }
  }
  return message(error.ok() ? reader.error() : error, "dump.rdb");
}

constexpr std::string_view kTerminal =
    "line ends were changed from LF to CRLF, as on a terminal (docker exec -t, kubectl exec -t) or "
    "by FTP in text mode";
constexpr std::string_view kRight = ": undone, the checksum is right";
constexpr std::string_view kCure =
    "; rdbferry salvage undoes this, or copy the file again in binary mode";

std::string line(uint64_t offset, std::string_view happened, std::string_view proof = kRight) {
  return "dump.rdb: byte " + std::to_string(offset) + ": " + std::string(happened) +
         std::string(proof) + std::string(kCure);
}

}  // namespace

TEST_CASE("arrival: what can be undone is named, and proven by the checksum") {
  const std::string file = sound();
  const std::string text = "Defaulted container \"redis\" out of: redis, exporter\n";
  const std::string in_front =
      "52 bytes stand before the RDB file, \"Defaulted container \\\"redis\\\" out of: redis, "
      "exporter\\n\"";
  const std::string here = ", which begins here (byte 53, counted from 1 as tail -c +53 does)";
  const std::string little =
      "the bytes were written as UTF-16 (little-endian, with a byte-order mark), as PowerShell "
      "does "
      "with >";
  const std::string as_utf8 = "the bytes were taken for text in Latin-1 and written as UTF-8";
  const uint64_t first = file.find('\n');
  const struct {
    std::string bytes;
    std::string message;
  } rows[] = {
      {with_line_ends(file), line(first, kTerminal)},
      {"\xFF\xFE" + utf16(file), line(0, little)},
      {utf16(file), line(0,
                         "the bytes were written as UTF-16 (little-endian), as PowerShell does "
                         "with >")},
      {"\xFE\xFF" + utf16_big(file),
       line(0, "the bytes were written as UTF-16 (big-endian, with a byte-order mark)")},
      {utf16_big(file), line(0, "the bytes were written as UTF-16 (big-endian)")},
      {latin1_as_utf8(file), line(0, as_utf8)},
      {"\xEF\xBB\xBF" + latin1_as_utf8(file), line(0, as_utf8 + ", with a byte-order mark")},
      {"\xEF\xBB\xBF" + file, line(0, "a UTF-8 byte-order mark was put in front")},
      {text + file, line(52, in_front + here)},
      {hex(file) + "\n", line(0, "the bytes were written as hexadecimal text")},
      // Together.
      {text + with_line_ends(file), line(52, in_front + here + "; " + std::string(kTerminal))},
      {"\xEF\xBB\xBF" + with_line_ends(file),
       line(0, "a UTF-8 byte-order mark was put in front; " + std::string(kTerminal))},
      {"\xFF\xFE" + utf16(with_line_ends(file)), line(0, little + "; " + std::string(kTerminal))},
      {"\xFF\xFE" + utf16(text + file), line(0, little + "; " + in_front)},
      {latin1_as_utf8(with_line_ends(file)), line(0, as_utf8 + "; " + std::string(kTerminal))},
  };
  for (const auto& row : rows) {
    CHECK(told(row.bytes) == row.message);
    const auto found = arrival_of(row.bytes);
    REQUIRE(found);
    CHECK(found->proof == Proof::checksum);
    CHECK(undone(row.bytes, found->undo) == file);
  }
}

TEST_CASE("arrival: captures and wrapped files that went through a terminal are found, too") {
  const std::string file = sound();
  const std::string mark = "0123456789abcdef0123456789abcdef01234567";
  const std::string capture = "+OK\r\n\n\n$EOF:" + mark + "\r\n" + file + mark;
  const std::string bulk = "$" + std::to_string(file.size()) + "\r\n" + file;
  for (const std::string& content :
       {capture, bulk, wrapped(Wrap::gzip, file), wrapped(Wrap::zstd, file)}) {
    for (const std::string& bytes : {with_line_ends(content), "\xFF\xFE" + utf16(content),
                                     "\xEF\xBB\xBF" + content, "some text\n" + content}) {
      if (bytes == content) continue;
      const auto found = arrival_of(bytes);
      REQUIRE(found);
      CHECK(found->proof == Proof::checksum);
    }
  }
  const std::string packed = wrapped(Wrap::gzip, with_line_ends(file));
  CHECK(told(packed) == line(file.find('\n'), kTerminal));
}

TEST_CASE("arrival: without a checksum nothing is proven, and that is said") {
  const std::string file = without_checksum();
  const std::string bytes = with_line_ends(file);
  CHECK(told(bytes) == line(file.find('\n'), kTerminal,
                            ": undone, it can be read to its end, and no checksum is recorded"));
  CHECK(arrival_of(bytes)->proof == Proof::end);
  std::string other = sound();
  other.back() = static_cast<char>(other.back() ^ 1);
  CHECK(told(with_line_ends(other)) ==
        line(other.find('\n'), kTerminal,
             ": undone, it can be read to its end, but the checksum is wrong"));
}

TEST_CASE("arrival: a file that was also cut is undone as far as it goes") {
  const std::string file = sound();
  const std::string cut = file.substr(0, file.size() - 12);
  const std::string proof = ": undone, it can be read up to its byte " +
                            std::to_string(cut.size() - 1) +
                            " (file ends early, 0 of the 1 bytes needed here are there)";
  const std::string bytes = with_line_ends(cut);
  CHECK(told(bytes).starts_with(line(file.find('\n'), kTerminal, "").substr(0, 60)));
  CHECK(arrival_of(bytes)->proof == Proof::part);
  CHECK(undone(bytes, arrival_of(bytes)->undo) == cut);
  const std::string half = "\xFF\xFE" + utf16(cut) + "x";
  CHECK(arrival_of(half)->proof == Proof::part);
  CHECK(undone(half, arrival_of(half)->undo) == cut);
}

TEST_CASE("arrival: what cannot be undone is named as that") {
  const std::string file = sound();
  const std::string lost = ": what stood there is lost, copy the file again in binary mode";
  CHECK(told(replaced(file)) ==
        "dump.rdb: byte 9: the bytes were taken for UTF-8 text, and those that are none became "
        "U+FFFD (ef bf bd)" +
            lost);
  CHECK_FALSE(arrival_of(replaced(file))->is_reversible());
  std::string wide = "\xFF\xFE" + utf16(file);
  wide[2 + 18] = '\xFD';
  wide[2 + 19] = '\xFF';
  CHECK(told(wide) ==
        "dump.rdb: byte 20: the bytes were taken for UTF-8 text, and those that are "
        "none became U+FFFD (ef bf bd)" +
            lost);
  std::string question;
  std::string dropped;
  std::string seven_bits;
  for (const char c : file) {
    const bool is_high = static_cast<uint8_t>(c) >= 0x80;
    question += is_high ? '?' : c;
    if (!is_high) dropped += c;
    seven_bits += static_cast<char>(c & 0x7F);
  }
  CHECK(told(question) == "dump.rdb: byte 9: every byte above 7f became a question mark" + lost);
  CHECK(told(dropped) == "dump.rdb: byte 9: every byte above 7f was left out" + lost);
  CHECK(told(seven_bits) == "dump.rdb: byte 9: every byte above 7f lost its high bit" + lost);
}

TEST_CASE("arrival: the zeros at the end of a file begin in the value before them") {
  const std::string cut = RdbFile().select(0).entry(0, "key", rdb_length(20)).cut() + "half";
  const std::string words =
      ": zero bytes stand here instead of data, 200 of them, up to the end of "
      "the file";
  CHECK(told(cut + std::string(200, '\0')) ==
        "dump.rdb: byte " + std::to_string(cut.size()) + words);
  const std::string longer = RdbFile().select(0).entry(0, "key", rdb_length(5000)).cut() + "half";
  CHECK(told(longer + std::string(200, '\0')) ==
        "dump.rdb: byte " + std::to_string(longer.size()) + words);
  // Fewer may be what was there.
  CHECK(told(longer + std::string(31, '\0')).find("file ends early") != std::string::npos);
  CHECK_FALSE(arrival_of(cut + std::string(200, '\0'))->is_reversible());
}

TEST_CASE("arrival: the dump of one key is no file, and RESTORE takes it") {
  const std::string body = "\0\5hello\x0b\0"s;
  std::string payload = body;
  const uint64_t crc = crc64(0, body);
  for (unsigned i = 0; i < 8; ++i) payload += static_cast<char>(crc >> (8 * i));
  const std::string words =
      "dump.rdb: byte 0: not an RDB file but a DUMP payload, the value of one "
      "key (string, RDB version 11)";
  CHECK(told(payload) == words + ": give it to RESTORE (redis-cli -x RESTORE KEY 0)");
  CHECK(told(payload, false) == told(payload));
  CHECK(told(payload + "\n") == words +
                                    " with a newline behind it: take that off (head -c -1), and "
                                    "give the rest to RESTORE (redis-cli -x RESTORE KEY 0)");
  payload[3] = 'x';
  CHECK(told(payload) == "dump.rdb: byte 0: not an RDB file, it looks like unknown data");
}

TEST_CASE("arrival: from a pipe the first bytes tell what happened") {
  const std::string file = sound();
  CHECK(told(with_line_ends(file), false) == told(with_line_ends(file)));
  std::string large = RdbFile().select(0).string("a", "one\ntwo").cut();
  for (unsigned i = 0; i < 30000; ++i) {
    large += "\0\6"s + std::to_string(100000 + i) + "\3x\ny";
  }
  for (const std::string& bytes :
       {with_line_ends(large), "\xFF\xFE" + utf16(large), "some text\n" + large}) {
    CHECK(told(bytes, false).find(std::string(kCure)) != std::string::npos);
    CHECK(told(bytes, false).find("undone,") == std::string::npos);
  }
}

TEST_CASE("arrival: nothing happened to a file that is sound, foreign or damaged") {
  CHECK_FALSE(arrival_of(sound()));
  CHECK_FALSE(arrival_of(without_checksum()));
  CHECK_FALSE(arrival_of(sound() + "\n"));
  CHECK_FALSE(arrival_of(RdbFile("REDIS0013").entry(26, "k", "what only it has").end()));
  std::string damaged = sound();
  damaged[20] = '\xff';
  CHECK_FALSE(arrival_of(damaged));
  CHECK_FALSE(arrival_of("REDIS0011 is what an RDB file begins with\n"));
  CHECK_FALSE(arrival_of("about REDIS0011\nand other formats\n"));
  CHECK_FALSE(arrival_of("hello"));
  CHECK_FALSE(arrival_of(""));
  CHECK_FALSE(arrival_of(std::string(4096, '\0')));
  // UTF-8 by chance, and no better when it is undone.
  CHECK_FALSE(arrival_of("REDIS0011\0\1k\xC3\x81"s));
  // Text that is in it: all of its line ends are CRLF, as they were.
  std::string web = RdbFile().select(0).string("page", "a\r\nb\r\n").string("k", "v").end();
  web[web.size() - 12] = '\x7f';
  CHECK_FALSE(arrival_of(web));
}

}  // namespace rdb
