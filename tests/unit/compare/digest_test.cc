// Expected digests: DEBUG DIGEST as tests/digest.py computes it, which agrees with what the servers
// of the corpus said. Of content digests only what must be equal and what must differ is known.
#include "rdb/compare/digest.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/value/stream_history.h"
#include "tests/support/blobs.h"
#include "tests/support/bytes.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

Digest digest_of(const std::string& file, DigestOptions options = {}, size_t step = SIZE_MAX) {
  if (options.now_ms == 0) options.now_ms = kNowMs;
  MemorySource source(file, step);
  Reader reader(source);
  Digest digest(options);
  REQUIRE(reader.open());
  REQUIRE(digest.run(reader));
  return digest;
}

std::string redis_of(const std::string& file, DigestOptions options = {}, size_t step = SIZE_MAX) {
  options.content = false;
  options.redis = true;
  return to_hex(digest_of(file, options, step).redis());
}

std::string content_of(const std::string& file, DigestOptions options = {}) {
  return to_hex(digest_of(file, options).content().keys.hash);
}

DigestOptions loaded_by(std::string_view target) {
  return {.target = find_target(target), .as_loaded = true};
}

std::string strings(const std::vector<std::string>& of) {
  std::string out;
  for (const std::string& one : of) out += rdb_string(one);
  return out;
}

std::string score(double v) { return Bytes{}.f64le(v).string(); }

std::string zset(const std::vector<std::pair<std::string, double>>& of) {
  std::string out = rdb_length(of.size());
  for (const auto& [member, v] : of) out += rdb_string(member) + score(v);
  return out;
}

std::string field(std::string_view name, std::string_view value, int64_t expire_ms) {
  return rdb_string(name) + rdb_string(value) + Bytes{}.i64le(expire_ms).string();
}

std::string long_text() {
  std::string out;
  while (out.size() < 200000) out += static_cast<char>('a' + out.size() % 26);
  return out;
}

// Strings, lists, sets, a sorted set and a hash in two databases.
std::string dataset(std::string_view header = "REDIS0011") {
  return RdbFile(header)
      .select(0)
      .expire_ms(5)
      .string("s", "value")
      .entry(1, "l", rdb_length(3) + strings({"a", "b", "a"}))
      .entry(2, "set", rdb_length(2) + strings({"x", "1"}))
      .select(3)
      .entry(5, "z", zset({{"m", 1e8}, {"n", 0.1}, {"o", -0.0}}))
      .entry(4, "h", rdb_length(2) + strings({"f", "v", "g", "w"}))
      .end();
}

using Events = std::function<void(Sink&)>;

Hash128 hash_of(Kind kind, const Events& events, const ContentForm& form = {}) {
  const Type type{0, Dialect::redis, kind, "", 0, nullptr};
  ValueHash hash(form);
  REQUIRE(hash.begin(type, 2));
  events(hash);
  REQUIRE(hash.end());
  return hash.get();
}

struct StreamEvents {
  std::vector<StreamEntry> entries;
  Stream stream;
  Group group;
  Consumer consumer;
  std::vector<Pending> pending;

  void operator()(Sink& to) const {
    for (const StreamEntry& entry : entries) {
      REQUIRE(to.stream_entry(entry));
      REQUIRE(to.field(Text::whole("f")));
      REQUIRE(to.value(Text::whole("v")));
    }
    REQUIRE(to.stream(stream));
    REQUIRE(to.group_name(Text::whole("g")));
    REQUIRE(to.group(group));
    for (const Pending& one : pending) REQUIRE(to.pending(one));
    REQUIRE(to.consumer_name(Text::whole("c")));
    REQUIRE(to.consumer(consumer));
    for (const Pending& one : pending) REQUIRE(to.owned(one.id));
  }
};

// Two entries of which a group has read and acknowledged the first, and owes the second.
StreamEvents sample_stream() {
  StreamEvents out;
  out.entries = {{{5, 0}, false, 1}, {{6, 0}, false, 1}};
  out.stream.length = 2;
  out.stream.last = {6, 0};
  out.group.last = {6, 0};
  out.consumer.seen_ms = 100;
  out.pending = {{{6, 0}, 90, 1}};
  return out;
}

}  // namespace

