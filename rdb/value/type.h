// Value types: one table row each (types.cc), found by dialect and type byte. Statistics, JSON and
// the documentation take their names from the rows.
// Source: redis 7.2.6, valkey 8.0.1 and valkey 9.1 src/rdb.h; redis 7.4.1 src/rdb.h for 22-25.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rdb {

struct Decoding;

enum class Kind : uint8_t { string, list, set, zset, hash, stream, module };

// Which meaning a type byte has: 22 is one thing under the magic REDIS and another under VALKEY.
enum class Dialect : uint8_t {
  redis,     // REDIS0001 to REDIS0011, the formats that are open
  valkey,    // VALKEY080 and later
  redis_ce,  // REDIS0012 and later
};

struct Type {
  uint8_t id;
  Dialect dialect;  // the first that has it; valkey and redis_ce have all rows of redis too
  Kind kind;
  std::string_view name;
  uint16_t since;  // the RDB version that introduced it
  // Walks one value at the cursor; nullptr: the layout is not known or nothing frames it.
  bool (*decode)(Decoding&);
};

// nullptr: no such type in that dialect.
[[nodiscard]] const Type* find_type(Dialect dialect, uint8_t id);

[[nodiscard]] std::span<const Type> types();

[[nodiscard]] std::string_view name(Kind kind);

}  // namespace rdb
