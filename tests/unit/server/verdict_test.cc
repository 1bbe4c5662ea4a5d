// Expected verdicts: rdb-format.md sections 6.2, 6.3 and 6.7, what servers were seen to do.
#include "rdb/server/verdict.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/server/loading.h"
#include "rdb/server/release.h"
#include "tests/support/blobs.h"
#include "tests/support/judged.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

enum : int64_t { kNoFlag = 0, kDeletedFlag = 1, kSame = 2 };

// By Valkey 8.0 with sanitize-dump-payload no, then yes, then by 9.1.
std::string verdicts(const std::string& file) {
  return std::string(said(loading("valkey-8.0"), file)) + " " +
         std::string(said(loading("valkey-8.0", true), file)) + " " +
         std::string(said(loading("valkey-9.1"), file));
}

std::string verdicts(unsigned type, std::string_view value) {
  return verdicts(RdbFile().entry(type, "k", value).end());
}

std::string of_blob(unsigned type, const std::string& blob) {
  return verdicts(type, rdb_string(blob));
}

std::string strings(const std::vector<std::string>& all, size_t per = 1) {
  std::string out = rdb_length(all.size() / per);
  for (const std::string& one : all) out += rdb_string(one);
  return out;
}

std::vector<std::string> numbered(size_t n) {
  std::vector<std::string> out;
  for (size_t i = 0; i < n; ++i) out.push_back("e" + std::to_string(i));
  return out;
}

ListpackBlob listpack(const std::vector<std::string>& all) {
  ListpackBlob out;
  for (const std::string& one : all) out.str(one);
  return out;
}

std::string intset(const std::vector<int64_t>& all) {
  Bytes out;
  out.u32le(8).u32le(static_cast<uint32_t>(all.size()));
  for (const int64_t one : all) out.i64le(one);
  return out.string();
}

// A stream of one node with key 5-1 whose master entry has the field "f"; entries of one value.
struct OneNode {
  int64_t count = 1;
  int64_t deleted = 0;
  std::vector<std::pair<int64_t, int64_t>> entries = {{kSame, 0}};  // flags, seq
  uint64_t length = 1;
  uint64_t last_seq = 9;
  std::string groups = rdb_length(0);

  [[nodiscard]] std::string value() const {
    ListpackBlob node;
    node.num(count).num(deleted).num(1).str("f").num(0);
    for (const auto& [flags, seq] : entries) node.num(flags).num(0).num(seq).str("v").num(4);
    const std::string key = Bytes{}.u64be(5).u64be(1).string();
    return rdb_length(1) + rdb_string(key) + rdb_string(node.blob()) + rdb_length(length) +
           rdb_length(5) + rdb_length(last_seq) + groups;
  }
};

std::string of_stream(const OneNode& stream) { return verdicts(15, stream.value()); }

std::string raw_id(uint64_t seq) { return Bytes{}.u64be(5).u64be(seq).string(); }

std::string group(std::string_view name, const std::vector<uint64_t>& pending,
                  const std::vector<std::vector<uint64_t>>& consumers, bool same_name = false) {
  std::string out = rdb_string(name) + rdb_length(5) + rdb_length(1) + rdb_length(pending.size());
  for (const uint64_t seq : pending) {
    out += raw_id(seq) + Bytes{}.i64le(1).string() + rdb_length(1);
  }
  out += rdb_length(consumers.size());
  for (size_t i = 0; i < consumers.size(); ++i) {
    out += rdb_string(same_name ? "c" : "c" + std::to_string(i)) + Bytes{}.i64le(1).string() +
           rdb_length(consumers[i].size());
    for (const uint64_t seq : consumers[i]) out += raw_id(seq);
  }
  return out;
}

std::string of_groups(uint64_t n, const std::string& groups) {
  return of_stream({.groups = rdb_length(n) + groups});
}

constexpr std::string_view kLoads = "accepts accepts accepts";
constexpr std::string_view kDeep = "breaks refuses refuses";
constexpr std::string_view kAlways = "refuses refuses refuses";

}  // namespace

TEST_CASE("verdict: an element twice in a plain value is refused") {
  CHECK(verdicts(2, strings({"a", "b", "a"})) == kAlways);
  CHECK(verdicts(2, strings({"a", "b", "c"})) == kLoads);
  const std::string one = Bytes{}.u64le(0x3ff0000000000000).string();
  CHECK(verdicts(5, rdb_length(2) + rdb_string("a") + one + rdb_string("a") + one) == kAlways);
}

