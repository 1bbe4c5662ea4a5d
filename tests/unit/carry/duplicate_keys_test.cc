// Duplicate keys as check and convert meet them: found, named, refused, left out.
// rdb-format.md 6.7: a duplicate key kills the server only if both copies survive loading.
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/run_seed.h"
#include "rdb/carry/convert.h"
#include "rdb/carry/unique.h"
#include "rdb/io/sink.h"
#include "rdb/salvage/salvage.h"
#include "rdb/server/findings.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

// The seed with which colliding_key() collides: that of XXH3 without one.
class SeedZero {
 public:
  SeedZero() { set_run_seed(0); }
  ~SeedZero() { set_run_seed(before_); }
  SeedZero(const SeedZero&) = delete;
  SeedZero& operator=(const SeedZero&) = delete;

 private:
  uint64_t before_ = run_seed();
};

constexpr size_t kTiny = Duplicates::kMemoryMin;  // a table of 768 keys

RdbFile& add_keys(RdbFile& file, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) file.string(prefix + std::to_string(i), "v");
  return file;
}

// The findings about duplicates; with `can_reread` named from the file.
std::vector<Finding> duplicates_in(const std::string& bytes, bool can_reread = false) {
  MemorySource source(bytes);
  Reader reader(source);
  Survey survey(kNowMs, kTiny);
  REQUIRE(reader.open());
  REQUIRE(survey.add_all(reader, true));
  std::vector<Finding> findings;
  find_duplicates(survey, findings);
  if (findings.empty() || !can_reread) return findings;
  MemoryAccess again(bytes);
  name_duplicate(reader, survey, again, findings);
  return findings;
}

// A file on disk.
class Stored {
 public:
  explicit Stored(std::string_view bytes) {
    const int fd = mkstemp(name_.data());
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    close(fd);
    REQUIRE(source.open(name_).ok());
  }
  ~Stored() { unlink(name_.c_str()); }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  void overwrite(uint64_t offset, std::string_view bytes) {
    FILE* const file = std::fopen(name_.c_str(), "r+b");
    REQUIRE(file != nullptr);
    REQUIRE(std::fseek(file, static_cast<long>(offset), SEEK_SET) == 0);
    REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
    REQUIRE(std::fclose(file) == 0);
  }

  FileSource source;
  FileAccess access{source};

 private:
  std::string name_ = "/tmp/rdbferry-test-XXXXXX";
};

// True: `unique` has read it.
bool add(UniqueKeys& unique, Stored& file) {
  RandomSource source(file.access);
  Reader reader(source);
  return reader.open() && unique.add(reader, file.access);
}

std::vector<uint64_t> left_out(const std::string& bytes, Keep keep, size_t memory = 1 << 20) {
  Stored file(bytes);
  UniqueKeys unique(keep, kNowMs, memory);
  REQUIRE(add(unique, file));
  REQUIRE(unique.finish());
  return unique.left_out();
}

using Offsets = std::vector<uint64_t>;

// Keys of 300 bytes with one hash, whatever `n`: XXH3 multiplies the halves of eight bytes, after
// an exclusive or with its secret, and adds the eight bytes to the next lane. Here the lower halves
// become zero and the upper ones have the same sum (xxHash 0.8 doc/xxhash_spec.md).
std::string colliding_key(uint32_t n) {
  std::string key(300, 'k');
  key.replace(0, 8, Bytes{}.str("\xb8\xfe\x6c\x39").u32le(n).string());
  key.replace(64, 8, Bytes{}.str("\x7c\x01\x81\x2c").u32le(1000 - n).string());
  return key;
}

}  // namespace

TEST_CASE("duplicate keys: one is found with both its places and its name") {
  RdbFile file;
  file.select(3).string("a", "1");
  const uint64_t first = file.size();
  file.string("b", "1").string("c", "1");
  const uint64_t second = file.size();
  const auto findings = duplicates_in(file.string("b", "1").end());
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].name == "duplicate_key");
  CHECK(findings[0].status == Status::unexpected);
  CHECK(findings[0].severity == Severity::refuses);
  CHECK(findings[0].offset == second);
  CHECK(findings[0].db == 3);
  CHECK(findings[0].key == "b");
  CHECK(findings[0].count == 1);
  CHECK(findings[0].words == "the key is at byte " + std::to_string(first) +
                                 " already, and a duplicate stops every server");
}

