#include "rdb/file/product.h"

#include <algorithm>
#include <charconv>

#include "rdb/base/word.h"

namespace rdb {
namespace {

// Source: KeyDB 6.3.4 src/rdb.h, src/rdb.cpp rdbSaveObject.
constexpr ForeignItem kKeydbItems[] = {{64, false, "cron", "s88l(s)l(s)"}};

// Source: dragonfly 1.40.1 and later (f8eca6d) src/server/rdb_extensions.h, rdb_save.cc,
// rdb_load.cc. 20 is what 30 was at first; it writes no other 20.
constexpr ForeignItem kDragonflyItems[] = {
    {20, false, "json-old", "s"},
    {30, false, "json", "s"},
    {31, false, "hash-with-expiry", "l(sss)"},
    {32, false, "set-with-expiry", "l(ss)"},
    {33, false, "bloom-filter", "l88llll(ls)"},
    {34, false, "bloom-filter-2", "l88llll(lc)"},
    {35, false, "count-min-sketch", "m"},
    {36, false, "top-k", "llll8l(sl)s"},
    {37, false, "cuckoo-filter", "lllllll(c)"},
    {200, true, "fullsync-end", "8"},
    {201, true, "compressed-zstd-blob", "s"},
    {202, true, "compressed-lz4-blob", "s"},
    {203, true, "compressed-blob-end", ""},
    {210, true, "journal-blob", "ls"},
    {211, true, "journal-offset", "8"},
    {220, true, "key-flags", "f"},
    {222, true, "vector-index", ""},
    {223, true, "shard-doc-index", "lsl(sl)"},
    {224, true, "tagged-chunk", "t"},
};

// Source: Redis-On-Rocks 2.2.5 (a2c45fc) src/rdb.h, src/ctrip_swap_rordb.h, ctrip_swap_rordb.c,
// ctrip_swap_bitmap.c.
constexpr ForeignItem kXredisItems[] = {
    {16, false, "bitmap", "p"},
    {128, true, "rordb-object-flags", "1"},
    {129, true, "rordb-swap-version", "l"},
    {130, true, "rordb-sst", "ss"},
    {131, true, "rordb-cold-key-num", "l"},
    {132, true, "rordb-cuckoo-filter", ""},
    {133, true, "rordb-hash", "sls"},
    {134, true, "rordb-set", "sls"},
    {135, true, "rordb-zset", "sls"},
    {136, true, "rordb-list", "sls"},
    {137, true, "rordb-bitmap", "sls"},
};

// Source: librdb 2.1.0 (35f0f1a) src/lib/defines.h, src/lib/parser.c.
constexpr ForeignItem kEnterpriseItems[] = {
    {101, true, "GCAS", ""},
    {102, true, "GFLAGS", ""},
    {107, true, "RAM_LRU", "l"},
    {121, true, "SLOT_NUM", "l"},
};

struct Row {
  Product product;
  std::string_view name;
  std::span<const ForeignItem> items;
  // The RDB version of files that no AUX field tells; 0: it may be any, none: every file is told.
  static constexpr unsigned kNone = ~0U;
  unsigned untold;
};

constexpr Row kRows[] = {
    {Product::redict, "Redict", {}, Row::kNone},
    {Product::keydb, "KeyDB", kKeydbItems, 9},
    {Product::dragonfly, "Dragonfly", kDragonflyItems, Row::kNone},
    {Product::xredis, "XRedis (Redis-On-Rocks)", kXredisItems, 9},
    {Product::enterprise, "Redis Enterprise", kEnterpriseItems, 0},
};

struct Clue {
  std::string_view aux;
  Product product;
};

constexpr Clue kClues[] = {
    // KeyDB 5.3.3 and 6.3.4 src/rdb.cpp; the middle two are of active replicas.
    {"keydb-subexpire-key", Product::keydb},
    {"mvcc-tstamp", Product::keydb},
    {"repl-masters", Product::keydb},
    // dragonfly src/server/rdb_save.cc, SaveAux
    {"df-ver", Product::dragonfly},
    // xredis-gtid (9b56252) xredis/xredis_gtid_rdb.c; Redis-On-Rocks src/ctrip_swap_rordb.h
    {"gtid-repl-mode", Product::xredis},
    {"gtid-executed", Product::xredis},
    {"gtid-lost", Product::xredis},
    {"rordb", Product::xredis},
    // librdb test/dumps/redis_ent_opcode_ram_lru.rdb, of a database with flash memory
    {"big-used-ram", Product::enterprise},
    {"bigdb-ram-keys", Product::enterprise},
};

struct Version {
  int major = -1;
  int minor = -1;
  int patch = -1;
};

Version parse_version(std::string_view text) {
  Version out;
  for (int* const part : {&out.major, &out.minor, &out.patch}) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *part);
    if (read.ec != std::errc{}) return {};
    text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
  }
  return out;
}

// Release candidates of Redis 7.4 call themselves 7.3.240 and 7.3.241, and so of other versions.
constexpr int kCandidates = 100;

Product product_of_version(const Version& v, unsigned rdb_version) {
  if (v.patch < 0 || v.patch >= kCandidates || v.minor != 3) return Product::none;
  if (v.major == 7 && rdb_version == 12) return Product::redict;
  return v.major == 6 && rdb_version == 9 ? Product::keydb : Product::none;
}

// Source: redis-replicator for Tair (com.tair.cli.ext.enterprise.Tairs). Types that Alibaba has
// published as modules for any server are left out: exstrtype, tairhash-, tairzset_.
constexpr std::string_view kTairModules[] = {"exhash---", "tair-json", "exgistype", "exbloom--",
                                             "tairroar-"};

}  // namespace

std::string_view name(Product product) {
  const auto* const row = std::find_if(std::begin(kRows), std::end(kRows),
                                       [product](const Row& r) { return r.product == product; });
  return row == std::end(kRows) ? "" : row->name;
}

Product product_of_aux(std::string_view name, std::string_view value, unsigned version) {
  if (name == "redis-ver") return product_of_version(parse_version(value), version);
  for (const Clue& clue : kClues) {
    if (is_same_word(name, clue.aux)) return clue.product;
  }
  return Product::none;
}

const ForeignItem* find_item(Product product, uint8_t id) {
  for (const Row& row : kRows) {
    if (row.product != product) continue;
    for (const ForeignItem& item : row.items) {
      if (item.id == id) return &item;
    }
  }
  return nullptr;
}

Product product_of_item(uint8_t id, unsigned version) {
  for (const Row& row : kRows) {
    const bool may_be = row.untold == 0 || row.untold == version;
    if (may_be && find_item(row.product, id) != nullptr) return row.product;
  }
  return Product::none;
}

// KeyDB released 5.0.0 to 5.3.3, 6.0.0 to 6.0.18, 6.2.0 to 6.2.2 and 6.3.x, and writes members'
// expiries since 5.1.0 (its tags and src/rdb.cpp there).
bool may_be_keydb(std::string_view redis_ver) {
  const Version v = parse_version(redis_ver);
  if (v.patch < 0 || v.major > 9) return true;  // what is not a release may be anything
  if (v.patch >= kCandidates) return false;
  if (v.major == 5) return v.minor != 0;
  if (v.major != 6) return false;
  constexpr int kLast60 = 18;
  constexpr int kLast62 = 2;
  return v.minor == 0 ? v.patch <= kLast60 : v.minor == 2 ? v.patch <= kLast62 : v.minor == 3;
}

bool is_tair_module(std::string_view type_name) {
  return std::find(std::begin(kTairModules), std::end(kTairModules), type_name) !=
         std::end(kTairModules);
}

}  // namespace rdb
