#include "rdb/carry/change.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1704067200500;  // 2024-01-01T00:00:00.5Z
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
enum : uint8_t { kString = 0, kHash2 = 22 };

Record entry(std::string_view key, uint64_t db = 0) {
  Record record;
  record.db = db;
  record.key = key;
  record.type = find_type(Dialect::valkey, kString);
  return record;
}

Record expiring(int64_t expire_ms) {
  Record record = entry("k");
  record.lifetime.expire_ms = expire_ms;
  return record;
}

Changes changes(const ChangeOptions& options) {
  Changes out(kNow);
  REQUIRE(out.prepare(options));
  return out;
}

std::string refused(const ChangeOptions& options) {
  Changes out(kNow);
  CHECK_FALSE(out.prepare(options));
  CHECK(status(out.error().code) == Status::usage);
  return message(out.error(), out.about());
}

std::string renamed(Changes& changes, std::string_view key) {
  Record record = entry(key);
  REQUIRE(changes.apply(record));
  return std::string(record.key);
}

int64_t shifted(Changes& changes, int64_t expire_ms) {
  Record record = expiring(expire_ms);
  REQUIRE(changes.apply(record));
  return record.lifetime.expire_ms.value();
}

// Why an expiry is not shifted; the record stays as it is.
std::string unshifted(Changes& changes, int64_t expire_ms) {
  Record record = expiring(expire_ms);
  CHECK_FALSE(changes.apply(record));
  CHECK(record.lifetime.expire_ms == expire_ms);
  return changes.refusal();
}

}  // namespace

TEST_CASE("change: without options nothing changes") {
  Changes none = changes({});
  Record record = expiring(-5);
  record.db = 3;
  record.lifetime.idle_s = 7;
  record.lifetime.freq = 255;
  REQUIRE(none.apply(record));
  CHECK(record.key == "k");
  CHECK(record.db == 3);
  CHECK(record.lifetime.expire_ms == -5);
  CHECK(record.lifetime.idle_s == 7U);
  CHECK(record.lifetime.freq == 255);
  std::string ctime = "5";
  none.apply_aux("ctime", ctime);
  CHECK(ctime == "5");
}

TEST_CASE("change: expiries are shifted, keys without one stay so") {
  Changes later = changes({.ttl_shift = "1h"});
  CHECK(shifted(later, kNow) == kNow + 3600000);
  CHECK(shifted(later, 0) == 3600000);
  Record lasting = entry("k");
  REQUIRE(later.apply(lasting));
  CHECK_FALSE(lasting.lifetime.expire_ms.has_value());
  CHECK(later.counts().expiries_shifted == 2);
  Changes earlier = changes({.ttl_shift = "-1h"});
  CHECK(shifted(earlier, 3600000) == 0);
  CHECK(shifted(earlier, 3600001) == 1);
}

TEST_CASE("change: an expiry that would leave the range of servers is refused") {
  Changes later = changes({.ttl_shift = "+1ms"});
  CHECK(shifted(later, kHighest - 1) == kHighest);
  CHECK(unshifted(later, kHighest) ==
        "expiry 9223372036854775807 shifted by 1 ms is not from 0 to 9223372036854775807");
  Changes earlier = changes({.ttl_shift = "-2ms"});
  CHECK(unshifted(earlier, 1) == "expiry 1 shifted by -2 ms is not from 0 to 9223372036854775807");
  CHECK(unshifted(earlier, std::numeric_limits<int64_t>::min()).starts_with("expiry -922"));
  CHECK(later.counts().expiries_shifted == 1);
  CHECK(earlier.counts().expiries_shifted == 0);
}

TEST_CASE("change: rebased, what was left of a TTL when the file was written is left now") {
  Changes rebase = changes({.ttl_rebase = true});
  std::string ctime = "1700000000";
  rebase.apply_aux("redis-ver", ctime);
  rebase.apply_aux("ctime", ctime);
  CHECK(ctime == "1704067200");  // now
  CHECK(shifted(rebase, 1700000000000 + 60000) == kNow + 60000);
  CHECK(shifted(rebase, 1700000000000 - 1) == kNow - 1);  // had expired and is so still
  CHECK(rebase.counts().expiries_shifted == 2);
}

TEST_CASE("change: a file that was written in the future has its TTLs rebased as well") {
  Changes rebase = changes({.ttl_rebase = true});
  std::string ctime = "1704067300";
  rebase.apply_aux("ctime", ctime);
  CHECK(shifted(rebase, 1704067300000 + 5) == kNow + 5);
}

