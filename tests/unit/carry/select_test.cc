#include "rdb/carry/select.h"

#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <unistd.h>

namespace rdb {
namespace {

constexpr int64_t kNow = 1704067200000;  // 2024-01-01T00:00:00Z
constexpr int64_t kHour = 3600000;
enum : uint8_t { kString = 0, kSet = 2, kHash = 4, kZset = 3, kZset2 = 5, kHashZiplist = 13 };

Record entry(std::string_view key, uint64_t db = 0, uint8_t type = kString) {
  Record record;
  record.db = db;
  record.key = key;
  record.type = find_type(Dialect::redis, type);
  return record;
}

Record expiring(int64_t expire_ms) {
  Record record = entry("k");
  record.lifetime.expire_ms = expire_ms;
  return record;
}

Selection selection(const SelectOptions& options) {
  Selection out(kNow);
  REQUIRE(out.prepare(options));
  return out;
}

std::string refused(const SelectOptions& options) {
  Selection out(kNow);
  CHECK_FALSE(out.prepare(options));
  CHECK(status(out.error().code) == Status::usage);
  return message(out.error(), out.about());
}

// Which of the keys are taken, in their order.
std::string taken(const SelectOptions& options, std::initializer_list<Record> records) {
  Selection out = selection(options);
  std::string keys;
  for (const Record& record : records) {
    if (out.takes(record)) keys += std::string(record.key) + " ";
  }
  return keys;
}

// A file of names that is gone with the object.
class ListFile {
 public:
  explicit ListFile(std::string_view text) {
    const int fd = mkstemp(path_);
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~ListFile() { std::remove(path_); }
  ListFile(const ListFile&) = delete;
  ListFile& operator=(const ListFile&) = delete;

  [[nodiscard]] std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/rdbferry-list-XXXXXX";
};

}  // namespace

TEST_CASE("select: without options every key is taken") {
  Selection all = selection({});
  CHECK(all.takes(entry("", 7, kHash)));
  CHECK(all.takes(expiring(1)));
  CHECK(all.takes_size(0));
  CHECK(all.takes_size(UINT64_MAX));
}

TEST_CASE("select: databases are taken and left out by number") {
  const auto records = {entry("a", 0), entry("b", 3), entry("c", 4)};
  CHECK(taken({.dbs = {3}}, records) == "b ");
  CHECK(taken({.dbs = {3, 4}}, records) == "b c ");
  CHECK(taken({.excluded_dbs = {3}}, records) == "a c ");
  CHECK(taken({.dbs = {3, 0}, .excluded_dbs = {4}}, records) == "a b ");
}

TEST_CASE("select: of several patterns of one kind any will do, of several kinds all must") {
  const auto records = {entry("user:1"), entry("user:x"), entry("cart:1"), entry("cart:x")};
  CHECK(taken({.keys = {"user:*"}}, records) == "user:1 user:x ");
  CHECK(taken({.keys = {"user:*", "*:x"}}, records) == "user:1 user:x cart:x ");
  CHECK(taken({.regexes = {"[0-9]$"}}, records) == "user:1 cart:1 ");
  CHECK(taken({.keys = {"user:*"}, .regexes = {"[0-9]$", "y$"}}, records) == "user:1 ");
  CHECK(taken({.excluded_keys = {"user:*", "cart:1"}}, records) == "cart:x ");
  CHECK(taken({.excluded_regexes = {"^u"}}, records) == "cart:1 cart:x ");
  CHECK(taken({.keys = {"*:1"}, .excluded_regexes = {"^u"}}, records) == "cart:1 ");
  CHECK(taken({.excluded_keys = {"u*"}, .regexes = {"1"}}, records) == "cart:1 ");
}

TEST_CASE("select: what each pattern matched is counted in the databases that are selected") {
  Selection some = selection({.excluded_dbs = {1},
                              .keys = {"a*", "none*"},
                              .excluded_keys = {"ab"},
                              .regexes = {"a"},
                              .types = {"hash"}});
  CHECK_FALSE(some.takes(entry("a")));  // no hash, but matched
  CHECK(some.takes(entry("a", 0, kHash)));
  CHECK_FALSE(some.takes(entry("ab", 0, kHash)));
  CHECK_FALSE(some.takes(entry("ba", 0, kHash)));
  CHECK_FALSE(some.takes(entry("a", 1, kHash)));
  REQUIRE(some.patterns().size() == 4);
  CHECK(some.patterns()[0].matched == 3);
  CHECK(some.patterns()[1].matched == 0);
  CHECK(some.patterns()[1].option == "--key");
  CHECK(some.patterns()[1].text == "none*");
  CHECK(some.patterns()[2].matched == 1);
  CHECK(some.patterns()[2].option == "--exclude-key");
  CHECK(some.patterns()[3].matched == 4);
  CHECK(some.left_out(Filter::db) == 1);
  CHECK(some.left_out(Filter::key) == 2);
  CHECK(some.left_out(Filter::regex) == 0);
  CHECK(some.left_out(Filter::type) == 1);
}

TEST_CASE("select: a list names keys exactly, and tells which were not there") {
  const ListFile file("a\nb*\n\"\\xff\"\n");
  Selection some = selection({.lists = {file.path()}});
  CHECK(some.takes(entry("a")));
  CHECK(some.takes(entry("a", 3)));
  CHECK(some.takes(entry("\xff")));
  CHECK_FALSE(some.takes(entry("bc")));
  CHECK(some.left_out(Filter::list) == 1);
  CHECK(some.list().missing() == std::vector<std::string_view>{"b*"});
}

TEST_CASE("select: types go by their kind or by how they are stored") {
  const auto records = {entry("s"), entry("h", 0, kHash), entry("hz", 0, kHashZiplist),
                        entry("z", 0, kZset), entry("z2", 0, kZset2)};
  CHECK(taken({.types = {"hash"}}, records) == "h hz ");
  CHECK(taken({.types = {"hash-ziplist", "string"}}, records) == "s hz ");
  CHECK(taken({.excluded_types = {"hash"}}, records) == "s z z2 ");
  CHECK(taken({.types = {"zset"}, .excluded_types = {"zset-2"}}, records) == "z ");
}

TEST_CASE("select: slots are those of the key's tag") {
  // Slots as of testdata/vectors.json.
  const auto records = {entry("foo"), entry("{foo}bar"), entry("123456789")};
  CHECK(taken({.slots = {"12182"}}, records) == "foo {foo}bar ");
  CHECK(taken({.slots = {"0-12181", "12183-16383"}}, records) == "123456789 ");
}

TEST_CASE("select: a TTL is there or not, or compared with what is left of it") {
  const auto takes = [](std::vector<std::string> ttls, const Record& record) {
    return selection({.ttls = std::move(ttls)}).takes(record);
  };
  const Record lasting = entry("k");
  CHECK(takes({"any"}, expiring(kNow + 1)));
  CHECK_FALSE(takes({"any"}, lasting));
  CHECK(takes({"none"}, lasting));
  CHECK_FALSE(takes({"none"}, expiring(kNow + 1)));
  CHECK(takes({"<1h"}, expiring(kNow + kHour - 1)));
  CHECK_FALSE(takes({"<1h"}, expiring(kNow + kHour)));
  CHECK(takes({"<1h"}, expiring(kNow - 1)));  // expired
  CHECK_FALSE(takes({"<1h"}, lasting));
  CHECK(takes({">1h"}, expiring(kNow + kHour + 1)));
  CHECK_FALSE(takes({">1h"}, expiring(kNow + kHour)));
  CHECK_FALSE(takes({">1h"}, lasting));
  CHECK(takes({">1h", "<2h", "any"}, expiring(kNow + kHour + 1)));
  CHECK_FALSE(takes({">1h", "<2h"}, expiring(kNow + 2 * kHour)));
}

TEST_CASE("select: what is left of a TTL may be more than an int64") {
  Selection late(-2);
  REQUIRE(late.prepare({.ttls = {">1h"}}));
  CHECK(late.takes(expiring(std::numeric_limits<int64_t>::max())));
  Selection early = selection({.ttls = {"<1h"}});
  CHECK(early.takes(expiring(std::numeric_limits<int64_t>::min())));
}

// valkey 8.0.1 src/rdb.c, rdbLoadRioWithLoadingCtx: expired is what was to expire before now.
TEST_CASE("select: expired keys stay unless they are to be dropped") {
  CHECK(selection({}).takes(expiring(kNow - 1)));
  Selection drop = selection({.drop_expired = true});
  CHECK_FALSE(drop.takes(expiring(kNow - 1)));
  CHECK(drop.takes(expiring(kNow)));
  CHECK(drop.takes(entry("k")));
  CHECK(drop.left_out(Filter::expired) == 1);
}

TEST_CASE("select: sizes are bounds") {
  Selection some = selection({.sizes = {">100", "<64k"}});
  CHECK_FALSE(some.takes_size(100));
  CHECK(some.takes_size(101));
  CHECK(some.takes_size(65535));
  CHECK_FALSE(some.takes_size(65536));
  CHECK_FALSE(some.takes_size(UINT64_MAX));
  CHECK(some.left_out(Filter::size) == 3);
  CHECK(some.sizes().min == 101);
  CHECK(some.sizes().max == 65535);
}

TEST_CASE("select: the first filter that does not take a key is counted") {
  Selection some = selection({.keys = {"a*"}, .types = {"hash"}, .slots = {"0"}});
  CHECK_FALSE(some.takes(entry("b")));
  CHECK_FALSE(some.takes(entry("a")));
  CHECK_FALSE(some.takes(entry("a", 0, kHash)));
  CHECK(some.left_out(Filter::key) == 1);
  CHECK(some.left_out(Filter::type) == 1);
  CHECK(some.left_out(Filter::slot) == 1);
  CHECK(name(Filter::db) == "db");
  CHECK(name(Filter::slot) == "slot");
  CHECK(name(Filter::size) == "size");
}

TEST_CASE("select: options that cannot be read are refused") {
  CHECK(refused({.types = {"tree"}}) ==
        "--type \"tree\": is none of string, list, set, zset, hash, stream, module, nor how one is "
        "stored, such as hash-ziplist");
  CHECK(refused({.excluded_types = {"Hash"}}).starts_with("--exclude-type \"Hash\": is none of "));
  CHECK(refused({.regexes = {"a", "a("}}) == "--regex \"a(\": missing ): a(");
  CHECK(refused({.excluded_regexes = {"[a"}}) == "--exclude-regex \"[a\": missing ]: [a");
  CHECK(refused({.slots = {"1", "1-2"}}) == "--slot: slot 1 is in both 1 and 1-2");
  CHECK(refused({.slots = {"2-1"}}) == "--slot: the range 2-1 ends before it begins");
  CHECK(refused({.slots = {""}}) ==
        "--slot: \"\" is no slot from 0 to 16383 and no range FIRST-LAST of them");
  CHECK(refused({.ttls = {"1h"}}) ==
        "--ttl: \"1h\" begins with neither < nor >; any and none are known, too");
  CHECK(refused({.ttls = {"<1"}}) ==
        "--ttl: \"1\" is no duration such as 500ms, 30s, 15m, 12h, 7d or 2w; any and none are "
        "known, too");
  CHECK(refused({.sizes = {"<x"}}) == "--size: \"x\" is no size such as 512, 64k, 1M or 2GB");
}

TEST_CASE("select: options that contradict each other are refused") {
  const std::string nothing = ": leaves nothing of what was given before it";
  CHECK(refused({.dbs = {1, 3}, .excluded_dbs = {3}}) == "--db 3: also given to --exclude-db");
  CHECK(refused({.keys = {"a*"}, .excluded_keys = {"a*"}}) ==
        "--key \"a*\": also given to --exclude-key");
  CHECK(refused({.regexes = {"a"}, .excluded_regexes = {"a"}}) ==
        "--regex \"a\": also given to --exclude-regex");
  CHECK(refused({.types = {"hash"}, .excluded_types = {"hash"}}) ==
        "--exclude-type: leaves no type");
  CHECK(refused({.types = {"hash-ziplist"}, .excluded_types = {"hash"}}) ==
        "--exclude-type: leaves no type");
  CHECK(refused({.ttls = {"none", "<1h"}}) == "--ttl \"<1h\"" + nothing);
  CHECK(refused({.ttls = {"any", "none"}}) == "--ttl \"none\"" + nothing);
  CHECK(refused({.ttls = {"<1h", ">1h"}}) == "--ttl \">1h\"" + nothing);
  CHECK(refused({.ttls = {">1h", "<3600001ms"}}) == "--ttl \"<3600001ms\"" + nothing);
  CHECK(refused({.sizes = {">1k", "<1k"}}) == "--size \"<1k\"" + nothing);
  CHECK(refused({.sizes = {"<0"}}) == "--size \"<0\"" + nothing);
}

TEST_CASE("select: a list that cannot be read, or names nothing, is refused") {
  const ListFile empty("\r\n");
  CHECK(refused({.lists = {empty.path()}}) == empty.path() + ": names no key");
  const ListFile bad("a\n\"\n");
  CHECK(refused({.lists = {bad.path()}}).starts_with(bad.path() + ": line 2 begins with a quote"));
  Selection none(kNow);
  CHECK_FALSE(none.prepare({.lists = {"/nonexistent"}}));
  CHECK(none.error().code == Code::open_failed);
  CHECK(none.about() == "/nonexistent");
}

}  // namespace rdb
