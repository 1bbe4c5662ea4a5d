#include "rdb/salvage/salvage.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/lua_judge.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

// `0:a 0:b 3:c`: databases and keys of a sound file.
std::string keys_of(Splice& file) {
  std::string out;
  RandomSource source(file);
  Reader reader(source);
  Sink proof;
  REQUIRE(reader.open());
  for (Record record; reader.next(record);) {
    REQUIRE(reader.value(&proof));
    if (record.kind != RecordKind::entry) continue;
    out += (out.empty() ? "" : " ") + std::to_string(record.db) + ":" + std::string(record.key);
  }
  REQUIRE(reader.error().ok());
  return out;
}

struct Salvaged {
  explicit Salvaged(std::string file, SalvageOptions options = {})
      : bytes(std::move(file)), access(bytes), salvage(access, with_judge(std::move(options))) {
    ok = salvage.run();
  }
  static SalvageOptions with_judge(SalvageOptions options) {
    options.loading.judge = &lua_judge();
    return options;
  }
  [[nodiscard]] std::string keys() { return keys_of(salvage.file()); }
  [[nodiscard]] std::string orphans() { return keys_of(salvage.orphans()); }
  [[nodiscard]] std::string written() {
    return salvage.file().bytes_at(0, static_cast<size_t>(salvage.file().size()));
  }
  [[nodiscard]] std::string kinds() const {
    std::string out;
    for (const Loss& loss : salvage.losses()) {
      out += (out.empty() ? "" : " ") + std::string(name(loss.kind));
    }
    return out;
  }

  std::string bytes;
  MemoryAccess access;
  Salvage salvage;
  bool ok = false;
};

// Strings with names and values that nobody takes for chance.
RdbFile& add_strings(RdbFile& file, unsigned from, unsigned to) {
  for (unsigned i = from; i < to; ++i) {
    file.string("user:" + std::to_string(i) + ":name", "somebody called " + std::to_string(i));
  }
  return file;
}

// That is not what it was but for a few bits.
std::string with_other_checksum(std::string bytes) {
  for (size_t i = 1; i <= 8; ++i) bytes[bytes.size() - i] ^= '\x55';
  return bytes;
}

std::string names(unsigned from, unsigned to, unsigned db = 0) {
  std::string out;
  for (unsigned i = from; i < to; ++i) {
    out += (out.empty() ? "" : " ") + std::to_string(db) + ":user:" + std::to_string(i) + ":name";
  }
  return out;
}

}  // namespace

TEST_CASE("salvage: a sound file loses nothing") {
  RdbFile file;
  file.aux("redis-ver", "7.2.6").select(0).hint(3, 0);
  Salvaged salvaged(add_strings(file, 0, 3).string("", "").end());
  CHECK(salvaged.ok);
  CHECK(salvaged.salvage.losses().empty());
  CHECK(salvaged.keys() == names(0, 3) + " 0:");
  CHECK(salvaged.orphans().empty());
}

TEST_CASE("salvage: a bad value is stepped over, and its key told") {
  RdbFile file;
  add_strings(file.select(0), 0, 3);
  const uint64_t from = file.size();
  file.entry(kHashListpack, "bad", rdb_string(std::string(20, 'x')));
  const uint64_t to = file.size();
  Salvaged salvaged(add_strings(file, 3, 6).end());
  CHECK(salvaged.ok);
  CHECK(salvaged.keys() == names(0, 6));
  REQUIRE(salvaged.kinds() == "value");
  const Loss& loss = salvaged.salvage.losses()[0];
  CHECK(loss.from == from);
  CHECK(loss.to == to);
  CHECK(loss.key == "bad");
  CHECK(loss.type == "hash-listpack");
  CHECK(salvaged.salvage.bytes_lost() == to - from);
}

TEST_CASE("salvage: the checksum that says that bytes are right is believed") {
  // Four bad values, so that behind each no chain of good ones begins.
  RdbFile file;
  file.select(0);
  for (const char* key : {"a", "b", "c", "d"}) {
    file.entry(kHashListpack, key, rdb_string("no listpack"));
  }
  Salvaged salvaged(file.string("e", "1").end());
  CHECK(salvaged.kinds() == "value value value value");
  CHECK(salvaged.keys() == "0:e");
}

TEST_CASE("salvage: behind lost framing records are found again") {
  RdbFile file;
  add_strings(file.select(0).hint(100, 0), 0, 5).raw(std::string(100, '\x77'));
  Salvaged salvaged(add_strings(file, 5, 100).end_without_checksum());
  CHECK(salvaged.keys() == names(0, 100));
  CHECK(salvaged.kinds() == "framing");
  CHECK(salvaged.salvage.bytes_lost() == 100);
}

TEST_CASE("salvage: an expiry that a damaged length takes in is found again") {
  RdbFile file;
  add_strings(file.select(0).hint(100, 100), 0, 5);
  const uint64_t from = file.size();
  file.raw(
      std::string_view("\x00\x03"
                       "bad"
                       "\x04"
                       "v",
                       7));  // the length was 1
  file.expire_ms(4102444800000);
  Salvaged salvaged(add_strings(file, 5, 100).end_without_checksum());
  CHECK(salvaged.keys() == names(0, 100));
  REQUIRE(salvaged.kinds() == "framing");
  CHECK(salvaged.salvage.losses()[0].from == from);
  CHECK(salvaged.salvage.losses()[0].to == from + 7);
}

