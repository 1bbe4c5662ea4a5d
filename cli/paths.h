// The files of a command, before it opens any: no output is an input, and no two outputs are one
// file, whatever their paths are called.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/io/leftover.h"
#include "rdb/io/same_file.h"

namespace cli {

class Paths {
 public:
  // A file to read; "-" is standard input. Of a directory of append-only files all its files are.
  void add_input(const std::string& path);
  void add_inputs(const std::vector<std::string>& paths);
  // A file to write, or with a path that is empty none; "-" is standard output. `name`: of the
  // argument, as a message calls it.
  void add_output(const std::string& path, std::string_view name);
  // A directory to write, which may replace the files in it.
  void add_directory(const std::string& path, std::string_view name);

  // Returns `same_file` or `same_output` if two are the same, with `shown` for the message, or ok.
  [[nodiscard]] rdb::Error find_shared(std::string& shown) const;
  // Says so on standard error, and returns the exit status.
  [[nodiscard]] int refuse() const;

 private:
  struct Output {
    std::string path;
    std::string name;
    rdb::FileIdentity identity;
  };

  void add_file(const std::string& path);

  std::vector<rdb::FileIdentity> inputs_;
  std::vector<Output> outputs_;
};

// Says on standard error, of an output that is open, what killed runs left beside it.
void tell_leftovers(const std::vector<rdb::Leftover>& leftovers, const std::string& output);

}  // namespace cli
