// rdbferry salvage: what a damaged file still holds, as a file that the target loads.
#pragma once

#include <optional>
#include <string>

#include "cli/carry.h"

namespace cli {

struct SalvageOptions : CarryOptions {
  std::string out;
  std::optional<std::string> report;   // where the losses go as JSON
  std::optional<std::string> orphans;  // file of keys whose database is not known
  std::optional<uint64_t> orphans_db;
  std::optional<uint64_t> max_loss;
};

int run(const SalvageOptions& options);

}  // namespace cli
