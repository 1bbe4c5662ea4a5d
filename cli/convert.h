// rdbferry convert: writes the file that the target loads.
#pragma once

#include <cstdint>
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
  bool force = false;
  std::string on_duplicate = "error";  // error, first, last
  uint64_t max_memory = rdb::Duplicates::kMemoryDefault;
};

int run(const ConvertOptions& options);

}  // namespace cli