TEST_CASE("salvage: zeros are no records, however many") {
  RdbFile file;
  add_strings(file.select(0).hint(4000, 0), 0, 5).raw(std::string(4096, '\0'));
  Salvaged salvaged(add_strings(file, 5, 2000).end_without_checksum());
  CHECK(salvaged.salvage.keys() == 2000);
  CHECK(salvaged.kinds() == "framing");
  CHECK(salvaged.salvage.bytes_lost() == 4096);
}

TEST_CASE("salvage: a value whose end is zeros as what follows is kept, and named") {
  RdbFile file;
  add_strings(file.select(0), 0, 3);
  std::string whole = file.string("last", std::string(200, 'v')).end();
  const size_t from = whole.size() - 100;
  whole.resize(from);
  Salvaged salvaged(whole + std::string(5000, '\0'));
  CHECK(salvaged.keys() == names(0, 3) + " 0:last");
  CHECK(salvaged.kinds() == "repaired framing");
  REQUIRE(salvaged.salvage.losses().size() == 2);
  const Loss& loss = salvaged.salvage.losses()[0];
  CHECK(loss.key == "last");
  CHECK(loss.from == from);
  CHECK(loss.to == salvaged.salvage.losses()[1].from);
}

TEST_CASE("salvage: keys behind lost bytes are orphans where a SELECTDB may be lost") {
  RdbFile file;
  add_strings(file.select(3), 0, 5).raw(std::string(100, '\x77'));
  add_strings(file, 5, 10);
  Salvaged apart(file.end_without_checksum());
  CHECK(apart.keys() == names(0, 5, 3));
  CHECK(apart.orphans() == names(5, 10, 3));
  CHECK(apart.salvage.orphan_keys() == 5);
  Salvaged named(file.end_without_checksum(), {.orphans_db = 7});
  CHECK(named.keys() == names(0, 5, 3) + " " + names(5, 10, 7));
  SUBCASE("up to the next one") {
    add_strings(file.select(9), 10, 12);
    Salvaged until(file.end_without_checksum());
    CHECK(until.keys() == names(0, 5, 3) + " " + names(10, 12, 9));
    CHECK(until.orphans() == names(5, 10, 3));
  }
  SUBCASE("not if the next database is the next number") {
    add_strings(file.select(4), 10, 12);
    Salvaged until(file.end_without_checksum());
    CHECK(until.keys() == names(0, 10, 3) + " " + names(10, 12, 4));
    CHECK(until.salvage.orphan_keys() == 0);
  }
}

TEST_CASE("salvage: a record that swallowed others gives them back") {
  RdbFile file;
  add_strings(file.select(0).hint(100, 0), 0, 5);
  const size_t at = file.size() + 1 + 1 + std::string("user:5:name").size();
  std::string bytes = with_other_checksum(add_strings(file, 5, 100).end());
  bytes[at] = '\x3c';  // the length of its value
  Salvaged salvaged(bytes);
  CHECK(salvaged.keys() == names(0, 5) + " " + names(6, 100));
  CHECK(salvaged.kinds() == "framing");
}

TEST_CASE("salvage: without a header the newest is assumed") {
  RdbFile file;
  std::string bytes = add_strings(file.aux("redis-ver", "7.2.6").select(2), 0, 10).end();
  bytes.replace(0, 9, 9, '\0');
  Salvaged salvaged(bytes);
  CHECK(salvaged.keys() == names(0, 10, 2));
  CHECK(salvaged.kinds() == "header");
}

TEST_CASE("salvage: what precedes a cut is kept") {
  RdbFile file;
  const std::string bytes = add_strings(file.select(0), 0, 10).cut();
  Salvaged salvaged(bytes.substr(0, bytes.size() - 5));
  CHECK(salvaged.keys() == names(0, 9));
  CHECK(salvaged.kinds() == "framing");
}

TEST_CASE("salvage: a wrong checksum alone loses nothing, and is told") {
  RdbFile file;
  Salvaged salvaged(with_other_checksum(add_strings(file.select(0), 0, 3).end()));
  CHECK(salvaged.keys() == names(0, 3));
  CHECK(salvaged.kinds() == "checksum");
  CHECK(salvaged.salvage.bytes_lost() == 0);
}

TEST_CASE("salvage: of a key that occurs twice the first stays, if a server would load it") {
  RdbFile file;
  file.select(0).string("a", "1").string("b", "2").string("a", "3").select(1).string("a", "4");
  Salvaged salvaged(file.end());
  CHECK(salvaged.keys() == "0:a 0:b 1:a");
  CHECK(salvaged.kinds() == "duplicate");
  const std::string expired =
      RdbFile().expire_ms(kNowMs - 1).string("a", "1").string("a", "2").end();
  Salvaged both(expired, {.now_ms = kNowMs});
  CHECK(both.salvage.losses().empty());
}