TEST_CASE("duplicate keys: they are counted as keys, not as records") {
  RdbFile file;
  for (const char* key : {"a", "b", "b", "b", "a", "a"}) file.string(key, "1");
  const auto findings = duplicates_in(file.end());
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].count == 2);
  CHECK(findings[0].key == "b");
}

TEST_CASE("duplicate keys: the same key in two databases is none") {
  CHECK(duplicates_in(RdbFile().string("a", "1").select(1).string("a", "1").end()).empty());
}

TEST_CASE("duplicate keys: what a server drops is none") {
  RdbFile file;
  file.expire_ms(kNowMs - 1).string("a", "1").string("a", "1").expire_ms(1).string("a", "1");
  file.entry(kSet, "b", rdb_length(0)).string("b", "1").entry(kSet, "b", rdb_length(0));
  CHECK(duplicates_in(file.end()).empty());
  const uint64_t second = file.size();
  const auto findings = duplicates_in(file.expire_ms(kNowMs).string("a", "1").end());
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].offset == second);
  CHECK(findings[0].key == "a");
}

TEST_CASE("duplicate keys: values that are not opened are not searched") {
  const Surveyed quick(RdbFile().string("a", "1").string("a", "1").end(), false);
  CHECK(quick.ok);
  CHECK(quick.survey.duplicates().count == 0);
}

TEST_CASE("duplicate keys: one that is found at the end gets its name from the file") {
  RdbFile file;
  add_keys(file, "x", 3000);
  add_keys(file.select(7), "x", 3000);
  const uint64_t second = file.size();
  file.expire_ms(kNowMs + 1).string("x2999", "1");
  for (const bool can_reread : {false, true}) {
    const auto findings = duplicates_in(file.end(), can_reread);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].count == 1);
    CHECK(findings[0].offset == second);
    CHECK(findings[0].db == 7);
    CHECK(findings[0].has_key == can_reread);
    CHECK(findings[0].key == (can_reread ? "x2999" : ""));
  }
}

TEST_CASE("duplicate keys: a file that has changed meanwhile names none") {
  RdbFile file;
  const Surveyed got(add_keys(file, "x", 3000).string("x5", "1").end());
  Survey survey(kNowMs, kTiny);
  MemorySource source(got.bytes);
  Reader reader(source);
  REQUIRE(reader.open());
  REQUIRE(survey.add_all(reader, true));
  std::vector<Finding> findings;
  find_duplicates(survey, findings);
  REQUIRE(findings.size() == 1);
  using namespace std::string_view_literals;
  for (const std::string_view other :
       {""sv, "\xff"sv, "\x0aRUBBISH"sv, "\xfe\x01"sv, "\0\x01y\x01v"sv}) {
    const std::string bytes = got.bytes.substr(0, findings[0].offset) + std::string(other);
    MemoryAccess changed(bytes);
    name_duplicate(reader, survey, changed, findings);
    CHECK_FALSE(findings[0].has_key);
  }
}

TEST_CASE("duplicate keys: convert refuses one, found at once or at the end") {
  for (const int keys : {10, 3000}) {
    CAPTURE(keys);
    RdbFile file;
    add_keys(add_keys(file, "x", keys).string("x3", "1"), "y", 10);
    const std::string bytes = file.end();
    MemorySource source(bytes);
    Reader reader(source);
    REQUIRE(reader.open());
    Converter converter(
        {.loading = {.target = find_target("valkey-8.0")}, .now_ms = kNowMs, .memory = kTiny});
    MemorySink sink;
    CHECK_FALSE(converter.run(reader, sink, false));
    CHECK(converter.write_error().ok());
    REQUIRE(status(converter.findings()) == Status::unexpected);
    CHECK(converter.findings().back().name == "duplicate_key");
    CHECK(converter.survey().keys() == static_cast<uint64_t>(keys) + 11);
  }
}

