// rdbferry explain: the annotated bytes of one record.
#pragma once

#include <optional>
#include <string>

#include "cli/common.h"

namespace cli {

struct ExplainOptions {
  CommonOptions common;
  std::string file;
  std::optional<uint64_t> offset;
  std::optional<std::string> key;
  std::optional<uint64_t> db;
  bool all = false;
};

int run(const ExplainOptions& options);

}  // namespace cli
