#include "rdb/server/counts.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

// Every finding as "severity status name: words".
std::string shown(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    if (!out.empty()) out += "\n";
    out += std::string(name(finding.severity)) + " " +
           std::to_string(static_cast<int>(finding.status)) + " " + finding.name + ": " +
           finding.words;
  }
  return out;
}

// `keys` keys in db 0, of which the first `expires` expire in the future, behind a hint.
RdbFile keys_file(std::string_view header, uint64_t hint_keys, uint64_t hint_expires, unsigned keys,
                  unsigned expires) {
  RdbFile file(header);
  file.select(0).hint(hint_keys, hint_expires);
  for (unsigned i = 0; i < keys; ++i) {
    if (i < expires) file.expire_ms(kNowMs + 1000);
    file.string("k" + std::to_string(i), "v");
  }
  return file;
}

std::string hints(const RdbFile& file) {
  const Surveyed got(file.end());
  CHECK(got.ok);
  std::vector<Finding> findings;
  compare_hints(got.reader.header(), got.survey, findings);
  for (const Finding& finding : findings) CHECK(finding.stage == Stage::counts);
  return shown(findings);
}

std::string compared(const RdbFile& file, const Expectations& expected) {
  const Surveyed got(file.end());
  CHECK(got.ok);
  std::vector<Finding> findings;
  compare_expectations(expected, got.survey, findings);
  return shown(findings);
}

Expectations info(std::string_view text) {
  Expectations out;
  CHECK(parse_info(text, out));
  return out;
}

RdbFile some_file() {
  return RdbFile()
      .select(0)
      .string("a", "1")
      .expire_ms(kNowMs + 1)
      .string("b", "1")
      .expire_ms(1)
      .string("gone", "1")
      .entry(1, "empty", rdb_length(0))
      .select(3)
      .string("c", "1");
}

}  // namespace