TEST_CASE("verdict: a field twice in a small plain hash loads unless it is looked at closely") {
  CHECK(verdicts(4, strings({"f", "1", "f", "2"}, 2)) == kDeep);
  const std::string long_value(65, 'x');
  CHECK(verdicts(4, strings({"f", "1", "f", long_value}, 2)) == kAlways);
  std::vector<std::string> large = numbered(1026);
  large[4] = large[0];
  CHECK(verdicts(4, strings(large, 2)) == kAlways);
  CHECK(verdicts(4, strings(numbered(1026), 2)) == kLoads);
}

TEST_CASE("verdict: an element twice in a listpack crashes the start only where it is converted") {
  CHECK(of_blob(20, listpack({"a", "b", "a"}).blob()) == kDeep);
  CHECK(of_blob(16, listpack({"f", "1", "f", "1"}).blob()) == kDeep);
  CHECK(of_blob(16, listpack({"f", "1", "g", "1"}).blob()) == kLoads);
  std::vector<std::string> members = numbered(129);
  CHECK(of_blob(20, listpack(members).blob()) == kLoads);
  members[100] = members[3];
  CHECK(of_blob(20, listpack(members).blob()) == kAlways);
}

TEST_CASE("verdict: 1 as an integer and as a string is the same member") {
  CHECK(of_blob(20, ListpackBlob().num(1).str("1").blob()) == kDeep);
}

TEST_CASE("verdict: a ziplist and a zipmap are always looked at closely") {
  CHECK(of_blob(13, ZiplistBlob().str("f").str("1").str("f").str("2").blob()) == kAlways);
  CHECK(of_blob(13, ZiplistBlob().str("f").str("1").str("g").blob()) == kAlways);
  CHECK(of_blob(9, ZipmapBlob().pair("f", "1").pair("f", "2").blob()) == kAlways);
}

TEST_CASE("verdict: damage inside a listpack breaks at the first read") {
  std::string blob = listpack({"f", "1", "g", "2"}).blob();
  blob[9] = 7;  // a back-length
  CHECK(of_blob(16, blob) == kDeep);
  CHECK(of_blob(16, listpack({"f", "1", "g"}).blob()) == kDeep);
  blob[0] = 1;  // the size in the header
  CHECK(of_blob(16, blob) == kAlways);
}

TEST_CASE("verdict: the count of a listpack") {
  const ListpackBlob four = listpack({"f", "1", "g", "2"});
  CHECK(of_blob(16, four.blob_counted(65535)) == kLoads);
  CHECK(of_blob(16, four.blob_counted(6)) == kDeep);
  CHECK(of_blob(16, four.blob_counted(5)) == "accepts refuses refuses");  // half of it is right
  CHECK(of_blob(16, four.blob_counted(0)) == "drops refuses refuses");
  CHECK(of_blob(16, four.blob_counted(1)) == "drops refuses refuses");
  CHECK(of_blob(20, four.blob_counted(1)) == kDeep);
  const std::string node = rdb_length(1) + rdb_length(2) + rdb_string(four.blob_counted(0));
  CHECK(verdicts(18, node) == "drops refuses refuses");
}

TEST_CASE("verdict: an intset out of order or with a member twice") {
  CHECK(of_blob(11, intset({1, 2, 3})) == kLoads);
  CHECK(of_blob(11, intset({1, 3, 2})) == kDeep);
  CHECK(of_blob(11, intset({1, 2, 2})) == kDeep);
  std::vector<int64_t> many(513);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<int64_t>(513 - i);
  CHECK(of_blob(11, intset(many)) == "accepts refuses refuses");  // sorted into a hash table
  many[512] = many[511];
  CHECK(of_blob(11, intset(many)) == kAlways);
}

TEST_CASE("verdict: scores that are no number, or out of order") {
  CHECK(of_blob(17, listpack({"a", "nan"}).blob()) == "breaks breaks refuses");
  CHECK(of_blob(17, listpack({"a", "2", "b", "1"}).blob()) == "breaks breaks breaks");
  CHECK(of_blob(17, listpack({"b", "1", "a", "1"}).blob()) == "breaks breaks breaks");
  CHECK(of_blob(17, listpack({"a", "1", "b", "1"}).blob()) == kLoads);
  const std::string nan = Bytes{}.u64le(0x7ff8000000000000).string();
  CHECK(verdicts(5, rdb_length(1) + rdb_string("a") + nan) == kAlways);
}

