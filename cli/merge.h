// rdbferry merge: joins several files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/carry.h"

namespace cli {

struct MergeOptions : CarryOptions {
  std::vector<std::string> files;  // the last of them is written, without `output`
  std::string output;
  std::string on_function_conflict = "error";  // error, first, last
  std::optional<std::string> wrap;             // as of convert
};

int run(const MergeOptions& options);

}  // namespace cli
