// The records of a file, one struct for all: most are entries, a key with its value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rdb/file/members.h"
#include "rdb/file/product.h"
#include "rdb/value/sink.h"
#include "rdb/value/type.h"

namespace rdb {

enum class RecordKind : uint8_t {
  aux,          // name; the payload is its value, a string
  function,     // the payload is the library's source, a string
  module_aux,   // module, when; the payload is module items
  hint,         // RESIZEDB: keys, expires
  slot_info,    // slot, keys, expires
  slot_import,  // name of the job; ranges are checked and dropped
  entry,        // key, type and what follows; the payload is the value
  foreign,      // a key of a type that only another product has; no payload (ReaderOptions)
  stray,        // the expiry of a member that was not told with its key; no payload (likewise)
};

// What may stand before a key.
struct Lifetime {
  std::optional<int64_t> expire_ms;  // unix time; the file's -1 is none, as servers take it
  std::optional<uint64_t> idle_s;
  std::optional<uint8_t> freq;  // 0 to 255

  // Servers drop such a key on load (valkey 8.0.1 src/rdb.c, rdbLoadRioWithLoadingCtx).
  [[nodiscard]] bool is_expired(int64_t now_ms) const { return expire_ms && *expire_ms < now_ms; }
};

// The members of one kind are set, the others stale. Views live until the next Reader::next().
struct Record {
  RecordKind kind = RecordKind::entry;
  uint64_t offset = 0;  // in the file, of the first byte of the record, its expiry included
  uint64_t db = 0;

  // entry
  std::string_view key;
  const Type* type = nullptr;
  Lifetime lifetime;
  // The AUX field mvcc-tstamp of the key, which KeyDB writes; empty: it has none.
  std::string_view key_time;
  // When members of the value expire (members.h), which no sink is told unasked; nullptr: never.
  const MemberExpiries* members = nullptr;

  // foreign: key and lifetime as well
  const ForeignItem* item = nullptr;

  // stray: `name` is the member; key and type are those of the key if there is one
  std::string_view why;
  bool is_late = false;  // it is that of the key; false: of none that is known

  // the others
  std::string_view name;
  // A function in the form of the 7.0 release candidates: its engine; `name` is that of the library
  // and the payload the code without the line "#!engine name=".
  std::string_view engine;
  bool is_pre_ga = false;
  ModuleId module;
  uint64_t when = 0;  // module AUX: 1 before the keys, 2 after
  uint64_t slot = 0;
  uint64_t keys = 0;
  uint64_t expires = 0;
};

}  // namespace rdb
