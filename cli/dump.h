// rdbferry dump: every key and value, losslessly.
#pragma once

#include <string>

#include "cli/common.h"

namespace cli {

struct DumpOptions {
  CommonOptions common;
  std::string file;
  std::string output = "-";
  bool force = false;
  std::string bytes = "auto";  // auto, latin1, base64
};

int run(const DumpOptions& options);

}  // namespace cli
