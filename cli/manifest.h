// rdbferry manifest: what a file is, to prove copies of it by later.
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"

namespace cli {

struct ManifestOptions {
  CommonOptions common;
  std::string file;
  std::string output = "-";
  bool force = false;
};

int run(const ManifestOptions& options);

// For `check --manifest`: the text of the manifest at `path`.
[[nodiscard]] rdb::Error read_manifest(const std::string& path, std::string& text);
// Reads the file of an input that was opened anew and adds what is otherwise than the manifest
// says; `input_changed`: another file, or another state of it, is at the path now.
[[nodiscard]] rdb::Error compare_manifest(const std::string& manifest, const InputFile& input,
                                          const CommonOptions& options,
                                          std::vector<rdb::Finding>& findings);

}  // namespace cli
