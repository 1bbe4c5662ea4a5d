#include "rdb/pass/survey.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/blobs.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

enum : unsigned { kList = 1, kHash2 = 22 };

std::string hellotype() { return vector_named("module_id_hellotype_v0").bytes; }

std::string keyspaces(const Survey& survey) {
  std::string out;
  for (const auto& [db, keyspace] : survey.databases()) {
    out += std::to_string(db) + ":" + std::to_string(keyspace.keys) + "/" +
           std::to_string(keyspace.expires) + "/" + std::to_string(keyspace.expired) + "/" +
           std::to_string(keyspace.empty) + " ";
  }
  return out;
}

}  // namespace

TEST_CASE("survey: keys, expiries, expired and empty keys are counted by database") {
  const std::string file = RdbFile()
                               .select(2)
                               .string("a", "1")
                               .expire_ms(kNowMs + 1)
                               .string("b", "1")
                               .expire_ms(kNowMs - 1)
                               .string("c", "1")
                               .select(0)
                               .entry(kList, "d", rdb_length(0))
                               .select(2)
                               .string("e", "1")
                               .end();
  for (const bool deep : {true, false}) {
    const Surveyed got(file, deep);
    CHECK(got.ok);
    CHECK(keyspaces(got.survey) == "0:1/0/0/1 2:4/2/1/0 ");
    CHECK(got.survey.keys() == 5);
    CHECK(got.survey.expired().count == 1);
    CHECK(got.survey.expired().first.key == "c");
    CHECK(got.survey.expired().first.db == 2);
    CHECK(got.survey.empty().first.key == "d");
  }
}

// valkey 8.0.1 src/rdb.c: a key is dropped when its time is before now, not at it; a field of
// hash-2 at it, too (rdb-format.md 4.7: "expire <= now drops the field").
TEST_CASE("survey: a key that expires now is still there, a field is not") {
  CHECK(Surveyed(RdbFile().expire_ms(kNowMs).string("k", "v").end()).survey.expired().count == 0);
  const auto fields = [](int64_t ms) {
    const std::string value =
        rdb_length(1) + rdb_string("f") + rdb_string("v") + Bytes{}.i64le(ms).string();
    const Surveyed got(RdbFile("VALKEY080").entry(kHash2, "k", value).end());
    return got.survey.expired_fields().count;
  };
  CHECK(fields(kNowMs) == 1);
  CHECK(fields(0) == 1);
  CHECK(fields(kNowMs + 1) == 0);
  CHECK(fields(-1) == 0);
}

TEST_CASE("survey: a database that is only selected has no keys and is not listed") {
  CHECK(Surveyed(RdbFile().select(5).end()).survey.databases().empty());
}

TEST_CASE("survey: hints of one database add up") {
  const Surveyed got(
      RdbFile().select(1).hint(3, 1).select(2).hint(9, 0).select(1).hint(4, 0).end());
  const Keyspace& db1 = got.survey.databases().at(1);
  CHECK(db1.has_hint);
  CHECK(db1.hinted_keys == 7);
  CHECK(db1.hinted_expires == 1);
  CHECK(db1.keys == 0);
}

TEST_CASE("survey: packed collections are seen to be empty only when they are opened") {
  const std::string file =
      RdbFile()
          .entry(16, "h", rdb_string(ListpackBlob().blob()))
          .entry(18, "l", rdb_length(1) + "\x02" + rdb_string(ListpackBlob().blob()))
          .entry(0, "s", rdb_string(""))
          .entry(21, "st", std::string(11, '\0'))
          .end();
  CHECK(Surveyed(file, true).survey.empty().count == 2);  // neither the string nor the stream
  CHECK(Surveyed(file, false).survey.empty().count == 0);
}