TEST_CASE("counts: an expectation is db<n>=<keys> and nothing else") {
  Expectations to;
  CHECK(parse_expectation("db0=6286", to));
  CHECK(parse_expectation("db15=0", to));
  REQUIRE(to.databases.size() == 2);
  CHECK(to.databases[0].db == 0);
  CHECK(to.databases[0].keys == 6286);
  CHECK_FALSE(to.databases[0].expires.has_value());
  CHECK(to.databases[1].db == 15);
  CHECK_FALSE(to.is_complete);
  for (const char* bad :
       {"", "db0", "db0=", "db=5", "0=5", "db0=5 ", " db0=5", "db0=-1", "db0=05", "db00=5", "DB0=5",
        "db0=5,expires=1", "db0:keys=5", "db0=1e3", "db0=99999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_expectation(bad, to));
  }
  CHECK(to.databases.size() == 2);
}

TEST_CASE("counts: captured INFO keyspace counts its lines and passes over all others") {
  const Expectations got = info(
      "# Server\r\nredis_version:6.2.16\r\n\r\n# Keyspace\r\n"
      "db0:keys=5,expires=2,avg_ttl=0\r\n"
      "db3:keys=1,expires=0,avg_ttl=0,subexpiry=0\r\n"
      "db4:keys=7\r\ndb5:nonsense\r\n");
  CHECK(got.is_complete);
  REQUIRE(got.databases.size() == 3);
  CHECK(got.databases[0].keys == 5);
  CHECK(got.databases[0].expires.value() == 2);
  CHECK(got.databases[1].db == 3);
  CHECK(got.databases[1].expires.value() == 0);
  CHECK_FALSE(got.databases[2].expires.has_value());
}

TEST_CASE("counts: an empty keyspace is an expectation, text without one is none") {
  CHECK(info("# Keyspace\r\n").databases.empty());
  CHECK(info("db0:keys=5,expires=2").databases.size() == 1);
  Expectations to;
  CHECK_FALSE(parse_info("", to));
  CHECK_FALSE(parse_info("# Server\r\nredis_version:6.2.16\r\n", to));
  CHECK_FALSE(to.is_complete);
}

// The line of redis 7.2.6: db0:keys=28,expires=21,avg_ttl=0.
TEST_CASE("counts: a keyspace line is that of INFO") {
  Keyspace keyspace;
  keyspace.keys = 28;
  keyspace.expires = 21;
  CHECK(keyspace_line({}, 0, keyspace) == "db0:keys=28,expires=21,avg_ttl=0");
}

// The lines of valkey 9.1.2 that has loaded such a file; it drops the field of c, and that of d
// which has expired.
TEST_CASE("counts: Valkey 9 counts the hashes with fields that expire") {
  const auto hash = [](std::initializer_list<int64_t> expiries) {
    std::string out = rdb_length(expiries.size());
    char name = 'f';
    for (const int64_t ms : expiries) {
      out += rdb_string(std::string(1, name++)) + rdb_string("v") + Bytes{}.i64le(ms).string();
    }
    return out;
  };
  constexpr int64_t kPast = 1000;
  constexpr int64_t kFuture = 4102444800000;
  const Surveyed file(RdbFile("VALKEY080")
                          .select(0)
                          .entry(22, "a", hash({-1}))
                          .entry(22, "b", hash({kFuture, -1}))
                          .entry(22, "c", hash({kPast, -1}))
                          .entry(22, "d", hash({kPast, kFuture}))
                          .end());
  REQUIRE(file.ok);
  const Keyspace& found = file.survey.databases().at(0);
  CHECK(keyspace_line(file.reader.header(), 0, found) ==
        "db0:keys=4,expires=0,avg_ttl=0,keys_with_volatile_items=3");
  CHECK(found.loaded_volatile_items == 2);

  const auto expect = [&](std::string_view line) {
    std::vector<Finding> out;
    compare_expectations(info(line), file.survey, out);
    return out.empty() ? std::string("as expected") : out[0].name + ": " + out[0].words;
  };
  CHECK(expect("db0:keys=4,expires=0,avg_ttl=0,keys_with_volatile_items=3") == "as expected");
  CHECK(expect("db0:keys=4,expires=0,avg_ttl=0") == "as expected");
  CHECK(
      expect("db0:keys=4,expires=0,avg_ttl=0,keys_with_volatile_items=2") ==
      "expected_without_dropped: db0: as expected once the server has dropped 0 expired keys and 0 "
      "empty ones, and fields that have expired");
  CHECK(expect("db0:keys=4,expires=0,avg_ttl=0,keys_with_volatile_items=5") ==
        "count_differs: db0: holds 4 keys, 0 with an expiry, 3 with fields that expire; expected "
        "were 4 keys, 0 with an expiry, 5 with fields that expire");
}

TEST_CASE("counts: hints that are right, or missing, are no finding") {
  CHECK(hints(keys_file("REDIS0011", 3, 1, 3, 1)) == "");
  CHECK(hints(RdbFile().select(0).string("a", "1")) == "");
}

TEST_CASE("counts: a hint that differs is a difference, in keys or in expiries") {
  const std::string differs = "differs 6 count_differs: db0: holds 3 keys, 1 with an expiry; ";
  CHECK(hints(keys_file("REDIS0011", 4, 1, 3, 1)) ==
        differs + "RESIZEDB says 4 keys, 1 with an expiry");
  CHECK(hints(keys_file("REDIS0011", 3, 2, 3, 1)) ==
        differs + "RESIZEDB says 3 keys, 2 with an expiry");
  CHECK(hints(keys_file("REDIS0011", 2, 1, 3, 1)) ==
        differs + "RESIZEDB says 2 keys, 1 with an expiry");
  CHECK(hints(RdbFile().select(0).hint(1, 0)) ==
        "differs 6 count_differs: db0: holds 0 keys, 0 with an expiry; RESIZEDB says 1 keys, 0 "
        "with an expiry");
}

// redis 3.2.13 src/rdb.c, rdbSaveKeyValuePair: an expired key is not written, but was counted.
TEST_CASE("counts: Redis 3.2 leaves expired keys out of the file but not out of the hint") {
  CHECK(hints(keys_file("REDIS0007", 5, 3, 3, 1)) ==
        "accepts 0 expired_left_out: db0: holds 3 keys, 1 with an expiry; RESIZEDB says 5 keys, 3 "
        "with an expiry: Redis 3.2 does not write keys that have expired");
  // Whatever is not explained by that remains a difference.
  CHECK(hints(keys_file("REDIS0007", 5, 2, 3, 1)).starts_with("differs 6 "));
  CHECK(hints(keys_file("REDIS0007", 5, 1, 3, 1)).starts_with("differs 6 "));
  CHECK(hints(keys_file("REDIS0007", 2, 1, 3, 1)).starts_with("differs 6 "));
  CHECK(hints(keys_file("REDIS0007", 2, 0, 3, 1)).starts_with("differs 6 "));
  CHECK(hints(keys_file("REDIS0008", 5, 3, 3, 1)).starts_with("differs 6 "));
}

// 3.2 and 4.0 clamp to 2^32-1: then, and only then, there are more keys than that.
TEST_CASE("counts: a hint of 2^32-1 with few keys is a difference") {
  CHECK(hints(keys_file("REDIS0008", UINT32_MAX, 0, 3, 0)).starts_with("differs 6 "));
}

TEST_CASE("counts: what was expected and is there is no finding") {
  CHECK(compared(some_file(), info("db0:keys=4,expires=2\ndb3:keys=1,expires=0\n")) == "");
  Expectations one;
  REQUIRE(parse_expectation("db3=1", one));
  CHECK(compared(some_file(), one) == "");  // not complete: other databases are not asked about
}

TEST_CASE("counts: what a server would count once it has dropped keys is as good") {
  CHECK(compared(some_file(), info("db0:keys=2,expires=1\ndb3:keys=1,expires=0\n")) ==
        "accepts 0 expected_without_dropped: db0: as expected once the server has dropped 1 "
        "expired keys and 1 empty ones");
}

TEST_CASE("counts: a number of keys or expiries that was not expected is a difference") {
  CHECK(compared(some_file(), info("db0:keys=3,expires=2\ndb3:keys=1,expires=0\n")) ==
        "differs 6 count_differs: db0: holds 4 keys, 2 with an expiry; expected were 3 keys, 2 "
        "with an expiry (1 are expired, 1 empty)");
  CHECK(compared(some_file(), info("db0:keys=4,expires=2\ndb3:keys=1,expires=1\n")) ==
        "differs 6 count_differs: db3: holds 1 keys, 0 with an expiry; expected were 1 keys, 1 "
        "with an expiry");
  Expectations one;
  REQUIRE(parse_expectation("db3=2", one));
  CHECK(compared(some_file(), one) ==
        "differs 6 count_differs: db3: holds 1 keys, 0 with an expiry; expected were 2 keys");
}

TEST_CASE("counts: a database that is missing, or that nobody expected, is a difference") {
  CHECK(compared(some_file(),
                 info("db0:keys=4,expires=2\ndb3:keys=1,expires=0\ndb9:keys=2,expires=0\n")) ==
        "differs 6 count_differs: db9: holds 0 keys, 0 with an expiry; expected were 2 keys, 0 "
        "with an expiry");
  CHECK(compared(some_file(), info("db0:keys=4,expires=2\n")) ==
        "differs 6 count_differs: db3: holds 1 keys, 0 with an expiry; expected were 0 keys, 0 "
        "with an expiry");
  CHECK(compared(RdbFile(), info("# Keyspace\n")) == "");
}

}  // namespace rdb
