#include "rdb/stage/target.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace rdb {
namespace {

Header header(Dialect dialect, unsigned version) {
  Header out;
  out.dialect = dialect;
  out.version = version;
  return out;
}

// The ids of all types that a target reads, in order.
std::string held(const char* name) {
  std::string out;
  for (const Type& type : types()) {
    if (!holds(*find_target(name), type)) continue;
    if (!out.empty()) out += ' ';
    out += std::to_string(type.id);
  }
  return out;
}

}  // namespace

TEST_CASE("target: names are known exactly") {
  std::set<std::string_view> names;
  for (const Target& target : targets()) {
    CHECK(names.insert(target.name).second);
    CHECK(find_target(target.name) == &target);
    CHECK(target.databases == 16);  // the servers' default
  }
  for (const char* name : {"valkey-7.2", "valkey-8.0", "valkey-8.1", "valkey-9.0", "redis-7.0"}) {
    CHECK(names.count(name) == 1);
  }
  CHECK(find_target("") == nullptr);
  CHECK(find_target("valkey") == nullptr);
  CHECK(find_target("Valkey-8.0") == nullptr);
  CHECK(find_target("valkey-8.0 ") == nullptr);
}

// rdb-format.md section 6.1: the envelope comes with Valkey 9.2, which is not a target.
TEST_CASE("target: none reads the compressed-stream envelope") {
  for (const Target& target : targets()) CHECK_FALSE(target.reads_vkcs);
}

// rdb-format.md section 13: redis 7.0 reads versions 1-10, 7.2 and Valkey 1-11, Valkey 9 VALKEY080.
TEST_CASE("target: the header written is one that the target reads") {
  const Header redis6 = header(Dialect::redis, 6);
  const Header redis11 = header(Dialect::redis, 11);
  const Header valkey80 = header(Dialect::valkey, 80);
  for (const char* name : {"valkey-7.2", "valkey-8.0", "valkey-8.1"}) {
    for (const Header& source : {redis6, redis11, valkey80}) {
      CHECK(header_for(*find_target(name), source) == "REDIS0011");
    }
  }
  CHECK(header_for(*find_target("valkey-9.0"), redis6) == "REDIS0011");
  CHECK(header_for(*find_target("valkey-9.0"), valkey80) == "VALKEY080");
  CHECK(header_for(*find_target("redis-7.0"), redis6) == "REDIS0010");
  CHECK(header_for(*find_target("redis-7.0"), valkey80) == "REDIS0010");
}

// rdb-format.md section 13: 18, 11, 5/17, 16, 19 are the newest of redis 7.0; 20 and 21 of Valkey;
// 22 under VALKEY alone. 6 loads nowhere, 22 to 33 of Redis 7.4 and later neither.
TEST_CASE("target: a target holds the types that its servers were seen to load") {
  const std::string to_19 = "0 1 2 3 4 5 7 9 10 11 12 13 14 15 16 17 18 19";
  CHECK(held("redis-7.0") == to_19);
  CHECK(held("valkey-7.2") == to_19 + " 20 21");
  CHECK(held("valkey-8.0") == to_19 + " 20 21");
  CHECK(held("valkey-8.1") == to_19 + " 20 21");
  CHECK(held("valkey-9.0") == to_19 + " 20 21 22");
  CHECK(holds(*find_target("valkey-9.0"), *find_type(Dialect::valkey, 22)));
  CHECK_FALSE(holds(*find_target("valkey-9.0"), *find_type(Dialect::redis_ce, 22)));
}

}  // namespace rdb
