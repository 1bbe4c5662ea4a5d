// rdbferry digest: numbers that say whether two sets of data are the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/common.h"

namespace cli {

struct DigestOptions {
  CommonOptions common;
  std::vector<std::string> files;
  std::string format = "xxh3";  // xxh3, redis
  std::string target;           // empty: the server that wrote the file
  bool as_loaded = false;
  std::optional<std::string> key;
  uint64_t db = 0;
};

int run(const DigestOptions& options);

// A member with a count and a digest.
bool json_digest(rdb::Json& json, std::string_view name, const rdb::ContentSum& sum);

}  // namespace cli
