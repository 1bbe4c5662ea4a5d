// Whether two paths lead to one file, also one that is not there yet: hard links, symbolic links,
// mounts of a directory in two places, and names that the file system takes for one.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace rdb {

// What a path leads to. A file that is not there yet is known by its directory and its name there.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  std::string name = {};       // empty: the file exists
  std::string directory = {};  // with its slash, or empty; of a file that is not there yet

  [[nodiscard]] bool exists() const { return name.empty(); }
};

// Returns the identity of the regular file, block device or directory at `path`, or of the file
// that would be made there. Empty for pipes and other devices, and where nothing can be made.
[[nodiscard]] std::optional<FileIdentity> identify(const std::string& path);
// The same of an open file.
[[nodiscard]] std::optional<FileIdentity> identify(int descriptor);

// True if both are one file. Of two names in one directory that differ and may be one to the file
// system (case, Unicode normalization) it makes a file to find out, and removes it at once.
[[nodiscard]] bool is_same_file(const FileIdentity& a, const FileIdentity& b);

}  // namespace rdb