TEST_CASE("digest: DEBUG DIGEST of all types, whole and by database, whatever the reads") {
  for (const size_t step : kSteps) {
    CHECK(redis_of(dataset(), {}, step) == "df4c3d5c04484649ac082c702baccf1aa02987a5");
  }
  const auto databases = digest_of(dataset(), {.redis = true}).databases();
  REQUIRE(databases.size() == 2);
  CHECK(to_hex(databases.at(0).redis) == "86da14a1475c56e3fc7d02b963a04c27924bb1d9");
  CHECK(to_hex(databases.at(3).redis) == "05d7c4dc75da2f6dc38be6d4b3919cdce2af33ba");
  CHECK(databases.at(3).content.count == 2);
}

TEST_CASE("digest: servers before 7.2 print scores by %.17g, for DEBUG DIGEST too") {
  CHECK(redis_of(dataset("REDIS0010")) == "472ecb5a5262a52c9ac4aa0c8f5a2306ca10d5ed");
  CHECK(redis_of(dataset(), {.target = find_target("redis-7.0")}) ==
        "472ecb5a5262a52c9ac4aa0c8f5a2306ca10d5ed");
  CHECK(redis_of(dataset("REDIS0010"), {.target = find_target("valkey-8.0")}) ==
        "df4c3d5c04484649ac082c702baccf1aa02987a5");
}

TEST_CASE("digest: of no keys it is zeros") {
  CHECK(redis_of(RdbFile().end()) == std::string(40, '0'));
  CHECK(content_of(RdbFile().end()) == std::string(32, '0'));
}

TEST_CASE("digest: a long string is hashed in pieces") {
  for (const size_t step : {size_t{61}, SIZE_MAX}) {
    CHECK(redis_of(RdbFile().select(0).string("k", long_text()).end(), {}, step) ==
          "1235c10fd0276e6e5e384864872aef014b18d7fb");
  }
}

TEST_CASE("digest: of one key it is DEBUG DIGEST-VALUE, without name and database") {
  const std::string file = dataset();
  MemorySource source(file);
  Reader reader(source);
  Digest digest({.redis = true, .now_ms = kNowMs});
  REQUIRE(reader.open());
  const auto key = digest.find(reader, 0, "l");
  REQUIRE(key);
  CHECK(to_hex(key->redis) == "e92cf40ff90b137729488530c6870deed6c55138");
  MemorySource again(file);
  Reader other(again);
  REQUIRE(other.open());
  CHECK_FALSE(digest.find(other, 3, "l"));
  CHECK(other.error().ok());
}

// valkey 9.1.2: fields that have expired are not in the digest, those that will are as any other.
TEST_CASE("digest: hash fields that have expired are left out of DEBUG DIGEST") {
  const std::string file =
      RdbFile("VALKEY080")
          .select(0)
          .entry(22, "k", rdb_length(2) + field("a", "1", -1) + field("b", "2", kNowMs))
          .end();
  CHECK(redis_of(file) == "33d097bac307ea66d77609e1d08e08b305a2b373");
  CHECK(redis_of(file, {.now_ms = kNowMs - 1}) == "f28b71d069bcf7487ded3e5df5a16ba775569e04");
}

// valkey 8.0.1 packs that sorted set when it loads it.
TEST_CASE("digest: as loaded, a small plain sorted set has no -0") {
  const auto file = [](const std::vector<std::pair<std::string, double>>& pairs) {
    return RdbFile().select(3).entry(5, "z", zset(pairs)).end();
  };
  const std::string small = file({{"m", 1e8}, {"n", 0.1}, {"o", -0.0}});
  CHECK(redis_of(small) == "3fa7535c8ea4a57b4f380238738a7f90de60cd52");
  CHECK(redis_of(small, loaded_by("valkey-8.0")) == "a96c9d2731224b029ba7aacb5a0ae67c9db1daea");
  CHECK(redis_of(small, loaded_by("redis-6.2")) != redis_of(small, loaded_by("redis-7.0")));
  const std::string wide = file({{std::string(65, 'm'), -0.0}});
  CHECK(redis_of(wide, loaded_by("valkey-8.0")) == redis_of(wide));
}

TEST_CASE("digest: as loaded, expired keys are gone, and empty collections from 6.2 on") {
  const std::string hash = rdb_length(1) + strings({"f", "v"});
  const std::string kept = RdbFile().select(0).string("a", "1").entry(4, "h", hash).end();
  const std::string more = RdbFile()
                               .select(0)
                               .string("a", "1")
                               .entry(4, "h", hash)
                               .expire_ms(kNowMs - 1)
                               .string("b", "2")
                               .entry(4, "c", rdb_length(0))
                               .end();
  CHECK(redis_of(more) != redis_of(kept));
  CHECK(redis_of(more, loaded_by("redis-6.2")) == redis_of(kept));
  CHECK(content_of(more, loaded_by("redis-6.2")) == content_of(kept));
  CHECK(redis_of(more, loaded_by("redis-6.0")) != redis_of(kept));
  CHECK(digest_of(more, loaded_by("redis-6.0")).content().keys.count == 3);
}

