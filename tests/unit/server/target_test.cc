#include "rdb/server/target.h"

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

// The ids of all types that a file for a target may hold, in order.
std::string held(const char* name, const Header& source = header(Dialect::redis, 11)) {
  std::string out;
  for (const Type& type : types()) {
    if (!holds(*find_target(name), source, type)) continue;
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
  for (const char* name : {"valkey-7.2", "valkey-8.0", "valkey-8.1", "valkey-9.0", "redis-7.2",
                           "redis-7.0", "redis-6.2", "redis-6.0", "redis-5.0", "redis-4.0",
                           "redis-3.2", "redis-2.8", "redis-2.6"}) {
    CHECK(names.count(name) == 1);
  }
  CHECK(find_target("") == nullptr);
  CHECK(find_target("valkey") == nullptr);
  CHECK(find_target("Valkey-8.0") == nullptr);
  CHECK(find_target("valkey-8.0 ") == nullptr);
}

TEST_CASE("target: a release of one is known by its full version") {
  const Target* const target = find_target("valkey-8.1");
  for (const std::string name : {"valkey-8.1.1", "valkey-8.1.10", "valkey-8.1.1+dfsg1-3+deb13u3"}) {
    CHECK(find_target(name) == target);
    CHECK(release_in(name) == name.substr(7));
  }
  CHECK(release_in("redis-7.0.15-1~deb12u9") == "7.0.15-1~deb12u9");
  CHECK(release_in("valkey-8.1").empty());
  CHECK(release_in("valkey-8.2.1").empty());
  for (const char* name : {"valkey-8.1.", "valkey-8.10", "valkey-8.1x", "valkey-8.1.x",
                           "valkey-8.1.1 ", "valkey-8.1-1", "valkey-8.2.1", "8.1.1"}) {
    CHECK(find_target(name) == nullptr);
  }
  CHECK(find_target("valkey-8.1.1" + std::string(100, '1')) == nullptr);
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
  CHECK(header_for(*find_target("redis-6.2"), redis11) == "REDIS0009");
  CHECK(header_for(*find_target("redis-2.6"), redis11) == "REDIS0006");
}

// rdb-format.md section 13. 6 loads nowhere, 22 under VALKEY alone, 22 to 33 of Redis 7.4 and later
// in no target.
TEST_CASE("target: a target holds the types that its servers were seen to load") {
  const std::string to_6 = "0 1 2 3 4 9 10 11 12 13";
  const std::string to_9 = "0 1 2 3 4 5 7 9 10 11 12 13 14 15";
  const std::string to_10 = to_9 + " 16 17 18 19";
  const std::string to_11 = to_10 + " 20 21";
  for (const char* name : {"redis-2.6", "redis-2.8", "redis-3.0"}) CHECK(held(name) == to_6);
  CHECK(held("redis-3.2") == to_6 + " 14");
  CHECK(held("redis-4.0") == "0 1 2 3 4 5 7 9 10 11 12 13 14");
  for (const char* name : {"redis-5.0", "redis-6.0", "redis-6.2"}) CHECK(held(name) == to_9);
  CHECK(held("redis-7.0") == to_10);
  for (const char* name : {"redis-7.2", "valkey-7.2", "valkey-8.0", "valkey-8.1", "valkey-9.0"}) {
    CHECK(held(name) == to_11);
  }
  const Header valkey80 = header(Dialect::valkey, 80);
  CHECK(held("valkey-8.1", valkey80) == to_11);
  CHECK(held("valkey-9.0", valkey80) == to_11 + " 22");
  CHECK(held("valkey-9.1", valkey80) == to_11 + " 22");
}

}  // namespace rdb