TEST_CASE("unique: the first or the last record of a key stays") {
  RdbFile file;
  std::vector<uint64_t> at;
  for (const char* key : {"a", "b", "a", "c", "b", "a"}) {
    at.push_back(file.size());
    file.string(key, "1");
  }
  file.select(1).string("a", "1").select(0);
  at.push_back(file.size());
  file.expire_ms(kNowMs).string("c", "1");  // the offset of a record is that of its expiry
  CHECK(left_out(file.end(), Keep::first) == Offsets{at[2], at[4], at[5], at[6]});
  CHECK(left_out(file.end(), Keep::last) == Offsets{at[0], at[1], at[2], at[3]});
}

TEST_CASE("unique: without duplicates nothing is left out") {
  CHECK(left_out(RdbFile().end(), Keep::first).empty());
  CHECK(left_out(RdbFile().string("a", "1").end(), Keep::last).empty());
}

TEST_CASE("unique: what a server drops does not count as a record of the key") {
  RdbFile file;
  file.expire_ms(1).string("a", "1").string("a", "2").expire_ms(1).string("a", "3");
  file.entry(kSet, "b", rdb_length(0)).string("b", "1").entry(kSet, "b", rdb_length(0));
  CHECK(left_out(file.end(), Keep::first).empty());
  const uint64_t at = file.size();
  file.entry(kSet, "b", rdb_length(1) + rdb_string("m"));
  CHECK(left_out(file.end(), Keep::first) == Offsets{at});
}

TEST_CASE("unique: past the memory the same records are found") {
  RdbFile file;
  add_keys(file, "x", 5000);
  Offsets at;
  for (const int i : {4999, 17, 768, 0}) {
    at.push_back(file.size());
    file.string("x" + std::to_string(i), "2");
  }
  CHECK(left_out(file.end(), Keep::first, kTiny) == at);
  CHECK(left_out(file.end(), Keep::last, kTiny).size() == at.size());
}

TEST_CASE("unique: more duplicates than the memory has room for are refused") {
  RdbFile file;
  add_keys(add_keys(file, "x", 200), "x", 200);
  Stored stored(file.end());
  UniqueKeys unique(Keep::first, kNowMs, kTiny);
  REQUIRE(add(unique, stored));
  CHECK_FALSE(unique.finish());
  CHECK(message(unique.error(), "dump.rdb") ==
        "dump.rdb: more than 256 records have the key of another, --max-memory takes in more");
  CHECK(status(unique.error().code) == Status::usage);
}

TEST_CASE("unique: a key that only has the hash of another is not taken for it") {
  const SeedZero seed;
  const std::string file = RdbFile()
                               .string(colliding_key(1), "1")
                               .select(2)
                               .string(colliding_key(1), "1")
                               .string(colliding_key(2), "2")
                               .end();
  REQUIRE(colliding_key(1) != colliding_key(2));
  CHECK(duplicates_in(file).size() == 1);  // if not, the hash is another one
  Stored stored(file);
  UniqueKeys unique(Keep::last, kNowMs);
  REQUIRE(add(unique, stored));
  CHECK_FALSE(unique.finish());
  CHECK(unique.error().code == Code::same_hash);
  CHECK(unique.error().key == colliding_key(2));
  CHECK(unique.error().db == 2);
  CHECK(status(unique.error().code) == Status::unexpected);
  set_run_seed(1);
  CHECK(duplicates_in(file).empty());  // what collides with one seed does not with another
}

TEST_CASE("salvage: a key that only has the hash of another is not left out for it") {
  const SeedZero seed;
  const std::string file =
      RdbFile().string(colliding_key(1), "1").string(colliding_key(2), "2").end();
  MemoryAccess bytes(file);
  Salvage salvage(bytes, {});
  CHECK_FALSE(salvage.run());
  CHECK(salvage.error().code == Code::same_hash);
}

TEST_CASE("unique: a file that changes meanwhile is an error, whatever is there now") {
  RdbFile file;
  file.string("a", "1");
  const uint64_t second = file.size();
  file.string("a", "1");
  using namespace std::string_view_literals;
  for (const std::string_view other : {"\0\x01z"sv, "\xff"sv, "\xfe\0\xfe\0\xff"sv, "\xf0"sv}) {
    Stored stored(file.end());
    UniqueKeys unique(Keep::last, kNowMs);
    REQUIRE(add(unique, stored));
    stored.overwrite(second, other);
    CHECK_FALSE(unique.finish());
    CHECK(message(unique.error(), "dump.rdb") == "dump.rdb: cannot read: it has changed meanwhile");
  }
}

