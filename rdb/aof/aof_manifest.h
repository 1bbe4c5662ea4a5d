// The manifest of a directory of append-only files: which files there are, and in which order a
// server loads them.
//   ( # comment | file <name> seq <number> type b|h|i )\n ...
// The pairs may stand in any order, and further pairs are ignored (Redis 8.6 adds startoffset).
// Words may be quoted, with the escapes of a server's configuration.
// Source: valkey 8.0.1 src/aof.c, aofLoadManifestFromFile; src/sds.c, sdssplitargs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"

namespace rdb {

struct AofFile {
  enum class Type : uint8_t { base, history, increment } type = Type::base;
  std::string name;  // within the directory
  int64_t seq = 0;
};

[[nodiscard]] std::string_view name(AofFile::Type type);

// Servers read lines of up to 1024 bytes. A manifest has a few; more is not read.
inline constexpr size_t kManifestBytesMax = size_t{1} << 20;

// Parses a manifest as servers do; `to` gets its files in the order of their lines. Returns why
// servers do not start on it: `bad_manifest`, with the number of the line in its words.
[[nodiscard]] Error parse_aof_manifest(std::string_view text, std::vector<AofFile>& to);

// Returns the text of a manifest of these files.
[[nodiscard]] std::string format_aof_manifest(const std::vector<AofFile>& files);

}  // namespace rdb
