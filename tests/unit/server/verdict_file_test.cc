// Verdicts on what is not one value's: headers, databases, tables. Expected: what servers
// were seen to do.
#include <string>

#include <doctest/doctest.h>

#include "rdb/server/loading.h"
#include "tests/support/judged.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {

TEST_CASE("verdict: which headers a server reads") {
  const auto read = [](std::string_view target, std::string_view header, bool relaxed = false) {
    Loading to = loading(target);
    to.is_relaxed = relaxed;
    const std::string file = RdbFile(header).end();
    MemorySource source(file);
    Reader reader(source);
    REQUIRE(reader.open());
    return reads(to, reader.header());
  };
  CHECK(read("valkey-8.0", "REDIS0011"));
  CHECK_FALSE(read("valkey-8.0", "REDIS0012"));
  CHECK_FALSE(read("valkey-8.0", "VALKEY080"));
  CHECK(read("valkey-8.1", "VALKEY011"));
  CHECK_FALSE(read("valkey-8.1", "VALKEY080"));
  CHECK(read("valkey-8.1", "VALKEY080", true));
  CHECK(read("valkey-9.1", "VALKEY080"));
  CHECK_FALSE(read("valkey-9.1", "VALKEY011", true));
  CHECK_FALSE(read("valkey-9.1", "REDIS0012"));
  CHECK(read("valkey-9.1", "REDIS0079", true));
  CHECK_FALSE(read("valkey-9.1", "REDIS0080", true));
  CHECK_FALSE(read("redis-6.2", "REDIS0010"));
  // Seen: redis 6.0.16 and 7.0.15, valkey 8.0.1, 8.1.1 and 9.1.2.
  for (const char* early : {"REDIS  11", "REDIS +11", "REDIS11\r\n", "REDIS11ab", "REDIS\t\n11"}) {
    CHECK(read("valkey-8.0", early));
    CHECK_FALSE(read("valkey-8.1", early));
    CHECK_FALSE(read("valkey-9.1", early));
  }
  CHECK(read("redis-6.0", "REDIS7   "));
  CHECK_FALSE(read("redis-7.0", "REDIS  11"));
  for (const char* late : {"REDIS0 11", "REDIS0+11"}) {
    CHECK_FALSE(read("valkey-8.0", late));
    CHECK(read("valkey-8.1", late));
    CHECK(read("valkey-9.1", late));
  }
  for (const char* both : {"REDIS011 ", "REDIS08xx"}) {
    CHECK(read("valkey-8.0", both));
    CHECK(read("valkey-9.1", both));
  }
  for (const char* odd : {"VALKEY 80", "VALKEY+80", "VALKEY80\n"}) CHECK(read("valkey-9.1", odd));
  CHECK(read("valkey-8.1", "VALKEY 11"));
  CHECK_FALSE(read("valkey-8.0", "REDIS1011"));
}

// Seen: redis 6.0.16, 7.0.15 and valkey 8.0.1, 8.1.1, 9.1.2 as nodes of a cluster, with `databases`
// or cluster-databases.
TEST_CASE("verdict: the databases of a cluster") {
  const auto of = [](std::string_view name, uint64_t databases, const RdbFile& file) {
    Loading to = loading(name);
    to.is_cluster = true;
    to.databases = databases;
    CHECK(databases_with_keys(to) == (databases == 16 && name == "valkey-9.1" ? 16 : 1));
    return said(to, file.end());
  };
  const auto old = [] { return RdbFile("REDIS0009"); };
  const RdbFile empty = old().select(1).select(0).string("k", "v");
  const RdbFile beyond = old().select(16).select(0).string("k", "v");
  for (const char* name : {"redis-6.0", "redis-7.0", "valkey-7.2"}) {
    CHECK(of(name, 0, empty) == "accepts");
    CHECK(of(name, 0, beyond) == "refuses");
    CHECK(of(name, 32, beyond) == "accepts");
  }
  for (const char* name : {"valkey-8.0", "valkey-8.1"}) {
    CHECK(of(name, 0, empty) == "refuses");
    CHECK(of(name, 16, empty) == "refuses");
  }
  CHECK(of("valkey-9.1", 0, empty) == "refuses");
  CHECK(of("valkey-9.1", 16, empty) == "accepts");
  CHECK(of("valkey-9.1", 16, beyond) == "refuses");
}

// Seen: redis 7.0.15, valkey 8.0.1, 8.1.1 and 9.1.2, each with counts from 2^30 to 2^62, alone and
// as a node of a cluster. `breaks`: KEYS takes more than five seconds.
TEST_CASE("verdict: a table for as many keys as RESIZEDB says") {
  const auto of = [](uint64_t keys, uint64_t expiring, bool is_cluster = false) {
    std::string out;
    const std::string file = RdbFile("REDIS0009").hint(keys, expiring).string("k", "v").end();
    for (const char* name : {"redis-7.0", "valkey-8.0", "valkey-8.1", "valkey-9.1"}) {
      Loading to = loading(name);
      to.is_cluster = is_cluster;
      out += (out.empty() ? "" : " ") + std::string(said(to, file));
    }
    return out;
  };
  const auto two_to = [](unsigned n) { return uint64_t{1} << n; };
  CHECK(of(two_to(28), 0) == "accepts accepts accepts accepts");
  CHECK(of(two_to(31), 0) == "breaks accepts breaks breaks");
  CHECK(of(two_to(40), 0) == "breaks accepts breaks breaks");
  CHECK(of(0, two_to(28)) == "accepts accepts accepts accepts");
  CHECK(of(0, two_to(40)) == "refuses accepts refuses refuses");  // it depends on the host
  CHECK(of(two_to(42), 0) == "breaks accepts breaks breaks");
  CHECK(of(two_to(43), 0) == "breaks accepts refuses refuses");
  CHECK(of(0, two_to(43)) == "refuses accepts refuses refuses");
  CHECK(of(0, two_to(44)) == "refuses accepts refuses refuses");
  CHECK(of(two_to(59), 0) == "refuses accepts refuses refuses");
  CHECK(of(two_to(60), 0) == "refuses accepts accepts accepts");
  CHECK(of(two_to(60) + 1, 0) == "accepts accepts accepts accepts");
  CHECK(of(two_to(50), 0, true) == "refuses accepts accepts accepts");

  const auto late = [&](RdbFile file, uint64_t keys, uint64_t expiring) {
    const std::string bytes = file.hint(keys, expiring).string("k", "v").end();
    return said(loading("valkey-8.0"), bytes);
  };
  const RdbFile key = RdbFile("REDIS0009").string("a", "1");
  const RdbFile expiring = RdbFile("REDIS0009").expire_ms(kNowMs + 1).string("a", "1");
  CHECK(late(key, two_to(40), two_to(40)) == "breaks");
  CHECK(late(key, 0, two_to(40)) == "accepts");
  CHECK(late(expiring, 0, two_to(40)) == "refuses");
  CHECK(late(RdbFile("REDIS0009").expire_ms(kNowMs - 1).string("a", "1"), two_to(40), 0) ==
        "accepts");

  const std::string slot =
      RdbFile("REDIS0009").aux("slot-info", "15495,1125899906842624,0").string("k", "v").end();
  Loading node = loading("valkey-9.1");
  CHECK(said(node, slot) == "accepts");
  node.is_cluster = true;
  CHECK(said(node, slot) == "refuses");
  node.target = find_target("valkey-8.1");
  CHECK(said(node, slot) == "accepts");
}

}  // namespace rdb
