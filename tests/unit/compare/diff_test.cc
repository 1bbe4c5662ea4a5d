#include "rdb/compare/diff.h"

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/compare/element_diff.h"
#include "tests/support/bytes.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

struct Compared {
  Diff::Counts counts;
  std::vector<Difference> listed;
  bool is_same = false;
};

Compared compare(const std::string& a, const std::string& b, DiffOptions options = {}) {
  options.now_ms = kNowMs;
  MemorySource sources[] = {MemorySource(a), MemorySource(b)};
  Reader left(sources[0]);
  Reader right(sources[1]);
  REQUIRE(left.open());
  REQUIRE(right.open());
  Diff diff(options);
  REQUIRE(diff.run(left, right));
  return {diff.counts(), diff.listed(), diff.is_same()};
}

RdbFile file() { return RdbFile().select(0); }

// What `diff` says of files with the same keys in any order, by a tree of them.
using Keys = std::map<std::string, std::string>;

std::string file_of(const Keys& keys, std::mt19937& random) {
  std::vector<std::pair<std::string, std::string>> order(keys.begin(), keys.end());
  std::shuffle(order.begin(), order.end(), random);
  RdbFile out = file();
  for (const auto& [key, value] : order) out.string(key, value);
  return out.end();
}

std::vector<ElementDifference> elements_of(unsigned type, const std::string& a,
                                           const std::string& b, size_t listed_max = 100) {
  ElementDiff diff({}, listed_max);
  const bool ok = diff.run([&](bool is_b, Sink& to) {
    const std::string whole = file().entry(type, "k", is_b ? b : a).end();
    MemorySource source(whole);
    Reader reader(source);
    Record record;
    REQUIRE(reader.open());
    while (reader.next(record) && record.kind != RecordKind::entry) {
    }
    return reader.value(&to);
  });
  REQUIRE(ok);
  return diff.listed();
}

std::string lines(const std::vector<ElementDifference>& elements) {
  std::string out;
  for (const ElementDifference& element : elements) {
    out += element.name + ": " + element.a + " | " + element.b + "\n";
  }
  return out;
}

std::string texts(uint64_t count, const std::vector<std::string>& of) {
  std::string out = rdb_length(count);
  for (const std::string& one : of) out += rdb_string(one);
  return out;
}

}  // namespace

TEST_CASE("diff: what is added, removed and changed, with its place") {
  const std::string a =
      file().string("same", "1").string("gone", "1").string("value", "1").string("time", "1").end();
  const std::string b = file()
                            .expire_ms(5)
                            .string("time", "1")
                            .string("same", "1")
                            .string("value", "2")
                            .string("new", "1")
                            .end();
  const Compared found = compare(a, b);
  CHECK_FALSE(found.is_same);
  CHECK(found.counts.keys_a == 4);
  CHECK(found.counts.keys_b == 4);
  CHECK(found.counts.same == 1);
  CHECK(found.counts.added == 1);
  CHECK(found.counts.removed == 1);
  CHECK(found.counts.changed == 2);
  CHECK(found.counts.expiries == 1);
  CHECK(found.counts.values == 1);
  CHECK(found.counts.types == 0);
  REQUIRE(found.listed.size() == 4);
  CHECK(found.listed[0].change == Change::removed);
  CHECK(found.listed[0].offset_a == a.find("\x04gone") - 1);
  CHECK(found.listed[1].value);
  CHECK_FALSE(found.listed[1].expiry);
  CHECK(found.listed[1].offset_b == b.find("\x05value") - 1);
  CHECK(found.listed[2].expiry);
  CHECK_FALSE(found.listed[2].value);
  CHECK(found.listed[3].change == Change::added);
  CHECK(found.listed[3].offset_b == b.find("\x03new") - 1);
}

TEST_CASE("diff: a key in another database is another key") {
  const Compared found = compare(RdbFile().select(0).string("k", "v").end(),
                                 RdbFile().select(7).string("k", "v").end());
  CHECK(found.counts.added == 1);
  CHECK(found.counts.removed == 1);
  REQUIRE(found.listed.size() == 2);
  CHECK(std::tuple(found.listed[0].db, found.listed[1].db) == std::tuple(0, 7));
}

TEST_CASE("diff: another type is no other value as well") {
  const Compared found =
      compare(file().string("k", "v").end(), file().entry(2, "k", texts(1, {"v"})).end());
  CHECK(found.counts.types == 1);
  CHECK(found.counts.values == 0);
  CHECK(found.listed[0].type);
}

TEST_CASE("diff: what is ignored makes no difference") {
  const std::string plain = file().string("k", "v").end();
  const std::string other = file().expire_ms(kNowMs + 5).string("k", "v").end();
  CHECK_FALSE(compare(plain, other).is_same);
  CHECK(compare(plain, other, {.expiries = false}).is_same);
  const std::string expired =
      file().string("k", "v").expire_ms(kNowMs - 1).string("gone", "v").end();
  CHECK_FALSE(compare(plain, expired).is_same);
  CHECK(compare(plain, expired, {.expired = false}).is_same);
  const std::string functions =
      RdbFile().function("#!lua name=a\n").select(0).string("k", "v").end();
  CHECK_FALSE(compare(plain, functions).is_same);
  CHECK(compare(plain, functions, {.functions = false}).is_same);
}

