#include "rdb/show/explain.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/show/explain_walk.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

using Told = Annotation::Kind;

class List : public Annotations {
 public:
  bool add(const Annotation& annotation) override {
    all.push_back(annotation);
    return all.size() != max;
  }
  bool more(std::string_view words, bool is_last) override {
    REQUIRE(all.back().goes_on);
    all.back().words += words;
    all.back().goes_on = !is_last;
    return true;
  }
  std::vector<Annotation> all;
  size_t max = SIZE_MAX;
};

struct Explained {
  explicit Explained(std::string file, uint64_t offset, bool is_all = false)
      : bytes(std::move(file)), access(bytes), explainer(access) {
    if (is_all) explainer.show_all();
    ok = explainer.find(offset) && explainer.explain(list);
  }
  [[nodiscard]] size_t count(Told kind) const {
    size_t n = 0;
    for (const Annotation& annotation : list.all) n += annotation.kind == kind ? 1 : 0;
    return n;
  }

  std::string bytes;
  MemoryAccess access;
  Explainer explainer;
  List list;
  bool ok = false;
};

std::string members(unsigned n) {
  std::string out = rdb_length(n);
  for (unsigned i = 0; i < n; ++i) out += rdb_string(std::to_string(i));
  return out;
}

}  // namespace

TEST_CASE("explain: any byte of a file finds what it is part of, and annotations tile that") {
  const std::string file = RdbFile()
                               .aux("redis-ver", "7.2.6")
                               .select(1)
                               .hint(2, 1)
                               .expire_ms(1767225600000)
                               .string("a", "1")
                               .entry(2, "s", members(3))
                               .end();
  for (uint64_t offset = 0; offset < file.size(); ++offset) {
    CAPTURE(offset);
    Explained found(file, offset);
    REQUIRE(found.ok);
    CHECK(found.explainer.damage().ok());
    uint64_t at = found.explainer.offset();
    for (const Annotation& annotation : found.list.all) {
      CHECK(annotation.offset == at);
      at += annotation.size;
    }
    CHECK(at == found.explainer.offset() + found.explainer.size());
    CHECK(found.explainer.offset() <= offset);
    CHECK(at > offset);
  }
}

TEST_CASE("explain: of many elements the first and the last are shown, or all") {
  const std::string file = RdbFile().entry(2, "s", members(100)).end();
  const Explained some(file, 9);
  CHECK(some.list.all.size() == 3 + 16 + 1 + 1);
  CHECK(some.count(Told::left_out) == 1);
  CHECK(some.list.all[3 + 16].words == "83 more left out");
  CHECK(some.list.all.back().words == "member \"99\", 2 bytes, 6-bit length");
  const Explained all(file, 9, true);
  CHECK(all.list.all.size() == 3 + 100);
  const Explained one_more(RdbFile().entry(2, "s", members(17)).end(), 9);
  CHECK(one_more.list.all.size() == 3 + 17);
}

TEST_CASE("explain: a long string is cut, or shown whole") {
  const std::string file = RdbFile().string("k", std::string(300, 'x')).end();
  CHECK(Explained(file, 9).list.all.back().words ==
        "value \"" + std::string(48, 'x') + "\"..., 300 bytes, 14-bit length");
  CHECK(Explained(file, 9, true).list.all.back().words ==
        "value \"" + std::string(300, 'x') + "\", 300 bytes, 14-bit length");
}

TEST_CASE("explain: damage is told at its place, with the bytes around it") {
  const std::string file = RdbFile().string("a", "1").raw("\x02\x01s\x02\x01x\xc9").cut();
  const Explained found(file, 14);
  CHECK(found.explainer.damage().code == Code::bad_string_encoding);
  REQUIRE(found.count(Told::damage) == 1);
  const Annotation& damage = found.list.all.back();
  CHECK(damage.offset == file.size() - 1);
  CHECK(damage.before == 16);
  CHECK(damage.bytes == file.substr(file.size() - 17));
}

TEST_CASE("explain: behind what cannot be followed, a record begins at the offset") {
  const std::string lost = RdbFile().string("a", "1").raw("\x1a\x01\x02").cut();
  const std::string file = RdbFile().string("a", "1").raw("\x1a\x01\x02").string("b", "2").end();
  const Explained found(file, lost.size());
  CHECK(found.explainer.lost().code == Code::bad_opcode);
  CHECK(found.explainer.key() == "b");
  CHECK(found.explainer.damage().ok());
}

TEST_CASE("explain: it stops when no more is wanted") {
  const std::string file = RdbFile().entry(2, "s", members(10)).end();
  MemoryAccess access(file);
  Explainer explainer(access);
  List list;
  list.max = 4;
  REQUIRE(explainer.find(9));
  CHECK_FALSE(explainer.explain(list));
  CHECK(list.all.size() == 4);
}

TEST_CASE("explain: times are shown with their date where they have one") {
  CHECK(shown_time(0) == "0 ms, 1970-01-01 00:00:00.000 UTC");
  CHECK(shown_time(951782400001) == "951782400001 ms, 2000-02-29 00:00:00.001 UTC");
  CHECK(shown_time(-5) == "-5 ms");
  CHECK(shown_time(INT64_MAX) == "9223372036854775807 ms");
}

}  // namespace rdb
