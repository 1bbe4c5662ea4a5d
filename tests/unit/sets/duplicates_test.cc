#include "rdb/sets/duplicates.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rdb {
namespace {

struct Expected {
  uint64_t count = 0;
  uint64_t first = 0;
  uint64_t second = 0;
  bool operator==(const Expected&) const = default;
};

using Group = std::pair<uint64_t, std::vector<uint64_t>>;

// What a tree of all keys says.
class Oracle {
 public:
  void add(uint64_t db, const std::string& key, uint64_t offset) {
    places_[{db, key}].push_back(offset);
    const auto [at, is_new] = first_.try_emplace({db, key}, offset);
    if (is_new) return;
    repeated_.insert({db, key});
    if (expected_.second == 0) expected_ = {.count = 0, .first = at->second, .second = offset};
  }
  [[nodiscard]] Expected result() const {
    return {repeated_.size(), expected_.first, expected_.second};
  }
  // Groups of offsets with their database.
  [[nodiscard]] std::set<Group> groups() const {
    std::set<Group> out;
    for (const auto& [key, places] : places_) {
      if (places.size() > 1) out.insert({key.first, places});
    }
    return out;
  }

 private:
  std::map<std::pair<uint64_t, std::string>, uint64_t> first_;
  std::set<std::pair<uint64_t, std::string>> repeated_;
  std::map<std::pair<uint64_t, std::string>, std::vector<uint64_t>> places_;
  Expected expected_;
};

Expected result(const Duplicates& found) {
  return {found.count(), found.first_offset(), found.second().offset};
}

std::set<Group> listed_groups(const Duplicates& found) {
  std::set<Group> out;
  Group group;
  const auto& all = found.listed();
  for (size_t i = 0; i < all.size(); ++i) {
    if (i != 0 && !all[i].is_same_key(all[i - 1])) out.insert(std::exchange(group, {}));
    group.first = all[i].database();
    group.second.push_back(all[i].offset);
  }
  if (!all.empty()) out.insert(group);
  return out;
}

std::string key_of(uint64_t n) { return "key:" + std::to_string(n); }

constexpr size_t kTiny = Duplicates::kMemoryMin;  // a table of 768 keys

}  // namespace

TEST_CASE("duplicates: a key that occurs again is found at once while all is in memory") {
  Duplicates found;
  REQUIRE(found.add(0, "a", 10));
  REQUIRE(found.add(0, "b", 20));
  CHECK(found.count() == 0);
  REQUIRE(found.add(0, "a", 30));
  CHECK(result(found) == Expected{1, 10, 30});
  REQUIRE(found.add(0, "a", 40));
  REQUIRE(found.add(0, "b", 50));
  CHECK(result(found) == Expected{2, 10, 30});
  REQUIRE(found.finish());
  CHECK(result(found) == Expected{2, 10, 30});
  CHECK(found.second().is_key("a"));
  CHECK(found.second().database() == 0);
  CHECK_FALSE(found.second().is_key("b"));
}

TEST_CASE("duplicates: nothing added is nothing found") {
  Duplicates found;
  REQUIRE(found.finish());
  CHECK(result(found) == Expected{});
}

TEST_CASE("duplicates: the empty key is a key") {
  Duplicates found;
  REQUIRE(found.add(0, "", 10));
  CHECK(found.count() == 0);
  REQUIRE(found.add(0, "", 20));
  CHECK(result(found) == Expected{1, 10, 20});
}

TEST_CASE("duplicates: databases are kept apart, in memory and in the file") {
  for (const uint64_t keys : {100U, 20000U}) {
    CAPTURE(keys);
    Duplicates found(kTiny);
    uint64_t offset = 0;
    for (uint64_t db = 0; db < 4; ++db) {
      for (uint64_t i = 0; i < keys; ++i) REQUIRE(found.add(db, key_of(i), ++offset));
    }
    REQUIRE(found.add(2, key_of(7), ++offset));
    REQUIRE(found.finish());
    CHECK(result(found) == Expected{1, 2 * keys + 8, offset});
    CHECK(found.second().is_key(key_of(7)));
    CHECK(found.second().database() == 2);
  }
}

TEST_CASE("duplicates: what is found is what a set of all keys finds") {
  struct Row {
    size_t memory;
    uint64_t keys;
    uint64_t distinct;  // of which the keys are drawn: few repeat, or all do
  };
  // 24 KiB are a table of 768 keys, and 128 partitions: from 98304 distinct keys on those with a
  // duplicate are divided, from 392704 on all. Of 9 MiB 768 KiB are blocks in memory.
  constexpr Row kRows[] = {{kTiny, 700, 100000},
                           {kTiny, 769, uint64_t{1} << 40},
                           {kTiny, 5000, 100000},
                           {kTiny, 50000, 1000},
                           {kTiny, 150000, 1 << 30},
                           {kTiny, 150000, 120000},
                           {kTiny, 450000, uint64_t{1} << 40},
                           {60 << 10, 150000, 140000},
                           {8 << 20, 250000, uint64_t{1} << 34},
                           {9 << 20, 250000, 1 << 30},
                           {9 << 20, 250000, 200000}};
  for (const Row& row : kRows) {
    CAPTURE(row.memory);
    CAPTURE(row.keys);
    CAPTURE(row.distinct);
    std::mt19937_64 random(row.keys + row.distinct);
    Duplicates found(row.memory, Spill::default_directory(), row.keys);
    Oracle oracle;
    uint64_t offset = 9;
    for (uint64_t i = 0; i < row.keys; ++i, offset += 1 + random() % 100) {
      const std::string key = key_of(random() % row.distinct);
      const uint64_t db = i * 3 / row.keys;
      REQUIRE(found.add(db, key, offset));
      oracle.add(db, key, offset);
    }
    REQUIRE(found.finish());
    CHECK(result(found) == oracle.result());
    CHECK((listed_groups(found) == oracle.groups()));
  }
}

