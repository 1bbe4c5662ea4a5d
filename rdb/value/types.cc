// THE table of value types, and nothing else.
#include <array>

#include "rdb/value/decode.h"
#include "rdb/value/type.h"

namespace rdb {
namespace {

using enum Dialect;

constexpr Type kTypes[] = {
    {0, redis, Kind::string, "string", 1, decode_string},
    {1, redis, Kind::list, "list", 1, decode_list},
    {2, redis, Kind::set, "set", 1, decode_set},
    {3, redis, Kind::zset, "zset", 1, decode_zset_text},
    {4, redis, Kind::hash, "hash", 1, decode_hash},
    {5, redis, Kind::zset, "zset-2", 8, decode_zset_binary},
    {6, redis, Kind::module, "module-pre-ga", 8, nullptr},
    {7, redis, Kind::module, "module-2", 8, decode_module},
    {9, redis, Kind::hash, "hash-zipmap", 2, decode_hash_zipmap},
    {10, redis, Kind::list, "list-ziplist", 2, decode_list_ziplist},
    {11, redis, Kind::set, "set-intset", 2, decode_set_intset},
    {12, redis, Kind::zset, "zset-ziplist", 2, decode_zset_ziplist},
    {13, redis, Kind::hash, "hash-ziplist", 4, decode_hash_ziplist},
    {14, redis, Kind::list, "list-quicklist", 7, decode_quicklist},
    {15, redis, Kind::stream, "stream-listpacks", 9, decode_stream_1},
    {16, redis, Kind::hash, "hash-listpack", 10, decode_hash_listpack},
    {17, redis, Kind::zset, "zset-listpack", 10, decode_zset_listpack},
    {18, redis, Kind::list, "list-quicklist-2", 10, decode_quicklist_2},
    {19, redis, Kind::stream, "stream-listpacks-2", 10, decode_stream_2},
    {20, redis, Kind::set, "set-listpack", 11, decode_set_listpack},
    {21, redis, Kind::stream, "stream-listpacks-3", 11, decode_stream_3},
    {22, valkey, Kind::hash, "hash-2", 80, decode_hash_expiring},
    {23, valkey, Kind::hash, "path-hash", 81, nullptr},
    {22, redis_ce, Kind::hash, "hash-metadata-pre-ga", 12, decode_hash_metadata_pre_ga},
    {23, redis_ce, Kind::hash, "hash-listpack-ex-pre-ga", 12, decode_hash_listpack_ex_pre_ga},
    {24, redis_ce, Kind::hash, "hash-metadata", 12, decode_hash_metadata},
    {25, redis_ce, Kind::hash, "hash-listpack-ex", 12, decode_hash_listpack_ex},
    {26, redis_ce, Kind::stream, "stream-listpacks-4", 13, nullptr},
    {27, redis_ce, Kind::stream, "stream-listpacks-5", 14, nullptr},
    {28, redis_ce, Kind::list, "array", 14, nullptr},
    {29, redis_ce, Kind::hash, "hash-template-listpack", 15, nullptr},
    {30, redis_ce, Kind::hash, "hash-template-listpack-ref", 15, nullptr},
    {31, redis_ce, Kind::hash, "hash-template-array", 15, nullptr},
    {32, redis_ce, Kind::hash, "hash-template-array-ref", 15, nullptr},
    {33, redis_ce, Kind::string, "gcra", 14, nullptr},
};

using Index = std::array<std::array<uint8_t, 256>, 3>;
constexpr uint8_t kNone = 0xff;

// A duplicate of (dialect, id) does not compile.
constexpr Index kIndex = [] {
  Index index{};
  for (auto& dialect : index) dialect.fill(kNone);
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    for (const Dialect dialect : {redis, valkey, redis_ce}) {
      if (kTypes[i].dialect != redis && kTypes[i].dialect != dialect) continue;
      uint8_t& slot = index[static_cast<size_t>(dialect)][kTypes[i].id];
      if (slot != kNone) throw "two types of one dialect have the same id";
      slot = static_cast<uint8_t>(i);
    }
  }
  return index;
}();

}  // namespace

const Type* find_type(Dialect dialect, uint8_t id) {
  const uint8_t row = kIndex[static_cast<size_t>(dialect)][id];
  return row == kNone ? nullptr : &kTypes[row];
}

std::span<const Type> types() { return kTypes; }

std::string_view name(Kind kind) {
  constexpr std::string_view kNames[] = {"string", "list",   "set",   "zset",
                                         "hash",   "stream", "module"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace rdb