TEST_CASE("unique: the records of a key are in several files") {
  RdbFile a;
  const uint64_t x_in_a = a.size();
  a.string("x", "1").string("y", "1");
  RdbFile b("REDIS0009");
  b.string("z", "1");
  const uint64_t y_in_b = b.size();
  b.string("y", "2");
  const uint64_t x_in_b = b.size();
  b.string("x", "2");
  Stored first(a.end());
  Stored second(b.end());
  UniqueKeys keep_first(Keep::first, kNowMs);
  REQUIRE((add(keep_first, first) && add(keep_first, second) && keep_first.finish()));
  CHECK(keep_first.left_out(0).empty());
  CHECK(keep_first.left_out(1) == Offsets{y_in_b, x_in_b});
  UniqueKeys keep_last(Keep::last, kNowMs);
  REQUIRE((add(keep_last, first) && add(keep_last, second) && keep_last.finish()));
  CHECK(keep_last.left_out(0) == Offsets{x_in_a, x_in_a + 5});
  CHECK(keep_last.left_out(1).empty());
}

TEST_CASE("unique: a damaged file and one of too many databases fail the reader") {
  Stored cut(RdbFile().string("a", "1").cut() + "\x01");
  UniqueKeys unique(Keep::first, kNowMs);
  CHECK_FALSE(add(unique, cut));
  CHECK(unique.error().ok());
  RdbFile file;
  for (uint64_t db = 0; db <= 65536; ++db) file.select(db).string("k", "v");
  Stored many(file.end());
  RandomSource source(many.access);
  Reader reader(source);
  REQUIRE(reader.open());
  CHECK_FALSE(unique.add(reader, many.access));
  CHECK(reader.error().code == Code::too_many_databases);
}

TEST_CASE("unique: a temporary file that cannot be had is its error") {
  RdbFile file;
  Stored stored(add_keys(file, "x", 1000).end());
  setenv("TMPDIR", "/proc/no/such/folder", 1);
  UniqueKeys unique(Keep::first, kNowMs, kTiny);
  unsetenv("TMPDIR");
  CHECK_FALSE(add(unique, stored));
  CHECK(unique.error().code == Code::temporary_failed);
}

TEST_CASE("convert: entries that are left out are proven, counted and not written") {
  RdbFile file;
  file.select(0).string("a", "1");
  const uint64_t second = file.size();
  const auto run = [&](const std::string& bytes, MemorySink& sink, Converter& converter) {
    MemorySource source(bytes);
    Reader reader(source);
    REQUIRE(reader.open());
    converter.leave_out({second});
    return converter.run(reader, sink, false);
  };
  const ConvertOptions options{.loading = {.target = find_target("valkey-8.0")}, .now_ms = kNowMs};
  Converter converter(options);
  MemorySink sink;
  const std::string bytes = RdbFile(file).expire_ms(kNowMs).string("a", "2").end();
  REQUIRE(run(bytes, sink, converter));
  const std::string hint = Bytes{}.u8(0xfb).u8(0x81).u64be(1).u8(0x81).u64be(0).string();
  CHECK(sink.bytes() == RdbFile().select(0).raw(hint).string("a", "1").end());
  CHECK(converter.duplicates_dropped() == 1);
  CHECK(converter.survey().keys() == 1);
  REQUIRE(converter.findings().size() == 1);
  CHECK(converter.findings()[0].name == "duplicates_dropped");
  CHECK(converter.findings()[0].offset == second);
  CHECK(converter.findings()[0].key == "a");
  CHECK(status(converter.findings()) == Status::ok);
  Converter damaged(options);
  MemorySink nothing;
  const std::string bad = RdbFile(file).entry(11, "a", rdb_string("\x03")).end();
  CHECK_FALSE(run(bad, nothing, damaged));
  CHECK(status(damaged.findings()) == Status::damaged);
}

}  // namespace rdb
