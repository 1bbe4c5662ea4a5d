// rdbferry info: what a file says of itself.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"

namespace cli {

struct InfoOptions {
  CommonOptions common;
  std::vector<std::string> files;
  bool keyspace = false;  // only the lines of INFO KEYSPACE
  bool header = false;    // only what stands before the first key
};

int run(const InfoOptions& options);

}  // namespace cli
