#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/carry/convert.h"
#include "rdb/salvage/salvage.h"
#include "rdb/show/dump.h"
#include "tests/support/file_walk.h"
#include "tests/support/keydb.h"
#include "tests/support/pipe_sink.h"
#include "tests/support/surveyed.h"

namespace rdb {

using std::string_literals::operator""s;

namespace {

constexpr ReaderOptions kTolerant{.takes_foreign = true, .takes_strays = true};
constexpr int64_t kLater = kNowMs + 1000;
constexpr int64_t kBefore = kNowMs - 1000;

struct Moved {
  bool ok = false;
  std::string bytes;
  std::string header;
  std::vector<Finding> findings;

  [[nodiscard]] std::string names() const {
    std::string out;
    for (const Finding& finding : findings) out += (out.empty() ? "" : " ") + finding.name;
    return out;
  }
  [[nodiscard]] Lines lines() const { return walk_file(bytes).lines; }
};

Moved carry_to(std::string_view target, const std::string& file, bool allows_loss = false,
               ByteSink* to = nullptr) {
  MemorySource source(file);
  MemoryAccess access(file);
  Reader reader(source, kTolerant);
  reader.reread_from(access);
  REQUIRE(reader.open());
  ConvertOptions options;
  options.loading.target = find_target(target);
  options.now_ms = kNowMs;
  if (allows_loss) options.allowed_losses = {"field_expiries"};
  rdb::Carried sums;
  options.carried = &sums;
  Converter converter(options);
  MemorySink sink;
  Moved out;
  out.ok = converter.run(reader, to != nullptr ? *to : sink, false);
  out.bytes = sink.bytes();
  out.header = converter.changes().header;
  out.findings = converter.findings();
  if (out.ok && to == nullptr) {  // what is read back is what was carried
    MemorySource again(out.bytes);
    Reader written(again);
    Verify verify(sums);
    REQUIRE(written.open());
    CHECK(verify.add(written));
    CHECK(verify.finish());
  }
  return out;
}

std::string pairs() {
  return rdb_length(3) + rdb_string("a") + rdb_string("1") + rdb_string("b") + rdb_string("2") +
         rdb_string("c") + rdb_string("3");
}
std::string members() {
  return rdb_length(3) + rdb_string("a") + rdb_string("b") + rdb_string("c");
}
std::string a_later_b_before() { return member_expiry("b", kBefore) + member_expiry("a", kLater); }

std::string dump_of(const std::string& file) {
  MemorySource source(file);
  Reader reader(source);
  MemorySink sink;
  Output out(sink);
  Dump dump(out, BytesMode::automatic);
  REQUIRE(reader.open());
  for (Record record; reader.next(record);) REQUIRE(dump.add(reader, record));
  REQUIRE(dump.finish(reader));
  REQUIRE(out.flush());
  return sink.bytes();
}

}  // namespace

TEST_CASE("keydb: the fields of a hash expire as fields do in Valkey 9.0") {
  const RdbFile file = keydb().entry(4, "h", pairs()).raw(a_later_b_before()).string("k", "v");
  const Moved out = carry_to("valkey-9.1", file.end());
  CHECK(out.ok);
  CHECK(out.names() == "");
  CHECK(out.header == "VALKEY080");
  const Lines lines = out.lines();
  CHECK(lines[0] == "header VALKEY080");
  const auto at = std::find(lines.begin(), lines.end(), "entry db 0 key h hash-2");
  REQUIRE(at != lines.end());
  check_lines(Lines(at + 1, at + 12),
              {"  begin hash-2 3", "  field a", "  value 1", "  expiry " + std::to_string(kLater),
               "  field b", "  value 2", "  expiry " + std::to_string(kBefore), "  field c",
               "  value 3", "  expiry -1", "  end"});
}

TEST_CASE("keydb: a file whose members do not expire keeps the header that every server reads") {
  const Moved out = carry_to("valkey-9.1", keydb().entry(4, "h", pairs()).end());
  CHECK(out.ok);
  CHECK(out.header == "REDIS0011");
  CHECK(out.bytes.starts_with("REDIS0011"));
}

TEST_CASE("keydb: elsewhere the expiries of fields are a loss, and what has expired is gone") {
  const std::string file = keydb().entry(4, "h", pairs()).raw(a_later_b_before()).end();
  for (const std::string_view target : {"valkey-8.0", "redis-6.2", "redis-2.6"}) {
    CAPTURE(target);
    const Moved refused = carry_to(target, file);
    CHECK_FALSE(refused.ok);
    CHECK(refused.names() == "field_expiries");
    CHECK(refused.findings[0].status == Status::unexpected);
    CHECK(refused.findings[0].key == "h");
    const Moved out = carry_to(target, file, true);
    CHECK(out.ok);
    const Lines lines = out.lines();
    CHECK(std::count(lines.begin(), lines.end(), "  field a") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "  field b") == 0);
  }
}