TEST_CASE("diff: records of one key go with those of the other file one by one") {
  const std::string twice = file().string("k", "1").string("k", "2").end();
  CHECK(compare(twice, twice).is_same);
  const Compared found = compare(twice, file().string("k", "2").end());
  CHECK(found.counts.removed + found.counts.changed == 2 - found.counts.same);
  CHECK(found.counts.added == 0);
  CHECK_FALSE(found.is_same);
}

TEST_CASE("diff: many keys in any order, in little memory and in much") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): repeatable
  Keys a;
  for (int i = 0; i < 30000; ++i) a["key:" + std::to_string(i)] = std::to_string(random() % 5);
  Keys b = a;
  uint64_t changed = 0;
  for (int i = 0; i < 30000; i += 100) {
    changed += std::exchange(b["key:" + std::to_string(i)], "new") != "new" ? 1 : 0;
  }
  for (int i = 50; i < 30000; i += 1000) b.erase("key:" + std::to_string(i));
  for (int i = 0; i < 40; ++i) b["more:" + std::to_string(i)] = "1";
  const std::string left = file_of(a, random);
  const std::string right = file_of(b, random);
  for (const size_t memory : {Matcher::kMemoryMin, size_t{1} << 20, size_t{64} << 20}) {
    CAPTURE(memory);
    const Compared found = compare(left, right, {.memory = memory, .listed_max = 50});
    CHECK(found.counts.changed == changed);
    CHECK(found.counts.values == changed);
    CHECK(found.counts.removed == 30);
    CHECK(found.counts.added == 40);
    CHECK(found.counts.same == 30000 - 30 - changed);
    REQUIRE(found.listed.size() == 50);
    const Compared all = compare(left, right, {.memory = memory, .listed_max = 1000});
    REQUIRE(all.listed.size() == changed + 70);
    for (size_t i = 0; i < 50; ++i) {
      CHECK(found.listed[i].offset_a == all.listed[i].offset_a);
      CHECK(found.listed[i].offset_b == all.listed[i].offset_b);
    }
  }
}

TEST_CASE("diff: more records of one name than are sorted at once are refused") {
  Matcher matcher(Matcher::kMemoryMin);
  for (uint64_t i = 0; i < 10000; ++i) {
    REQUIRE(matcher.add({.low = 1, .high = 2, .value_low = i, .place = i}));
  }
  CHECK_FALSE(matcher.finish([](const MatchRow*, const MatchRow*) {}));
  CHECK(name(matcher.error().code) == "too_many_duplicates");
}

TEST_CASE("diff: a temporary file that cannot be made is an error") {
  Matcher matcher(Matcher::kMemoryMin, "/nowhere");
  bool ok = true;
  for (uint64_t i = 0; ok && i < 100000; ++i) {
    ok = matcher.add({.low = i, .high = i * 0x9e3779b97f4a7c15, .place = i});
  }
  CHECK_FALSE(ok);
  CHECK(name(matcher.error().code) == "temporary_failed");
}

TEST_CASE("element diff: fields, members, scores, positions and texts") {
  CHECK(lines(elements_of(4, texts(3, {"a", "1", "b", "2", "c", "3"}),
                          texts(3, {"d", "4", "b", "x", "a", "1"}))) ==
        "field \"d\":  | \"4\"\nfield \"b\": \"2\" | \"x\"\nfield \"c\": \"3\" | \n");
  CHECK(lines(elements_of(2, texts(2, {"a", "b"}), texts(2, {"b", "c"}))) ==
        "member \"a\":  | \nmember \"c\":  | \n");
  CHECK(lines(elements_of(1, texts(2, {"a", "b"}), texts(3, {"a", "c", "d"}))) ==
        "element 1: \"b\" | \"c\"\nelement 2:  | \"d\"\n");
  CHECK(lines(elements_of(0, rdb_string("old"), rdb_string("new"))) ==
        "value: \"old\" | \"new\"\n");
  const auto zset = [](double v) {
    return rdb_length(1) + rdb_string("m") + Bytes{}.f64le(v).string();
  };
  CHECK(lines(elements_of(5, zset(1.5), zset(2))) == "member \"m\": 1.5 | 2\n");
}

TEST_CASE("element diff: no more are listed than asked for, and all are counted") {
  std::vector<std::string> a;
  std::vector<std::string> b;
  for (int i = 0; i < 300; ++i) {
    a.push_back("a" + std::to_string(i));
    b.push_back("b" + std::to_string(i));
  }
  const auto found = elements_of(1, texts(300, a), texts(300, b), 2);
  CHECK(lines(found) == "element 0: \"a0\" | \"b0\"\nelement 1: \"a1\" | \"b1\"\n");
}

TEST_CASE("element diff: long texts are cut") {
  const std::string a(200000, 'a');
  const std::string b = a + "b";
  const auto found = elements_of(0, rdb_string(a), rdb_string(b));
  REQUIRE(found.size() == 1);
  CHECK(found[0].a == '"' + std::string(96, 'a') + "\"... (200000 bytes)");
  CHECK(found[0].b == '"' + std::string(96, 'a') + "\"... (200001 bytes)");
}

}  // namespace rdb
