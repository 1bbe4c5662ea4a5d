// rdbferry convert: writes the file that the target loads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/common.h"

namespace cli {

struct ConvertOptions {
  CommonOptions common;
  std::string in;
  std::string out;
  std::string target = "valkey-8.0";
  std::vector<std::string> modules;
  uint64_t databases = 0;  // 0: as the target has by default
  bool keep_replication_id = false;
  bool reencode = false;
  std::vector<std::string> reencode_types;
  std::string compress = "";  // lzf, none, or empty: lzf, and it changes nothing that is copied
  std::vector<std::string> allowed_losses;
  bool is_dry = false;
  rdb::SelectOptions select;
  std::string expired = "keep";  // keep, drop
  rdb::ChangeOptions change;
  bool allow_empty = false;
  bool drop_functions = false;
  std::vector<std::string> dropped_modules;
  bool force = false;
  std::optional<std::string> wrap;     // none, gzip, zstd, lz4; not given: by the suffix of `out`
  std::string on_duplicate = "error";  // error, first, last
  uint64_t max_memory = rdb::Duplicates::kMemoryDefault;
};

int run(const ConvertOptions& options);

}  // namespace cli