// Seen: valkey 8.1.1 and 9.1.2, asked for ZSCORE.
TEST_CASE("verdict: scores that 9.1 reads otherwise are in order as the target reads them") {
  const auto of = [](const std::vector<std::string>& pairs) {
    const std::string blob =
        ZiplistBlob().str(pairs[0]).str(pairs[1]).str(pairs[2]).str(pairs[3]).blob();
    const std::string file = RdbFile("REDIS0009").entry(12, "k", rdb_string(blob)).end();
    return std::string(said(loading("valkey-8.1"), file)) + " " +
           std::string(said(loading("valkey-9.1"), file));
  };
  CHECK(of({"a", "1", "b", "2"}) == "accepts accepts");
  CHECK(of({"a", " 1", "b", "2"}) == "accepts accepts");
  CHECK(of({"a", "1", "b", " 2"}) == "accepts breaks");
  CHECK(of({"a", "1", "b", "\t2"}) == "accepts breaks");
  CHECK(of({"a", "-1", "b", "0x10"}) == "accepts accepts");
  CHECK(of({"a", "1", "b", "0X1p4"}) == "accepts breaks");
  CHECK(of({"a", "5", "b", " 4"}) == "breaks breaks");
  CHECK(of({"a", " 5", "b", "4"}) == "breaks accepts");
  const std::string small = "0." + std::string(140, '0');
  CHECK(of({"a", small + "1", "b", "0"}) == "accepts breaks");
  CHECK(of({"a", "0", "b", small + "1"}) == "accepts accepts");
}

TEST_CASE("verdict: a stream that counts its entries wrongly") {
  CHECK(of_stream({}) == kLoads);
  CHECK(of_stream({.length = 2}) == "breaks breaks refuses");
  CHECK(of_stream({.count = 2}) == "accepts refuses refuses");
  CHECK(of_stream({.count = 0, .deleted = 1}) == "accepts accepts refuses");
}

TEST_CASE("verdict: ids of a stream out of order") {
  const OneNode swapped = {.count = 2, .entries = {{kSame, 4}, {kSame, 2}}, .length = 2};
  CHECK(of_stream(swapped) == "breaks breaks breaks");
  const OneNode behind = {.entries = {{kSame, 4}}, .last_seq = 2};
  CHECK(of_stream(behind) == "breaks breaks breaks");
  const OneNode tombstone = {
      .count = 1, .deleted = 1, .entries = {{kSame | kDeletedFlag, 4}, {kSame, 2}}};
  CHECK(of_stream(tombstone) == kLoads);
}

// Seen: valkey 8.0.1 finds an entry below its node's key with XRANGE and XREVRANGE if no node has a
// key at or below it, and else not.
TEST_CASE("verdict: an entry below the key of its node") {
  const auto node = [](uint64_t seq, int64_t by) {
    const ListpackBlob entry =
        ListpackBlob().num(1).num(0).num(0).num(0).num(kSame).num(0).num(by).num(3);
    return rdb_string(Bytes{}.u64be(5).u64be(seq).string()) + rdb_string(entry.blob());
  };
  const std::string rest = rdb_length(2) + rdb_length(9) + rdb_length(0) + rdb_length(0);
  const auto of = [&](const std::string& a, const std::string& b) {
    return verdicts(15, rdb_length(2) + a + b + rest);
  };
  CHECK(of(node(10, -5), node(20, 0)) == kLoads);
  CHECK(of(node(10, 0), node(20, -5)) == "breaks breaks breaks");
  CHECK(of(node(20, -5), node(10, 0)) == "breaks breaks breaks");
  CHECK(of(node(20, 0), node(10, -5)) == kLoads);
}

// Seen: valkey 8.0.1. As a stream of the first form is loaded its first entry is sought, also in
// one that has expired.
TEST_CASE("verdict: damage before the first entry of a stream is met, and behind it is not") {
  const auto of = [](const std::vector<std::pair<int64_t, int64_t>>& entries) {
    const std::string value = OneNode{.count = 2, .entries = entries, .length = 2}.value();
    const std::string live = RdbFile().entry(15, "k", value).end();
    const std::string expired = RdbFile().expire_ms(kNowMs - 1).entry(15, "k", value).end();
    return std::string(said(loading("valkey-8.0"), live)) + " " +
           std::string(said(loading("valkey-8.0"), expired));
  };
  constexpr int64_t kOwnFields = 0;  // the value stands where the number of fields should
  CHECK(of({{kSame, 1}, {kOwnFields, 2}}) == "breaks accepts");
  CHECK(of({{kOwnFields, 1}, {kSame, 2}}) == "refuses refuses");
}

TEST_CASE("verdict: a score with an exponent without digits is up to the C library") {
  const std::string zset = rdb_length(1) + rdb_string("m") +
                           "\x02"
                           "1e";
  const std::string file = RdbFile("REDIS0009").entry(3, "z", zset).end();
  CHECK(said(loading("valkey-8.0"), file) == "refuses");
  CHECK(said(loading("valkey-8.0.1+dfsg1-1~bpo12+1"), file) == "accepts");
  CHECK(said(loading("valkey-9.1.2-1"), file) == "refuses");
}