TEST_CASE("duplicates: a planted key is found wherever both of it are") {
  constexpr uint64_t kKeys = 120000;
  for (const uint64_t first : {1U, 700U, 5000U, 119998U}) {
    for (const uint64_t second : {first + 1, (first + kKeys) / 2 + 1, kKeys}) {
      CAPTURE(first);
      CAPTURE(second);
      Duplicates found(kTiny);
      for (uint64_t i = 1; i <= kKeys; ++i) {
        REQUIRE(found.add(0, key_of(i == second ? first : i), i));
      }
      REQUIRE(found.finish());
      CHECK(result(found) == Expected{1, first, second});
      CHECK(found.second().is_key(key_of(first)));
    }
  }
}

TEST_CASE("duplicates: a key that repeats before and after the table is full counts once") {
  Duplicates found(kTiny);
  uint64_t offset = 0;
  for (uint64_t i = 0; i < 100; ++i) REQUIRE(found.add(0, key_of(i % 50), ++offset));
  CHECK(found.count() == 50);
  for (uint64_t i = 0; i < 5000; ++i) REQUIRE(found.add(0, "other" + key_of(i), ++offset));
  for (uint64_t i = 25; i < 75; ++i) {
    REQUIRE(found.add(0, key_of(i), ++offset));
    REQUIRE(found.add(0, key_of(i), ++offset));
  }
  REQUIRE(found.finish());
  CHECK(result(found) == Expected{75, 1, 51});
}

TEST_CASE("duplicates: keys that are all the same need no more room than one") {
  Duplicates found(kTiny);
  for (uint64_t i = 1; i <= 1000; ++i) REQUIRE(found.add(0, key_of(i), i));
  for (uint64_t i = 1001; i <= 200000; ++i) REQUIRE(found.add(0, "same", i));
  REQUIRE(found.finish());
  CHECK(result(found) == Expected{1, 1001, 1002});
}

TEST_CASE("duplicates: a list that is too long for its limit is none") {
  for (const size_t listed_max : {0U, 9U, 10U}) {
    for (const uint64_t others : {0U, 5000U}) {  // all in memory, and not
      CAPTURE(listed_max);
      CAPTURE(others);
      Duplicates found(kTiny, Spill::default_directory(), listed_max);
      for (uint64_t i = 1; i <= others; ++i) REQUIRE(found.add(0, key_of(i), i));
      for (uint64_t i = 1; i <= 10; ++i) REQUIRE(found.add(1, key_of(i % 5), others + i));
      REQUIRE(found.finish());
      CHECK(found.count() == 5);
      CHECK(found.listed().size() == (listed_max == 10 ? 10 : 0));
      CHECK(found.is_list_full() == (listed_max == 9));
    }
  }
}

TEST_CASE("duplicates: as many databases as are counted are kept apart") {
  Duplicates found;
  for (uint64_t db = 0; db < kDatabasesMax; ++db) REQUIRE(found.add(db, "k", db + 1));
  CHECK(found.count() == 0);
  REQUIRE(found.add(kDatabasesMax - 1, "k", kDatabasesMax + 1));
  CHECK(result(found) == Expected{1, kDatabasesMax, kDatabasesMax + 1});
  CHECK(found.second().database() == kDatabasesMax - 1);
}

TEST_CASE("duplicates: a folder that takes no file is an error that names it") {
  Duplicates found(kTiny, "/proc/no/such/folder");
  bool ok = true;
  uint64_t added = 0;
  while (ok && added < 10000) {
    ++added;
    ok = found.add(0, key_of(added), added);
  }
  CHECK_FALSE(ok);
  CHECK(added == 769);
  CHECK(message(found.error(), "dump.rdb") ==
        "dump.rdb: temporary file in /proc/no/such/folder: No such file or directory");
  CHECK(status(found.error().code) == Status::io);
  CHECK_FALSE(found.add(0, "more", 10001));
  CHECK_FALSE(found.finish());
}

TEST_CASE("duplicates: a full disk is an error of add() or of finish()") {
  // A limit on the size of files stands for it; 24 bytes a key, and 24 a block.
  auto* const before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  for (const rlim_t bytes : {0U, 1000U, 100000U, 129000U}) {
    CAPTURE(bytes);
    Duplicates found(kTiny, "/tmp");
    const rlimit limit{.rlim_cur = bytes, .rlim_max = unlimited.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    bool ok = true;
    for (uint64_t i = 1; ok && i <= 5000; ++i) ok = found.add(0, key_of(i), i);
    ok = ok && found.finish();
    REQUIRE(setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
    CHECK_FALSE(ok);
    CHECK(found.error().code == Code::temporary_failed);
    CHECK(found.error().words == "/tmp: File too large");
  }
  std::signal(SIGXFSZ, before);
}

}  // namespace rdb
