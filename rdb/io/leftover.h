// What a run that was killed left beside an output: a file or directory under a temporary name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rdb {

struct Leftover {
  enum class Fate {
    left,  // nobody asked for its removal
    removed,
    kept,  // it holds other files as well, or cannot be removed
  };
  std::string path;
  Fate fate = Fate::left;
};

// Holds a temporary file or directory of this process, which is open, so that no other process
// takes it for a leftover: until the last descriptor of this opening is closed. False: another
// process is about to remove it.
[[nodiscard]] bool lock_temporary(int descriptor);
// The same for one that has a name already. False also if that has been removed.
[[nodiscard]] bool lock_named_temporary(int descriptor);

// Returns what earlier runs left beside `path`: what has the name of a temporary file for it, and
// is held by no process. `removes`: removes regular files, and directories with nothing but regular
// files of names that `is_own` knows. What cannot be read is not found.
[[nodiscard]] std::vector<Leftover> find_leftovers(const std::string& path, bool removes,
                                                   bool (*is_own)(std::string_view name) = nullptr);

}  // namespace rdb
