// Files under testdata/ and what the servers that wrote them said of them. Tests run in the root of
// the repository.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rdb {

[[nodiscard]] std::string read_whole_file(const std::string& path);

// The paths of the .rdb files in a folder and below it, sorted.
[[nodiscard]] std::vector<std::string> rdb_files(const std::string& folder);

using Counts = std::map<std::string, uint64_t>;

// The record of testdata/MANIFEST beside a snapshot, by its path.
struct ServerRecord {
  std::string header;
  Counts types;      // by name, `_` between words
  Counts opcodes;    // likewise
  Counts encodings;  // of strings and scores
  Counts keys;       // by database
  Counts expires;
  std::map<std::string, std::string> aux;
  std::string checksum;  // sixteen hexadecimal digits, or what stands for none
};
[[nodiscard]] ServerRecord server_record(const std::string& rdb_path);

// The lines of testdata/MANIFEST: file, server, case.
struct ManifestLine {
  std::string file;
  std::string server;
  std::string case_name;
};
[[nodiscard]] std::vector<ManifestLine> manifest();

}  // namespace rdb
