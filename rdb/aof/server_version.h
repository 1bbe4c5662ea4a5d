// The versions that differ in what they make of append-only files.
// Source: redis 7.0.15 and valkey 8.0.1, 8.1.1 and 9.1.2, started on such files.
#pragma once

#include <cstdint>

#include "rdb/server/target.h"

namespace rdb {

// Versions with a command table of their own, in order: each has all commands of those before it.
// Valkey 7.2 is redis_7_2.
enum class ServerVersion : uint8_t {
  redis_2_6,
  redis_2_8,
  redis_3_0,
  redis_3_2,
  redis_4_0,
  redis_5_0,
  redis_6_0,
  redis_6_2,
  redis_7_0,
  redis_7_2,
  valkey_8_0,
  valkey_8_1,
  valkey_9_0,
  valkey_9_1,
};
inline constexpr ServerVersion kNewest = ServerVersion::valkey_9_1;

[[nodiscard]] ServerVersion version_of(const Target& target);

// Subcommands are commands of their own from 7.0 on, with names such as "xgroup|create".
inline constexpr ServerVersion kHasSubcommands = ServerVersion::redis_7_0;
// From here on a wrong number of arguments stops the loading; before, too few of them end the
// process and others are whatever the command makes of them.
inline constexpr ServerVersion kCountsArguments = ServerVersion::valkey_8_1;
// Annotations (#TS:) and directories with a manifest.
inline constexpr ServerVersion kHasAnnotations = ServerVersion::redis_7_0;
// Append-only files that begin with an RDB part.
inline constexpr ServerVersion kHasPreamble = ServerVersion::redis_4_0;

}  // namespace rdb