TEST_CASE("keydb: nothing else has expiries of the members of sets and sorted sets") {
  const std::string scored = rdb_length(2) + rdb_string("a") + std::string(8, '\0') +
                             rdb_string("b") + std::string(8, '\0');
  const std::string file = keydb()
                               .entry(2, "s", members())
                               .raw(a_later_b_before())
                               .entry(5, "z", scored)
                               .raw(member_expiry("a", kLater))
                               .end();
  for (const std::string_view target : {"valkey-9.1", "valkey-8.0", "redis-6.0"}) {
    CAPTURE(target);
    const Moved refused = carry_to(target, file);
    CHECK_FALSE(refused.ok);
    CHECK(refused.names() == "field_expiries expired_members field_expiries");
    CHECK(refused.findings[0].count == 1);
    CHECK(refused.findings[0].words ==
          "only KeyDB has expiries of the members of a set (--allow-loss field_expiries)");
    const Moved out = carry_to(target, file, true);
    CHECK(out.ok);
    CHECK_FALSE(out.bytes.starts_with("VALKEY"));
    const Lines lines = out.lines();
    const auto has = [&lines](const char* line) {
      return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    CHECK(has("  member a"));
    CHECK_FALSE((std::count(lines.begin(), lines.end(), "  member b") != 1));  // of z
    CHECK(has("  member c"));
  }
}

TEST_CASE("keydb: a set whose members have all expired is left out") {
  const std::string one = rdb_length(1) + rdb_string("b");
  const Moved out =
      carry_to("valkey-8.0",
               keydb().entry(2, "s", one).raw(member_expiry("b", kBefore)).string("k", "v").end());
  CHECK(out.ok);
  CHECK(out.names() == "expired_collections");
  check_lines({walk_file(out.bytes).records().back()}, {"entry db 0 key k string"});
}

TEST_CASE("keydb: on output that cannot be changed later a field expiry is a loss") {
  const std::string file = keydb().entry(4, "h", pairs()).raw(a_later_b_before()).end();
  PipeSink pipe;
  const Moved refused = carry_to("valkey-9.1", file, false, &pipe);
  CHECK_FALSE(refused.ok);
  CHECK(refused.names() == "field_expiries");
}

TEST_CASE("keydb: what cannot be told with its key, or of no key, is named") {
  const std::string stray = keydb().raw(member_expiry("m", 5)).string("k", "v").end();
  const Moved refused = carry_to("valkey-8.0", stray);
  CHECK_FALSE(refused.ok);
  CHECK(status(refused.findings) == Status::damaged);
  CHECK(refused.names() == "stray_member");
  CHECK(carry_to("valkey-8.0", stray, true).ok);
  const std::string late =
      keydb().entry(2, "s", members()).aux("note", "").raw(member_expiry("a", kLater)).end();
  const Moved loss = carry_to("valkey-8.0", late);
  CHECK_FALSE(loss.ok);
  CHECK(status(loss.findings) == Status::unexpected);
  CHECK(loss.findings[0].name == "field_expiries");
  CHECK(loss.findings[0].key == "s");
}

TEST_CASE("keydb: a cron job is not carried") {
  const std::string job = rdb_string("") + std::string(16, '\0') + rdb_length(0) + rdb_length(0);
  const Moved out =
      carry_to("valkey-8.0", keydb().string("k", "v").entry(64, "job", job).end(), true);
  CHECK_FALSE(out.ok);
  CHECK(status(out.findings) == Status::foreign);
  CHECK(out.names() == "foreign_product foreign_type");
  CHECK(out.findings[1].key == "job");
}

TEST_CASE("keydb: dump prints with a key what stands beside it") {
  const std::string file = keydb()
                               .raw(key_time(7))
                               .entry(2, "s", members())
                               .raw(member_expiry("b", 5))
                               .entry(4, "h", pairs())
                               .raw(member_expiry("c", 6))
                               .raw(key_time(8))
                               .string("k", "v")
                               .end();
  CHECK(dump_of(file) ==
        R"({"header":true,"format":"REDIS0009","aux":[["redis-ver","6.3.4"]],"functions":[]})"
        "\n"
        R"({"db":0,"key":"s","type":"set","encoding":"set","expire_at_ms":null,)"
        R"("aux":[["mvcc-tstamp","7"]],"value":["a","b","c"],"member_expire_at_ms":[["b",5]]})"
        "\n"
        R"({"db":0,"key":"h","type":"hash","encoding":"hash","expire_at_ms":null,)"
        R"("value":[["a","1"],["b","2"],["c","3"]],"field_expire_at_ms":[["c",6]]})"
        "\n"
        R"({"db":0,"key":"k","type":"string","encoding":"string","expire_at_ms":null,)"
        R"("aux":[["mvcc-tstamp","8"]],"value":"v"})"
        "\n");
}

namespace {

// What is salvaged of a file, and the kinds of what is not.
struct Salvaged {
  explicit Salvaged(std::string file) : bytes(std::move(file)), access(bytes), salvage(access, {}) {
    ok = salvage.run();
    for (const Loss& loss : salvage.losses()) {
      kinds += (kinds.empty() ? "" : " ") + std::string(name(loss.kind));
    }
    const auto size = static_cast<size_t>(salvage.file().size());
    if (ok) out = salvage.file().bytes_at(0, size);
  }
  std::string bytes;
  MemoryAccess access;
  Salvage salvage;
  bool ok = false;
  std::string kinds;
  std::string out;
};

}  // namespace

TEST_CASE("keydb: salvage parts no key from what stands beside it") {
  const std::string file = keydb()
                               .expire_ms(kLater)
                               .raw(key_time(7))
                               .string("a", "1")
                               .expire_ms(kLater)
                               .idle(3)
                               .aux("note", "of somebody")
                               .string("b", "2")
                               .raw(key_time(7))
                               .entry(2, "s", members())
                               .raw(member_expiry("a", kLater))
                               .end();
  Salvaged got(file);
  REQUIRE(got.ok);
  CHECK(got.kinds == "");
  const FileWalk before = walk_file(file);
  const FileWalk after = walk_file(got.out);
  check_lines(after.lines, before.lines);
}

TEST_CASE("keydb: the expiries of members go with a key that is left out, and with no other") {
  // A set with a member twice loads nowhere; salvage leaves one out.
  const std::string twice = rdb_length(3) + rdb_string("a") + rdb_string("a") + rdb_string("b");
  Salvaged repaired(keydb().entry(2, "s", twice).raw(member_expiry("b", 5)).string("k", "v").end());
  CHECK(repaired.kinds == "repaired");
  check_lines(walk_file(repaired.out).records(),
              {"aux redis-ver = 6.3.4", "entry db 0 key s set-listpack members 1",
               "entry db 0 key k string"});
  const std::string odd = rdb_string("\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00"s);
  Salvaged lost(keydb()
                    .entry(2, "s", members())
                    .entry(11, "bad", odd)
                    .raw(member_expiry("a", 5))
                    .string("k", "v")
                    .end());
  CHECK(lost.salvage.keys() == 2);
  check_lines(walk_file(lost.out).records(),
              {"aux redis-ver = 6.3.4", "entry db 0 key s set", "entry db 0 key k string"});
}

TEST_CASE("keydb: salvage leaves out what only KeyDB reads, and what belongs to no key") {
  const std::string job = rdb_string("") + std::string(16, '\0') + rdb_length(0) + rdb_length(0);
  Salvaged got(keydb()
                   .raw(member_expiry("m", 5))
                   .string("k", "v")
                   .entry(64, "job", job)
                   .string("l", "w")
                   .end());
  REQUIRE(got.ok);
  CHECK(got.kinds == "expiry foreign");
  CHECK(got.salvage.losses()[1].key == "job");
  CHECK(got.salvage.losses()[1].words == "only KeyDB reads that type");
  check_lines(walk_file(got.out).records(),
              {"aux redis-ver = 6.3.4", "entry db 0 key k string", "entry db 0 key l string"});
}

TEST_CASE("keydb: a file with opcodes of another product is not taken apart") {
  const std::string flags = Bytes{}.u8(220).u32le(1).string();
  Salvaged got(RdbFile("REDIS0009").aux("df-ver", "df-v1.30.0").raw(flags).string("k", "v").end());
  CHECK_FALSE(got.ok);
  CHECK(message(got.salvage.error(), "dump.rdb") ==
        "dump.rdb: byte 28: opcode 220 is of a format that this release cannot follow (key-flags "
        "of Dragonfly)");
}

TEST_CASE("keydb: what is salvaged of Redict has the header that it means") {
  Salvaged got(RdbFile("REDIS0012").aux("redis-ver", "7.3.6").select(0).string("k", "v").end());
  REQUIRE(got.ok);
  CHECK(got.out.starts_with("REDIS0011"));
}

}  // namespace rdb