TEST_CASE("verdict: who has which entries pending") {
  CHECK(of_groups(1, group("g", {1, 2}, {{1}, {2}})) == kLoads);
  CHECK(of_groups(1, group("g", {2, 1}, {{2, 1}})) == kLoads);
  CHECK(of_groups(1, group("g", {1, 2}, {{1}})) == kDeep);
  CHECK(of_groups(1, group("g", {1}, {{1}, {1}})) == kAlways);
  CHECK(of_groups(1, group("g", {1}, {{1, 2}})) == kAlways);
  CHECK(of_groups(1, group("g", {1, 1}, {{1}})) == kAlways);
  CHECK(of_groups(1, group("g", {1}, {{1, 1}})) == kAlways);
  CHECK(of_groups(1, group("g", {}, {{}, {}}, true)) == kAlways);
  CHECK(of_groups(2, group("g", {}, {}) + group("g", {}, {})) == kAlways);
}

// Seen: Debian's redis 7.0.15-1~deb12u7 and u10, its valkey 8.0.1 and 8.1.1+dfsg1-3+deb13u3, valkey
// 9.1.2.
TEST_CASE("verdict: the worst that releases of a target do, unless one is named") {
  const OneNode shared = {.groups = rdb_length(1) + group("g", {1}, {{1}, {1}})};
  const std::string live = RdbFile("REDIS0009").entry(15, "k", shared.value()).end();
  const std::string expired =
      RdbFile("REDIS0009").expire_ms(kNowMs - 1).entry(15, "k", shared.value()).end();
  const auto of = [&](std::string_view target) {
    return std::string(said(loading(target), live)) + " " +
           std::string(said(loading(target), expired));
  };
  CHECK(of("valkey-8.0") == "refuses refuses");
  CHECK(of("valkey-8.0.1+dfsg1-1~bpo12+1") == "breaks accepts");
  CHECK(of("valkey-8.0.10") == "refuses refuses");
  CHECK(of("valkey-8.1") == "refuses refuses");
  CHECK(of("valkey-8.1.1") == "refuses refuses");
  CHECK(of("valkey-8.1.1+dfsg1-3+deb13u2") == "breaks accepts");
  CHECK(of("valkey-8.1.1+dfsg1-3+deb13u3") == "refuses refuses");
  CHECK(of("valkey-9.1.2") == "refuses refuses");
  CHECK(of("redis-7.0.15-1~deb12u7") == "breaks accepts");
  CHECK(of("redis-7.0.15-1~deb12u10") == "refuses refuses");
  CHECK(of("redis-6.0") == "breaks accepts");

  const auto words = [&](std::string_view target, const std::string& file) {
    const std::vector<Finding> found = judged(loading(target), file);
    REQUIRE_FALSE(found.empty());
    return found[0].words;
  };
  const std::string what = "an entry is pending for two consumers";
  CHECK(words("valkey-8.1.10", live) == what);
  CHECK(words("valkey-8.1", live) ==
        what +
            "; refused since 8.1.9 and Debian's 8.1.1+dfsg1-3+deb13u3, older releases load it "
            "and break");
  CHECK(words("valkey-8.0", expired) == what + "; refused since 8.0.10, older releases load it");
}

// The release notes of Valkey 8.1.10 and 9.0.6: every element is validated, whatever
// sanitize-dump-payload says, as 9.1.2 does.
TEST_CASE("verdict: releases that validate every element") {
  const std::string blob = listpack({"f", "1", "g", "2"}).blob_counted(5);
  const std::string file = RdbFile().entry(16, "k", rdb_string(blob)).end();
  CHECK(said(loading("valkey-8.1.9"), file) == "accepts");
  CHECK(said(loading("valkey-8.1.10"), file) == "refuses");
  CHECK(said(loading("valkey-8.1"), file) == "accepts");
  const std::vector<Finding> found = judged(loading("valkey-8.1"), file);
  REQUIRE(found.size() == 2);
  CHECK(found[1].name == "refused_later");
  CHECK(found[1].severity == Severity::accepts);
  CHECK(found[1].key == "k");
  CHECK(found[1].words ==
        "valkey-8.1 refuses this value since 8.1.10, which looks at every element whatever "
        "sanitize-dump-payload says");
  CHECK(judged(loading("valkey-8.0"), file).size() == 1);
}

