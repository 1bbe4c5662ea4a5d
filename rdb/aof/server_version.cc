#include "rdb/aof/server_version.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace rdb {
namespace {

using enum ServerVersion;

struct Row {
  std::string_view target;
  ServerVersion version;
};

constexpr Row kRows[] = {
    {"redis-2.6", redis_2_6},   {"redis-2.8", redis_2_8},   {"redis-3.0", redis_3_0},
    {"redis-3.2", redis_3_2},   {"redis-4.0", redis_4_0},   {"redis-5.0", redis_5_0},
    {"redis-6.0", redis_6_0},   {"redis-6.2", redis_6_2},   {"redis-7.0", redis_7_0},
    {"redis-7.2", redis_7_2},   {"valkey-7.2", redis_7_2},  {"valkey-8.0", valkey_8_0},
    {"valkey-8.1", valkey_8_1}, {"valkey-9.0", valkey_9_0}, {"valkey-9.1", valkey_9_1},
};

}  // namespace

ServerVersion version_of(const Target& target) {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return r.target == target.name; });
  return row != std::end(kRows) ? row->version : kNewest;
}

}  // namespace rdb
