// Files as KeyDB 6.3.4 writes them (src/rdb.cpp, rdbSaveInfoAuxFields, rdbSaveKeyValuePair).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/rdb_file.h"

namespace rdb {

// Up to the first key.
[[nodiscard]] inline RdbFile keydb() {
  return RdbFile("REDIS0009").aux("redis-ver", "6.3.4").select(0);
}

[[nodiscard]] inline std::string aux_field(std::string_view name, std::string_view value) {
  return '\xfa' + rdb_string(name) + rdb_string(value);
}

// What stands behind the value of a key for each of its members that expires.
[[nodiscard]] inline std::string member_expiry(std::string_view member, int64_t ms) {
  return aux_field("keydb-subexpire-key", member) +
         aux_field("keydb-subexpire-when", std::to_string(ms));
}

// What stands before a key of an active replica.
[[nodiscard]] inline std::string key_time(uint64_t time) {
  return aux_field("mvcc-tstamp", std::to_string(time));
}

}  // namespace rdb