TEST_CASE("verdict: several values are found wrong in one run, up to a limit") {
  RdbFile file;
  for (const char* key : {"a", "b", "c"}) file.entry(2, key, strings({"m", "m"}));
  const Loading target = loading("valkey-8.0");
  const std::vector<Finding> all = judged(target, file.end());
  REQUIRE(all.size() == 3);
  CHECK(all[2].key == "c");
  CHECK(all[2].name == "duplicate_element");
  CHECK(all[2].status == Status::damaged);
  const std::vector<Finding> two = judged(target, file.end(), 2);
  REQUIRE(two.size() == 3);
  CHECK(two[2].name == "more_findings");
  CHECK(two[2].count == 1);
  CHECK(two[2].severity == Severity::refuses);
}

TEST_CASE("verdict: what keeps a whole file from loading") {
  const auto of = [](const RdbFile& file) { return verdicts(file.end()); };
  CHECK(of(RdbFile().select(15).string("k", "v")) == kLoads);
  CHECK(of(RdbFile().select(16).select(0).string("k", "v")) == kAlways);
  CHECK(of(RdbFile().aux("slot-info", "1,2,3").string("k", "v")) == kLoads);
  CHECK(of(RdbFile().aux("slot-info", "1,2").string("k", "v")) == kAlways);
  CHECK(of(RdbFile().idle(~uint64_t{0}).string("k", "v")) == kAlways);
  CHECK(of(RdbFile().raw("\xf4\x01\x01").raw(rdb_length(0)).string("k", "v")) ==
        "refuses refuses accepts");
  CHECK(said(loading("redis-6.2"),
             RdbFile().entry(20, "k", rdb_string(listpack({"a"}).blob())).end()) == "refuses");
  Loading wide = loading("valkey-8.0");
  wide.databases = 17;
  CHECK(said(wide, RdbFile().select(16).string("k", "v").end()) == "accepts");
}

// Redis 6.0.16 and 6.2.16 were seen to do so.
TEST_CASE("verdict: what servers up to 6.0 take otherwise") {
  const auto of = [](const RdbFile& file) {
    const std::string bytes = file.end();
    return std::string(said(loading("redis-6.0"), bytes)) + " " +
           std::string(said(loading("redis-6.2"), bytes));
  };
  const auto old = [] { return RdbFile("REDIS0009"); };
  const std::string empty = rdb_length(0);
  CHECK(of(old().entry(2, "k", empty)) == "breaks accepts");
  CHECK(of(old().entry(2, "k", empty).entry(2, "k", empty)) == "refuses accepts");
  CHECK(of(old().expire_ms(kNowMs - 1).entry(2, "k", empty)) == "accepts accepts");
  CHECK(of(old().entry(0, "k", std::string_view("\xc3\0\0", 3))) == "refuses accepts");
  CHECK(of(old().aux("lua", "return 1")) == "accepts accepts");
  CHECK(of(old().aux("LUA", "(")) == "refuses refuses");
  CHECK(said(loading("redis-7.0"), old().aux("lua", "(").end()) == "accepts");
  CHECK(said(loading("redis-3.2"), RdbFile("REDIS0007").aux("lua", "(").end()) == "accepts");
  constexpr uint64_t kOverflows = uint64_t{1} << 62;
  CHECK(of(old().hint(kOverflows, 0).string("k", "v")) == "refuses accepts");
  CHECK(of(old().hint(0, kOverflows).string("k", "v")) == "accepts accepts");

  const auto scored = [](size_t digits) {
    return rdb_string(ZiplistBlob().str("m").str(std::string(digits, '1')).blob());
  };
  CHECK(of(old().entry(12, "k", scored(127))) == "accepts accepts");
  CHECK(of(old().entry(12, "k", scored(128))) == "breaks accepts");

  const auto expired = [&](unsigned type, std::string blob) {
    blob.pop_back();  // its end mark
    return of(old().expire_ms(kNowMs - 1).entry(type, "k", rdb_string(blob)));
  };
  CHECK(expired(9, ZipmapBlob().pair("f", "1").blob()) == "breaks refuses");
  CHECK(expired(10, ZiplistBlob().str("a").blob()) == "breaks refuses");
  CHECK(expired(13, ZiplistBlob().str("f").str("1").blob()) == "accepts refuses");
}

TEST_CASE("verdict: a module's values need the module") {
  const std::string value = Bytes{}.u8(0x81).u64be(uint64_t{1} << 10).u8(0).string();
  const std::string file = RdbFile().entry(7, "k", value).end();
  CHECK(verdicts(file) == kAlways);
  Loading with = loading("valkey-8.0");
  with.modules = {"AAAAAAAAB"};
  CHECK(said(with, file) == "accepts");
}

}  // namespace rdb
