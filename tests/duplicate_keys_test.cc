// Duplicate keys as check and convert meet them: found, named, refused, left out.
// rdb-format.md 6.7: a duplicate key kills the server only if both copies survive loading.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/io/sink.h"
#include "rdb/stage/convert.h"
#include "rdb/stage/findings.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

constexpr size_t kTiny = Duplicates::kMemoryMin;  // a table of 768 keys
constexpr unsigned kSet = 2;

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
  MemorySource again(std::string_view(bytes).substr(findings[0].offset));
  name_duplicate(reader, survey, again, findings);
  return findings;
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
    MemorySource changed(other);
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
        {.target = find_target("valkey-8.0"), .modules = {}, .now_ms = kNowMs, .memory = kTiny});
    MemorySink sink;
    CHECK_FALSE(converter.run(reader, sink, false));
    CHECK(converter.write_error().ok());
    REQUIRE(status(converter.findings()) == Status::unexpected);
    CHECK(converter.findings().back().name == "duplicate_key");
    CHECK(converter.survey().keys() == static_cast<uint64_t>(keys) + 11);
  }
}

}  // namespace rdb
