// rdbferry split: divides a file by cluster slot or by database.
#pragma once

#include <string>

#include "cli/carry.h"

namespace cli {

struct SplitOptions : CarryOptions {
  std::string out_dir;
  // One of these.
  std::string slots;       // 0-5460,5461-10922,10923-16383
  std::string nodes_conf;  // a file
  unsigned nodes = 0;
  bool by_db = false;
};

int run(const SplitOptions& options);

}  // namespace cli
