// rdbferry diff: which keys differ between two files, and how.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/common.h"

namespace cli {

struct DiffOptions {
  CommonOptions common;
  std::string a;
  std::string b;
  bool verbose = false;
  std::vector<std::string> ignored;  // of kIgnorable
  uint64_t max_differences = 100;
};

inline constexpr const char* kIgnorable[] = {
    "ttl", "expired", "functions", "field_expiries", "stream_history", "stream_activity"};

int run(const DiffOptions& options);

}  // namespace cli