TEST_CASE("digest: values of modules are counted, since their digest cannot be known") {
  // hellotype, version 0, without items
  const std::string value = Bytes{}.u8(0x81).u64be(0x85e965b72b69e800).u8(0).string();
  const Digest digest = digest_of(RdbFile().select(1).entry(7, "m", value).end());
  CHECK(digest.modules().count == 1);
  CHECK(digest.modules().first.db == 1);
}

TEST_CASE("digest: streams whose nodes a server sorts are counted, since its digest is another") {
  const auto node = [](uint64_t ms) {
    const ListpackBlob entry =
        ListpackBlob().num(1).num(0).num(0).num(0).num(2).num(0).num(0).num(3);
    return rdb_string(Bytes{}.u64be(ms).u64be(1).string()) + rdb_string(entry.blob());
  };
  const std::string rest =
      rdb_length(2) + rdb_length(9) + rdb_length(0) + rdb_length(0);  // length, last id, groups
  const auto unsorted = [&](uint64_t first, uint64_t second) {
    const std::string value = rdb_length(2) + node(first) + node(second) + rest;
    const std::string file = RdbFile().select(1).entry(15, "s", value).end();
    return digest_of(file, {.redis = true}).unsorted().count;
  };
  CHECK(unsorted(5, 6) == 0);
  CHECK(unsorted(6, 5) == 1);
}

TEST_CASE("content: order and encoding do not count, and parts add up") {
  const std::string a =
      RdbFile().select(0).string("k", "1").entry(2, "s", rdb_length(2) + strings({"1", "2"})).end();
  const std::string intset = rdb_string(Bytes{}.u32le(2).u32le(2).u16le(1).u16le(2).view());
  const std::string b = RdbFile("REDIS0003")
                            .select(0)
                            .entry(11, "s", intset)
                            .entry(0, "k", "\xc0\x01")
                            .end_without_trailer();
  CHECK(content_of(a) == content_of(b));
  ContentSum sum = digest_of(RdbFile().select(0).string("k", "1").end()).content().keys;
  sum += digest_of(RdbFile().select(0).entry(11, "s", intset).end()).content().keys;
  CHECK(to_hex(sum.hash) == content_of(a));
  CHECK(sum.count == 2);
}

TEST_CASE("content: database, name, type, expiry and value count; idle time and frequency do not") {
  const auto file = [] { return RdbFile().select(0); };
  const std::string base = content_of(file().string("k", "v").end());
  CHECK(content_of(RdbFile().select(1).string("k", "v").end()) != base);
  CHECK(content_of(file().string("K", "v").end()) != base);
  CHECK(content_of(file().string("k", "w").end()) != base);
  CHECK(content_of(file().expire_ms(0).string("k", "v").end()) != base);
  CHECK(content_of(file().expire_ms(1).string("k", "v").end()) !=
        content_of(file().expire_ms(2).string("k", "v").end()));
  CHECK(content_of(file().entry(1, "k", rdb_length(1) + rdb_string("v")).end()) != base);
  CHECK(content_of(file().entry(2, "k", rdb_length(1) + rdb_string("v")).end()) !=
        content_of(file().entry(1, "k", rdb_length(1) + rdb_string("v")).end()));
  CHECK(content_of(file().idle(7).string("k", "v").end()) == base);
  CHECK(content_of(file().freq(7).string("k", "v").end()) == base);
}

TEST_CASE("content: the order of a list counts, that of members and fields does not") {
  const auto of = [](unsigned type, uint64_t count, const std::vector<std::string>& parts) {
    return content_of(
        RdbFile().select(0).entry(type, "k", rdb_length(count) + strings(parts)).end());
  };
  CHECK(of(1, 2, {"a", "b"}) != of(1, 2, {"b", "a"}));
  CHECK(of(2, 2, {"a", "b"}) == of(2, 2, {"b", "a"}));
  CHECK(of(4, 2, {"a", "1", "b", "2"}) == of(4, 2, {"b", "2", "a", "1"}));
  CHECK(of(4, 2, {"a", "1", "b", "2"}) != of(4, 2, {"a", "2", "b", "1"}));
}

