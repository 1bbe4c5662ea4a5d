// rdbferry check: is a file sound, and does it hold what it should?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/common.h"
#include "cli/library_process.h"
#include "rdb/server/loading.h"

namespace cli {

struct CheckOptions {
  CommonOptions common;
  std::vector<std::string> files;
  std::vector<std::string> expect;  // `db0=6286`, or a file with captured INFO KEYSPACE
  bool quick = false;               // framing, checksum, counts
  bool require_checksum = false;
  bool cluster = false;
  std::string manifest;         // to prove the one file by
  std::string slots;            // of the cluster node; empty: all
  std::string target;           // empty: none
  std::string sanitize = "no";  // its sanitize-dump-payload
  std::string version_check = "strict";
  rdb::Loading loading;  // its other settings
  uint64_t max_findings = 100;
  uint64_t library_time_s = kLibraryTimeDefault;
};

int run(const CheckOptions& options);

}  // namespace cli
