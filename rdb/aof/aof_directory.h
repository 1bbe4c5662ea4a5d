// A directory of append-only files, as servers from 7.0 on keep it:
//   appendonlydir/appendonly.aof.manifest     aof_manifest.h
//   appendonlydir/appendonly.aof.1.base.rdb   an RDB file, commands, or both; at most one
//   appendonlydir/appendonly.aof.1.incr.aof   commands; any number
// A server loads the base first and then the increments in the order of the manifest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/aof/aof_manifest.h"
#include "rdb/base/error.h"
#include "rdb/server/loading.h"

namespace rdb {

// Adds that a target before 7.0 reads no directory of append-only files.
void find_directory(const Loading& loading, std::vector<Finding>& findings);

// Not thread-safe; distinct objects are independent.
class AofDirectory {
 public:
  struct Member : AofFile {
    std::string path = {};
    uint64_t size = 0;  // in bytes
    // Why a server does not start with it, or an empty string. It needs no file of the history.
    std::string problem = {};
    bool is_missing = false;
  };

  // True if `path` names a directory, or a regular file `*.manifest`.
  [[nodiscard]] static bool is_one(const std::string& path);

  // Reads the manifest at `path`, or the one in the directory there, and looks for its files. May
  // be called once.
  [[nodiscard]] Error open(const std::string& path);
  // Returns why a server does not start: `missing_file` or `bad_manifest` for the first member with
  // a problem.
  [[nodiscard]] Error problem() const;

  [[nodiscard]] const std::string& manifest() const { return manifest_; }  // its path
  // In the order of the manifest.
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  // Returns nullptr if there is none, or one of 0 bytes.
  [[nodiscard]] const Member* base() const;
  // In the order in which they are loaded.
  [[nodiscard]] std::vector<const Member*> increments() const;

 private:
  [[nodiscard]] Error find_manifest(const std::string& directory);
  [[nodiscard]] Error read_manifest();
  void find(const AofFile& file, const std::string& folder);

  std::string manifest_;
  std::vector<Member> members_;
};

}  // namespace rdb