TEST_CASE("content: the sign of a zero counts in a sorted set that servers do not pack") {
  const auto of = [](const std::string& member, double v) {
    return content_of(RdbFile().select(0).entry(5, "k", zset({{member, v}})).end());
  };
  CHECK(of("m", -0.0) == of("m", 0.0));
  CHECK(of("m", 0.5) != of("m", 0.0));
  const std::string wide(65, 'm');
  CHECK(of(wide, -0.0) != of(wide, 0.0));
}

TEST_CASE("content: expiries of hash fields count") {
  const auto of = [](int64_t expire_ms, ContentForm form = {}) {
    return hash_of(
        Kind::hash,
        [expire_ms](Sink& to) {
          REQUIRE(to.field(Text::whole("f")));
          REQUIRE(to.value(Text::whole("v")));
          REQUIRE(to.expiry(expire_ms));
        },
        form);
  };
  const Hash128 plain = hash_of(Kind::hash, [](Sink& to) {
    REQUIRE(to.field(Text::whole("f")));
    REQUIRE(to.value(Text::whole("v")));
  });
  CHECK(of(kNoExpiry) == plain);
  CHECK(of(5) != plain);
  CHECK(of(5) != of(6));
  CHECK(of(5, {.field_expiries = false}) == plain);
  CHECK(of(5, {.expired_fields_ms = 5}) == hash_of(Kind::hash, [](Sink&) {}));
  CHECK(of(6, {.expired_fields_ms = 5}) == of(6));
}

TEST_CASE("content: what a stream's form does not tell is what servers derive") {
  const StreamEvents old = sample_stream();
  StreamEvents told = old;
  told.stream.has_history = told.group.has_entries_read = told.consumer.has_active = true;
  told.stream.first = {5, 0};
  told.stream.entries_added = 2;
  told.group.entries_read = 2;
  told.consumer.active_ms = 100;
  const Hash128 hash = hash_of(Kind::stream, old);
  CHECK(hash_of(Kind::stream, told) == hash);

  StreamEvents other = told;
  other.stream.entries_added = 3;
  CHECK(hash_of(Kind::stream, other) != hash);
  CHECK(hash_of(Kind::stream, other, {.stream_history = false}) ==
        hash_of(Kind::stream, old, {.stream_history = false}));
  other = told;
  other.group.entries_read = kUnknown;
  CHECK(hash_of(Kind::stream, other) != hash);
  other = told;
  other.consumer.active_ms = 99;
  CHECK(hash_of(Kind::stream, other) != hash);
  CHECK(hash_of(Kind::stream, other, {.stream_activity = false}) ==
        hash_of(Kind::stream, old, {.stream_activity = false}));
}

TEST_CASE("content: entries, last id, groups, consumers and what is pending count") {
  const Hash128 hash = hash_of(Kind::stream, sample_stream());
  const auto differs = [&hash](const std::function<void(StreamEvents&)>& change) {
    StreamEvents changed = sample_stream();
    change(changed);
    return hash_of(Kind::stream, changed) != hash;
  };
  CHECK(differs([](StreamEvents& s) { s.entries[0].id = {4, 0}; }));
  CHECK(differs([](StreamEvents& s) { s.stream.last = {7, 0}; }));
  CHECK(differs([](StreamEvents& s) { s.group.last = {5, 0}; }));
  CHECK(differs([](StreamEvents& s) { s.consumer.seen_ms = 101; }));
  CHECK(differs([](StreamEvents& s) { s.pending[0].delivery_ms = 91; }));
  CHECK(differs([](StreamEvents& s) { s.pending[0].deliveries = 2; }));
  CHECK(differs([](StreamEvents& s) { s.pending.clear(); }));
  // A tombstone is not there.
  CHECK_FALSE(differs([](StreamEvents& s) { s.entries.push_back({{5, 5}, true, 1}); }));
}

TEST_CASE("content: functions count apart from keys") {
  const std::string keys = RdbFile().select(0).string("k", "v").end();
  const std::string both =
      RdbFile().function("#!lua name=a\ncode").select(0).string("k", "v").end();
  CHECK(content_of(both) == content_of(keys));
  CHECK(digest_of(both).content().functions.count == 1);
  CHECK(digest_of(both).content() != digest_of(keys).content());
}

}  // namespace rdb
