// rdbferry convert: writes the file that the target loads.
#pragma once

#include <optional>
#include <string>

#include "cli/carry.h"

namespace cli {

struct ConvertOptions : CarryOptions {
  std::string out;
  std::string aof_dir;              // instead of `out`
  std::optional<std::string> wrap;  // none, gzip, zstd, lz4; not given: by the suffix of `out`
};

int run(const ConvertOptions& options);

}  // namespace cli
