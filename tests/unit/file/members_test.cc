#include "rdb/file/members.h"

#include <string>

#include <doctest/doctest.h>

#include "rdb/compare/diff.h"
#include "rdb/compare/digest.h"
#include "rdb/server/counts.h"
#include "tests/support/blobs.h"
#include "tests/support/file_walk.h"
#include "tests/support/keydb.h"
#include "tests/support/surveyed.h"

namespace rdb {

using std::string_literals::operator""s;

namespace {

constexpr WalkOptions kTolerant{.reader = {.takes_foreign = true, .takes_strays = true}};
constexpr std::string_view kFarBehind =
    "a member of the key expires, which is told too far behind the key for a pipe or a wrapper; a "
    "file can be read again";

std::string hash(const std::string& file) {
  MemorySource source(file);
  Reader reader(source);
  ContentSums sums;
  REQUIRE(reader.open());
  REQUIRE(sum_content(reader, {}, sums));
  return to_hex(sums.keys.hash);
}

}  // namespace

TEST_CASE("members: their expiries are told with the value, of every form that KeyDB writes") {
  const std::string many = rdb_length(2) + rdb_string("a") + rdb_string("b");
  const std::string zero(8, '\0');
  const struct {
    unsigned type;
    std::string value;
    Lines events;
  } rows[] = {
      {2, many, {"begin set 2", "member a", "expiry 5", "member b", "end"}},
      {4,
       rdb_length(2) + rdb_string("a") + rdb_string("1") + rdb_string("b") + rdb_string("2"),
       {"begin hash-2 2", "field a", "value 1", "expiry 5", "field b", "value 2", "expiry -1",
        "end"}},
      {3,
       rdb_length(2) + rdb_string("a") + rdb_string("1") + rdb_string("b") + "\xfe",
       {"begin zset 2", "member a", "score 1", "expiry 5", "member b", "score inf", "end"}},
      {5,
       rdb_length(1) + rdb_string("a") + zero,
       {"begin zset-2 1", "member a", "score 0", "expiry 5", "end"}},
      {12,
       rdb_string(ZiplistBlob().str("a").str("1").blob()),
       {"begin zset-ziplist 1", "member a", "score 1", "expiry 5", "end"}},
      {13,
       rdb_string(ZiplistBlob().str("a").str("1").blob()),
       {"begin hash-2 1", "field a", "value 1", "expiry 5", "end"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.type);
    const std::string file =
        keydb().entry(row.type, "k", row.value).raw(member_expiry("a", 5)).string("z", "1").end();
    const FileWalk walk = walk_at_every_step(file);
    CHECK(walk.message() == "dump.rdb: no error");
    Lines lines = {"entry db 0 key k " +
                   std::string(find_type(Dialect::redis, static_cast<uint8_t>(row.type))->name) +
                   " members 1"};
    for (const std::string& event : row.events) lines.push_back("  " + event);
    check_lines(Lines(walk.lines.begin() + 2, walk.lines.end() - 4), lines);
    CHECK(walk.records().back() == "entry db 0 key z string");
    CHECK(walk.checksum == Checksum::verified);
    CHECK(walk.copy == rdb_string("6.3.4") + row.value + rdb_string("1"));
  }
}

TEST_CASE("members: names and times may have any form of a string") {
  const std::string text(40, 'a');
  const std::string lzf = "\xc3" + rdb_length(6) + rdb_length(40) +
                          std::string(
                              "\x01"
                              "aa\xe0\x1d\x00",
                              6);
  const std::string set = rdb_length(3) + rdb_string(text) + rdb_string("7") + rdb_string("-300");
  const std::string head = rdb_string("keydb-subexpire-key");
  const std::string when = rdb_string("keydb-subexpire-when");
  const RdbFile file = keydb()
                           .entry(2, "k", set)
                           .raw('\xfa' + head + lzf + '\xfa' + when + "\xc1\x10\x27"s)
                           .raw('\xfa' + head + "\xc0\x07"s + '\xfa' + when + "\xc0\xff"s)
                           .raw('\xfa' + head + "\xc1\xd4\xfe"s + '\xfa' + when + rdb_string("9"));
  const FileWalk walk = walk_at_every_step(file.end());
  check_lines(
      Lines(walk.lines.begin() + 2, walk.lines.end()),
      {"entry db 0 key k set members 3", "  begin set 3", "  member " + text, "  expiry 10000",
       "  member 7", "  expiry 0", "  member -300", "  expiry 9", "  end"});
}

// src/expire.cpp, expireSubKey: a later one takes the place of the one before.
TEST_CASE("members: the last expiry of a member counts, and one of a stranger does not") {
  const FileWalk walk = walk_at_every_step(keydb()
                                               .entry(2, "k", rdb_length(1) + rdb_string("a"))
                                               .raw(member_expiry("a", 7))
                                               .raw(member_expiry("stranger", 8))
                                               .raw(member_expiry("a", 6))
                                               .end());
  check_lines(Lines(walk.lines.begin() + 3, walk.lines.end()),
              {"  begin set 1", "  member a", "  expiry 6", "  end"});
}

TEST_CASE("members: a value that is longer than the buffer is read again where it can be") {
  std::string value = rdb_length(30000);
  for (int i = 0; i < 30000; ++i) value += rdb_string("member:" + std::to_string(i));
  REQUIRE(value.size() > kBufferBytes);
  const std::string file =
      keydb().entry(2, "k", value).raw(member_expiry("member:7", 5)).string("z", "1").end();
  for (const size_t step : {size_t{1000}, SIZE_MAX}) {
    const FileWalk walk = walk_file(file, {.step = step, .can_reread = true});
    CHECK(walk.message() == "dump.rdb: no error");
    CHECK(walk.lines[2] == "entry db 0 key k set members 1");
    CHECK(walk.lines[12] == "  expiry 5");
    CHECK(walk.records().back() == "entry db 0 key z string");
  }
  const FileWalk once = walk_file(file);
  CHECK(status(once.error.code) == Status::unexpected);
  CHECK(once.message() == "dump.rdb: byte " + std::to_string(31 + value.size()) +
                              ": db 0 key \"k\" [set]: " + std::string(kFarBehind));
  const FileWalk strays = walk_file(file, kTolerant);
  CHECK(strays.records()[2] == "stray member:7 of k: " + std::string(kFarBehind));
}

TEST_CASE("members: expiries that are longer than the buffer are found in the file") {
  std::string expiries;
  const std::string tail(80, 'x');
  for (int i = 0; i < 3000; ++i) expiries += member_expiry(std::to_string(i) + tail, i + 1);
  REQUIRE(expiries.size() > kBufferBytes);
  const std::string value = rdb_length(2) + rdb_string("2999" + tail) + rdb_string("b");
  const std::string file = keydb().entry(2, "k", value).raw(expiries).string("z", "1").end();
  const FileWalk walk = walk_file(file, {.can_reread = true});
  CHECK(walk.lines[2] == "entry db 0 key k set members 3000");
  CHECK(walk.lines[5] == "  expiry 3000");
  CHECK(walk.records().back() == "entry db 0 key z string");
  CHECK(name(walk_file(file).error.code) == "late_member");
  CHECK(walk_file(file, kTolerant).records().size() == 3 + 3000);
}

TEST_CASE("members: more than are held are not told with the key") {
  std::string expiries;
  for (size_t i = 0; i <= MemberExpiries::kHeldMax; ++i) expiries += member_expiry("a", 5);
  const std::string value = rdb_length(1) + rdb_string("a");
  const std::string file = keydb().entry(2, "k", value).raw(expiries).string("z", "1").end();
  const FileWalk walk = walk_file(file, {.can_reread = true});
  CHECK(walk.message() ==
        "dump.rdb: byte 34: db 0 key \"k\" [set]: more members of the key expire "
        "than are held in memory");
  const size_t one = member_expiry("a", 5).size();
  const std::string fits = keydb().entry(2, "k", value).raw(expiries.substr(one)).end();
  CHECK(walk_file(fits, {.can_reread = true}).lines[5] == "  expiry 5");
}

// KeyDB says "Corrupt subexpire entry in RDB skipping" of these (src/rdb.cpp, rdbLoadRio).
TEST_CASE("members: one without its key, its member or its time is damage") {
  const std::string key = aux_field("keydb-subexpire-key", "m");
  const std::string set = rdb_length(1) + rdb_string("m");
  const struct {
    RdbFile file;
    const char* words;
  } rows[] = {
      {keydb().raw(member_expiry("m", 5)),
       "byte 28: a member that expires, without a key before it that has members"},
      {keydb().string("k", "v").raw(member_expiry("m", 5)),
       "byte 33: a member that expires, without a key before it that has members"},
      {keydb().entry(2, "k", set).raw(key),
       "byte 34: a member that expires, without a time behind it"},
      {keydb().entry(2, "k", set).raw(key).string("z", "1"),
       "byte 34: a member that expires, without a time behind it"},
      {keydb().entry(2, "k", set).raw(key).raw(key),
       "byte 34: a member that expires, without a time behind it"},
      {keydb().entry(2, "k", set).raw(aux_field("keydb-subexpire-when", "5")),
       "byte 34: a time at which a member expires, without a member before it"},
      {keydb().entry(2, "k", set).raw(key).raw(aux_field("keydb-subexpire-when", "soon")),
       "byte 34: a member that expires, with a time that is no number"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.words);
    const FileWalk walk = walk_at_every_step(row.file.end(), {.can_reread = true});
    CHECK(walk.message() == "dump.rdb: " + std::string(row.words));
    CHECK(status(walk.error.code) == Status::damaged);
    const FileWalk tolerant = walk_at_every_step(row.file.end(), kTolerant);
    CHECK(tolerant.message() == "dump.rdb: no error");
  }
}

TEST_CASE("members: what is between a key and the expiries of its members parts them") {
  const std::string set = rdb_length(1) + rdb_string("m");
  const FileWalk walk = walk_at_every_step(
      keydb().entry(2, "k", set).aux("note", "x").raw(member_expiry("m", 5)).end(), kTolerant);
  CHECK(walk.records().back().starts_with("stray m of k: "));
}

TEST_CASE("members: an AUX field mvcc-tstamp is the key's, whatever stands before it") {
  const std::string time = key_time(1800000000000000000);
  const FileWalk walk = walk_at_every_step(keydb()
                                               .raw(time)
                                               .string("a", "1")
                                               .expire_ms(5)
                                               .idle(6)
                                               .raw(time)
                                               .string("b", "2")
                                               .string("c", "3")
                                               .end());
  check_lines(walk.records(),
              {"aux redis-ver = 6.3.4", "entry db 0 key a string time 1800000000000000000",
               "entry db 0 key b string expires 5 idle 6 time 1800000000000000000",
               "entry db 0 key c string"});
  // Elsewhere it is a field like others.
  const FileWalk other = walk_at_every_step(
      keydb().raw(time).select(1).aux("mvcc-tstamp", "never").string("a", "1").end());
  check_lines(other.records(), {"aux redis-ver = 6.3.4", "aux mvcc-tstamp = 1800000000000000000",
                                "aux mvcc-tstamp = never", "entry db 1 key a string"});
}

TEST_CASE("members: files that Redis has written are not searched") {
  const std::string value = rdb_length(1) + rdb_string("m");
  const auto members = [&](std::string_view header, std::string_view version) {
    const RdbFile file = RdbFile(header).aux("redis-ver", version).entry(2, "k", value);
    return walk_file(RdbFile(file).raw(member_expiry("m", 5)).end(), kTolerant).records()[1];
  };
  CHECK(members("REDIS0009", "6.2.2").ends_with("members 1"));
  CHECK(members("REDIS0009", "6.0.18").ends_with("members 1"));
  CHECK(members("REDIS0009", "5.3.3").ends_with("members 1"));
  CHECK(members("REDIS0009", "255.255.255").ends_with("members 1"));
  for (const std::string_view version : {"5.0.14", "6.0.19", "6.1.240", "6.2.3", "4.0.14"}) {
    CAPTURE(version);
    CHECK(members("REDIS0009", version) == "entry db 0 key k set");
  }
  CHECK(members("REDIS0008", "6.3.4") == "entry db 0 key k set");
}

TEST_CASE("members: their expiries are content") {
  const std::string set = rdb_length(2) + rdb_string("a") + rdb_string("b");
  const std::string with = keydb().entry(2, "k", set).raw(member_expiry("a", 5)).end();
  const std::string without = keydb().entry(2, "k", set).end();
  CHECK(hash(with) != hash(without));
  CHECK(hash(with) != hash(keydb().entry(2, "k", set).raw(member_expiry("b", 5)).end()));
  CHECK(hash(with) != hash(keydb().entry(2, "k", set).raw(member_expiry("a", 6)).end()));
  const std::string both = member_expiry("a", 5) + member_expiry("b", 6);
  const std::string turned = member_expiry("b", 6) + member_expiry("a", 5);
  CHECK(hash(keydb().entry(2, "k", set).raw(both).end()) ==
        hash(keydb().entry(2, "k", set).raw(turned).end()));
  // A hash is what Valkey 9.0 would make of it.
  const std::string pairs =
      rdb_length(2) + rdb_string("a") + rdb_string("1") + rdb_string("b") + rdb_string("2");
  const std::string expiring = rdb_length(2) + rdb_string("a") + rdb_string("1") +
                               Bytes{}.i64le(5).string() + rdb_string("b") + rdb_string("2") +
                               Bytes{}.i64le(-1).string();
  CHECK(hash(keydb().entry(4, "k", pairs).raw(member_expiry("a", 5)).end()) ==
        hash(RdbFile("VALKEY080").select(0).entry(22, "k", expiring).end()));
}

// None of them is what a server loads, and DEBUG DIGEST is of such a one.
TEST_CASE("members: DEBUG DIGEST, and what a target loads, do not have their expiries") {
  const std::string set = rdb_length(2) + rdb_string("a") + rdb_string("b");
  const std::string with = keydb().entry(2, "k", set).raw(member_expiry("a", 5)).end();
  const std::string without = keydb().entry(2, "k", set).end();
  const auto digest = [](const std::string& file, DigestOptions options) {
    MemorySource source(file);
    Reader reader(source);
    Digest out(options);
    REQUIRE(reader.open());
    REQUIRE(out.run(reader));
    CHECK(out.members().count == (file.find("subexpire") != std::string::npos ? 1 : 0));
    return to_hex(out.content().keys.hash) + " " + to_hex(out.redis());
  };
  const DigestOptions redis{.content = false, .redis = true};
  CHECK(digest(with, redis) == digest(without, redis));
  const DigestOptions loaded{
      .now_ms = kNowMs, .target = find_target("valkey-8.0"), .as_loaded = true};
  CHECK(digest(with, loaded) == digest(without, loaded));
}

TEST_CASE("members: an expiry that is not the same is a difference") {
  const std::string set = rdb_length(2) + rdb_string("a") + rdb_string("b");
  const auto differ = [](const std::string& a, const std::string& b) {
    MemorySource source_a(a);
    MemorySource source_b(b);
    Reader reader_a(source_a);
    Reader reader_b(source_b);
    Diff diff({});
    REQUIRE(reader_a.open());
    REQUIRE(reader_b.open());
    REQUIRE(diff.run(reader_a, reader_b));
    return diff.counts().values;
  };
  const std::string with = keydb().entry(2, "k", set).raw(member_expiry("a", 5)).end();
  CHECK(differ(with, keydb().entry(2, "k", set).end()) == 1);
  CHECK(differ(with, keydb().entry(2, "k", set).raw(member_expiry("a", 6)).end()) == 1);
  CHECK(differ(with, with) == 0);
}

TEST_CASE("members: keys of which a member expires may count among those that RESIZEDB tells") {
  const std::string set = rdb_length(1) + rdb_string("a");
  const auto findings = [&](uint64_t expires) {
    const Surveyed got(RdbFile("REDIS0009")
                           .aux("redis-ver", "6.3.4")
                           .select(0)
                           .hint(2, expires)
                           .entry(2, "k", set)
                           .raw(member_expiry("a", 5))
                           .expire_ms(kNowMs * 2)
                           .entry(2, "l", set)
                           .raw(member_expiry("a", 5))
                           .end());
    REQUIRE(got.ok);
    std::vector<Finding> out;
    compare_hints(got.reader.header(), got.survey, out);
    return out.size();
  };
  CHECK(findings(2) == 0);  // as KeyDB
  CHECK(findings(1) == 0);
  CHECK(findings(0) == 1);
  CHECK(findings(3) == 1);
}

}  // namespace rdb