TEST_CASE("change: TTLs of a file that does not say when it was written cannot be rebased") {
  const std::string words =
      "the file does not say when it was written (AUX field ctime), so --ttl-rebase cannot tell "
      "what was left of the TTL; --ttl-shift can change it";
  for (const char* text : {"", "now", "1e9", "9223372036854775807", "-9223372036854775"}) {
    Changes rebase = changes({.ttl_rebase = true});
    std::string ctime = text;
    rebase.apply_aux("ctime", ctime);
    CHECK(ctime == text);
    CHECK(unshifted(rebase, kNow) == words);
    Record lasting = entry("k");
    CHECK(rebase.apply(lasting));  // where there is no TTL, there is nothing to rebase
  }
}

TEST_CASE("change: hashes whose fields keep their own expiries are counted") {
  Record hash = entry("h");
  hash.type = find_type(Dialect::valkey, kHash2);
  Changes shift = changes({.ttl_shift = "1h"});
  REQUIRE(shift.apply(hash));
  CHECK(shift.counts().fields_unshifted == 1);
  Changes rebase = changes({.ttl_rebase = true});
  REQUIRE(rebase.apply(hash));
  CHECK(rebase.counts().fields_unshifted == 1);
  Changes rename = changes({.prefix_add = "a"});
  REQUIRE(rename.apply(hash));
  CHECK(rename.counts().fields_unshifted == 0);
}

TEST_CASE("change: databases are mapped all at once") {
  Changes swap = changes({.map_db = {"0=1", "1=0", "3=0", "4=4"}});
  const uint64_t mapped[] = {1, 0, 2, 0, 4};
  for (uint64_t db = 0; db < 5; ++db) {
    Record record = entry("k", db);
    REQUIRE(swap.apply(record));
    CHECK(record.db == mapped[db]);
  }
  CHECK(swap.counts().databases_mapped == 3);
}

TEST_CASE("change: a prefix is stripped, then one is added") {
  Changes both = changes({.prefix_strip = "old:", .prefix_add = "new:"});
  CHECK(renamed(both, "old:a") == "new:a");
  CHECK(renamed(both, "old:old:a") == "new:old:a");
  CHECK(renamed(both, "old") == "new:old");
  CHECK(renamed(both, "old:") == "new:");
  CHECK(both.counts().prefixes_stripped == 3);
  CHECK(both.counts().without_prefix == 1);
  CHECK(both.counts().prefixes_added == 4);
  Changes strip = changes({.prefix_strip = "old:"});
  CHECK(renamed(strip, "old:a") == "a");
  CHECK(renamed(strip, "a") == "a");
  CHECK(renamed(strip, "old:") == "");
  CHECK(strip.counts().prefixes_added == 0);
  Changes add = changes({.prefix_add = std::string("\0\xff", 2)});
  CHECK(renamed(add, "") == std::string("\0\xff", 2));
  CHECK(add.counts().without_prefix == 0);
}

TEST_CASE("change: a name does not grow over what servers and we read") {
  const std::string longest(kKeyBytesMax, 'k');
  Changes add = changes({.prefix_add = "x"});
  Record record = entry(longest);
  CHECK_FALSE(add.apply(record));
  CHECK(record.key == longest);
  CHECK(add.refusal() == "with --prefix-add the name is longer than a name can be, 512 MiB");
  CHECK(add.counts().prefixes_added == 0);
}

TEST_CASE("change: idle times and frequencies are left out") {
  Changes drop = changes({.no_lru = true, .no_lfu = true});
  Record record = entry("k");
  record.lifetime.idle_s = 0;
  REQUIRE(drop.apply(record));
  CHECK_FALSE(record.lifetime.idle_s.has_value());
  record.lifetime.freq = 5;
  REQUIRE(drop.apply(record));
  CHECK_FALSE(record.lifetime.freq.has_value());
  CHECK(drop.counts().idle_times_dropped == 1);
  CHECK(drop.counts().frequencies_dropped == 1);
  Changes lru = changes({.no_lru = true});
  record.lifetime.freq = 5;
  REQUIRE(lru.apply(record));
  CHECK(record.lifetime.freq == 5);
}

TEST_CASE("change: options that cannot be read or contradict each other are refused") {
  CHECK(refused({.ttl_shift = "1"}) ==
        "--ttl-shift: \"1\" is no duration such as 500ms, 30s, 15m, 12h, 7d or 2w");
  CHECK(refused({.ttl_shift = "1h", .ttl_rebase = true}) ==
        "--ttl-shift: does not mix with --ttl-rebase");
  CHECK(refused({.map_db = {"3"}}) == "--map-db: \"3\" is no pair of databases such as 3=0");
  CHECK(refused({.map_db = {"3=0", "3=1"}}) == "--map-db \"3=1\": that database is mapped already");
}

}  // namespace rdb
