// What real servers stored, taken apart and put together again, is what they stored.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "rdb/codec/intset.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/real.h"
#include "rdb/codec/string.h"
#include "rdb/codec/ziplist.h"
#include "tests/support/corpus.h"
#include "tests/support/walk.h"
#include "tests/support/written.h"

namespace rdb {
namespace {

// How many came out the same, and others by the server that wrote them.
struct Outcome {
  uint64_t same = 0;
  std::map<std::string, uint64_t> other;

  void count(const Stored& stored, bool is_same) { is_same ? ++same : ++other[stored.server]; }

  [[nodiscard]] std::string text() const {
    std::string out = std::to_string(same) + " the same";
    for (const auto& [server, n] : other)
      out += ", " + std::to_string(n) + " of " + server + " not";
    return out;
  }
};

template <typename Builder, Cursor C>
std::string rebuilt(std::string_view blob) {
  Builder builder;
  C cursor(blob);
  Scalar element;
  while (cursor.next(element)) builder.add_element(element);
  REQUIRE(cursor.fault().code == Code::ok);
  return std::string(builder.finish());
}

std::string rebuilt_intset(std::string_view blob) {
  IntsetBuilder builder;
  Intset cursor(blob);
  Scalar element;
  while (cursor.next(element)) builder.add(element.integer);
  return std::string(builder.finish());
}

TEST_CASE("rebuild: listpacks and intsets of every server come out the same") {
  Outcome listpacks;
  Outcome intsets;
  visit_corpus({.packed = [&](const Stored& stored, Packed packed, const std::string& blob) {
    if (packed == Packed::listpack) {
      listpacks.count(stored, rebuilt<ListpackBuilder, Listpack>(blob) == blob);
    } else if (packed == Packed::intset) {
      intsets.count(stored, rebuilt_intset(blob) == blob);
    }
  }});
  MESSAGE("listpacks: ", listpacks.text(), "; intsets: ", intsets.text());
  CHECK(listpacks.other.empty());
  CHECK(listpacks.same > 1000);
  CHECK(intsets.other.empty());
  CHECK(intsets.same > 200);
}

// Servers before 2.6 have no integers of 4, 8 and 24 bits: C0, D0 and E0 hold all.
bool has_wide_integer(const std::string& blob) {
  Ziplist cursor(blob);
  Scalar element;
  for (uint64_t at = cursor.offset(); cursor.next(element); at = cursor.offset()) {
    if (!element.is_integer) continue;
    ZiplistBuilder shortest;
    shortest.add_integer(element.integer);
    const uint64_t previous = static_cast<uint8_t>(blob[at]) == 0xfe ? 5 : 1;
    if (cursor.offset() - at - previous > shortest.bytes() - 11 - 1) return true;
  }
  return false;
}

TEST_CASE("rebuild: ziplists of every server since 2.6 come out the same") {
  Outcome ziplists;
  visit_corpus({.packed = [&](const Stored& stored, Packed packed, const std::string& blob) {
    if (packed != Packed::ziplist) return;
    const std::string again = rebuilt<ZiplistBuilder, Ziplist>(blob);
    ziplists.count(stored, again == blob);
    if (again == blob) return;
    CAPTURE(stored.file);
    CHECK(has_wide_integer(blob));
    CHECK(walk<Ziplist>(again).elements == walk<Ziplist>(blob).elements);
  }});
  MESSAGE("ziplists: ", ziplists.text());
  CHECK(ziplists.same > 800);
  for (const auto& other : ziplists.other) {
    const std::string& server = other.first;
    CAPTURE(server);
    CHECK((server == "redis-2.4.18" || server.starts_with("redis-2.5-")));
  }
}

TEST_CASE("rebuild: strings of every server since 3.2 come out the same, compressed or not") {
  Outcome plain;
  Outcome packed;
  visit_corpus({.string = [&](const Stored& stored, const std::string& text) {
    const bool is_packed = stored.bytes.starts_with('\xc3');
    const std::string again = written([&](Output& out) { return write_string(out, text, true); });
    (is_packed ? packed : plain).count(stored, again == stored.bytes);
  }});
  MESSAGE("strings: ", plain.text(), "; compressed: ", packed.text());
  CHECK(plain.same > 10000);
  // Up to 2.2 a field or value of a small hash stands in a zipmap, without a NUL behind it, so that
  // strtoll() finds no integer in it (rdbTryIntegerEncoding).
  for (const auto& other : plain.other) {
    const std::string& server = other.first;
    CAPTURE(server);
    CHECK((server == "redis-1.3.6" || server == "redis-2.0.5" || server == "redis-2.2.15"));
  }
  CHECK(packed.same > 400);
  // Servers before 3.2 have liblzf 3.5, which begins no match in the last four bytes.
  for (const auto& other : packed.other) {
    const std::string& server = other.first;
    CAPTURE(server);
    CHECK(server < "redis-3.2");
  }
}

TEST_CASE("rebuild: scores in text of every server come out the same") {
  Outcome scores;
  visit_corpus({.text_score = [&](const Stored& stored, double score) {
    const auto write = [&](Output& out) { return write_text_score(out, score); };
    scores.count(stored, written(write) == stored.bytes);
  }});
  MESSAGE("scores: ", scores.text());
  CHECK(scores.other.empty());
  CHECK(scores.same > 1000);
}

}  // namespace
}  // namespace rdb