TEST_CASE("salvage: members that occur twice are left out of their value") {
  const std::string members = rdb_length(3) + rdb_string("x") + rdb_string("y") + rdb_string("x");
  Salvaged salvaged(RdbFile().select(0).entry(kSet, "s", members).string("t", "1").end());
  CHECK(salvaged.kinds() == "repaired");
  CHECK(salvaged.keys() == "0:s 0:t");
  RandomSource source(salvaged.salvage.file());
  Reader reader(source);
  Survey survey(kNowMs);
  REQUIRE(reader.open());
  REQUIRE(survey.add_all(reader, true));
  CHECK(survey.keys() == 2);
}

TEST_CASE("salvage: what the target cannot load is left out and told") {
  const std::string library =
      "#!lua name=mylib\nredis.register_function('f', function() return 1 end)";
  RdbFile file;
  file.function(library).function(library).function("#!lua name=bad\nreturn 1 1");
  Salvaged salvaged(file.select(99).string("a", "1").select(3).string("b", "1").end());
  CHECK(salvaged.kinds() == "function function database");
  CHECK(salvaged.keys() == "3:b");
  CHECK(salvaged.salvage.functions() == 1);
}

TEST_CASE("salvage: it gives up when too much is lost") {
  RdbFile file;
  add_strings(file.select(0), 0, 5).raw(std::string(100, '\x77'));
  const std::string bytes = add_strings(file, 5, 10).end_without_checksum();
  CHECK_FALSE(Salvaged(bytes, {.loss_max = 99}).ok);
  CHECK(Salvaged(bytes, {.loss_max = 99}).salvage.error().code == Code::too_much_lost);
  CHECK(Salvaged(bytes, {.loss_max = 100}).ok);
}

TEST_CASE("salvage: what is no RDB file is told to be none") {
  const Salvaged text(std::string(5000, 'x'));
  CHECK_FALSE(text.ok);
  CHECK(text.salvage.error().code == Code::not_rdb);
  const Salvaged empty("");
  CHECK(empty.salvage.error().code == Code::empty_file);
  const Salvaged foreign(RdbFile("REDIS0012").string("a", "1").end());
  CHECK(foreign.salvage.error().code == Code::foreign_version);
}

TEST_CASE("salvage: a bit that is flipped anywhere is put right") {
  RdbFile file;
  add_strings(file.select(0), 0, 3).entry(kSet, "s", rdb_length(1) + rdb_string("x"));
  const std::string bytes = add_strings(file.select(3), 3, 6).end();
  const std::string sound = Salvaged(bytes).written();
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] ^= static_cast<char>(1U << bit % 8);
    Salvaged salvaged(damaged);
    CHECK(salvaged.kinds() == "corrected");
    CHECK(salvaged.salvage.losses()[0].from == bit / 8);
    CHECK((salvaged.written() == sound));
    CHECK(salvaged.salvage.bytes_lost() == 0);
  }
  std::string damaged = bytes;
  damaged[20] = damaged[21] = '\xff';
  CHECK(Salvaged(damaged).kinds() == "corrected");
  damaged[bytes.size() / 2] ^= 1;
  CHECK(Salvaged(damaged).kinds().find("corrected") == std::string::npos);
}

TEST_CASE("salvage: nothing is put right where there is no checksum") {
  for (const char* header : {"REDIS0004", "REDIS0011"}) {
    RdbFile file(header);
    std::string bytes = add_strings(file.select(0), 0, 6).end_without_checksum();
    bytes[60] ^= 1;
    CHECK(Salvaged(bytes).kinds().find("corrected") == std::string::npos);
  }
}

TEST_CASE("patched: other bytes stand in the place of some, however they are read") {
  MemoryAccess bytes("0123456789");
  Patched patched(bytes);
  patched.patch(3, "XYZ");
  CHECK(patched.size() == 10);
  for (size_t from = 0; from < 10; ++from) {
    for (size_t n = 1; n <= 10; ++n) {
      CHECK(patched.bytes_at(from, n) == std::string("012XYZ6789").substr(from, n));
    }
  }
}

TEST_CASE("splice: pieces follow each other, and stretches are taken out") {
  const std::string bytes = "0123456789abcdef";
  MemoryAccess file(bytes);
  SpillSink own;
  Splice splice(file, own);
  const auto text = [&splice] {
    std::string out;
    char piece[3];
    for (size_t got = 1; got != 0; out.append(piece, got)) {
      REQUIRE(splice.read_at(out.size(), piece, sizeof piece, got));
    }
    return out;
  };
  splice.add(2, 5);
  splice.add(5, 6);
  REQUIRE(splice.add("XYZ"));
  splice.add(10, 16);
  CHECK(splice.pieces() == 3);
  CHECK(text() == "2345XYZabcdef");
  CHECK(splice.origin(1) == 3);
  CHECK(splice.origin(8) == 11);
  splice.leave_out({{1, 2}, {3, 9}});
  CHECK(text() == "24cdef");
  CHECK(splice.size() == 6);
  splice.leave_out({{0, 6}});
  CHECK(text().empty());
}

}  // namespace rdb