TEST_CASE("survey: types are counted with the bytes of their values and the place of the first") {
  const Surveyed got(RdbFile()
                         .select(4)
                         .string("a", "123")
                         .string("b", "12345")
                         .entry(kList, "l", rdb_length(1) + rdb_string("x"))
                         .end());
  const auto types = got.survey.types();
  REQUIRE(types.size() == 2);
  CHECK(types[0]->type->name == "string");
  CHECK(types[0]->count == 2);
  CHECK(types[0]->bytes == 4 + 6);
  CHECK(types[0]->first.db == 4);
  CHECK(types[0]->first.key == "a");
  CHECK(types[0]->first.offset == 11);
  CHECK(types[1]->type->name == "list");
  CHECK(types[1]->bytes == 3);
}

TEST_CASE("survey: modules are counted by name and version, values and AUX data apart") {
  const std::string value = hellotype() + std::string("\x02\x07\x00", 3);
  const Surveyed got(RdbFile()
                         .raw("\xf7" + hellotype() + std::string("\x02\x01\x00", 3))
                         .entry(7, "a", value)
                         .entry(7, "b", value)
                         .end());
  REQUIRE(got.survey.modules().size() == 1);
  const ModuleCount& module = got.survey.modules()[0];
  CHECK(module.name == "hellotype");
  CHECK(module.version == 0);
  CHECK(module.values == 2);
  CHECK(module.aux == 1);
  CHECK(module.first.key == "a");
  CHECK(Surveyed(RdbFile().entry(7, "a", value).end(), false).survey.modules()[0].values == 1);
}

TEST_CASE("survey: libraries have engine, name and size") {
  const std::string source = "#!lua name=mylib\nredis.register_function('f', f)";
  const Surveyed got(
      RdbFile()
          .function(source)
          .raw("\xf6" + rdb_string("old") + rdb_string("LUA") + rdb_length(0) + rdb_string("code"))
          .end());
  REQUIRE(got.survey.functions().size() == 2);
  CHECK(got.survey.function_count() == 2);
  CHECK(got.survey.functions()[0].name == "mylib");
  CHECK(got.survey.functions()[0].engine == "lua");
  CHECK(got.survey.functions()[0].bytes == source.size());
  CHECK_FALSE(got.survey.functions()[0].is_pre_ga);
  CHECK(got.survey.functions()[1].name == "old");
  CHECK(got.survey.functions()[1].engine == "LUA");
  CHECK(got.survey.functions()[1].is_pre_ga);
}

TEST_CASE("survey: AUX fields are listed once, with their number and size") {
  const std::string large(5000, 'x');
  const Surveyed got(RdbFile().aux("ctime", "1").aux("big", large).aux("ctime", "2").end());
  REQUIRE(got.survey.aux().size() == 2);
  CHECK(got.survey.find_aux("ctime")->value == "1");
  CHECK(got.survey.find_aux("ctime")->count == 2);
  CHECK(got.survey.find_aux("big")->value == large.substr(0, 4096));
  CHECK(got.survey.find_aux("big")->bytes == 5000);
  CHECK(got.survey.find_aux("none") == nullptr);
}

TEST_CASE("survey: more than 32768 databases are one too many, named at the key") {
  RdbFile file;
  for (uint64_t db = 0; db <= 32768; ++db) file.select(db).string("k", "v");
  const Surveyed got(file.end());
  CHECK_FALSE(got.ok);
  CHECK(words(got.reader.error()) ==
        "more than 32768 distinct databases, the most that are counted here; this is no damage, "
        "servers that are configured for so many load them");
  CHECK(got.reader.error().key == "k");
}

TEST_CASE("survey: damage inside a value is found when it is opened, and only then") {
  std::string listpack = ListpackBlob().str("f").str("v").blob();
  listpack[11] = 9;  // the back-length of "v"
  const std::string file = RdbFile().entry(16, "k", rdb_string(listpack)).end();
  CHECK_FALSE(Surveyed(file, true).ok);
  CHECK(Surveyed(file, false).ok);
}

}  // namespace rdb
