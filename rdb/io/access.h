// Who may do what with a file that is written: those who may do it with the files it is made from.
// Source of fact: POSIX.1-2017 chmod(), chown(), umask(); xz 5.4.1 src/xz/file_io.c,
// io_copy_attrs.
#pragma once

#include <sys/stat.h>

#include <optional>

namespace rdb {

struct Access {
  mode_t mode = 0666;     // permission bits; of directories also set-group-ID and sticky
  bool is_masked = true;  // created so, less what the umask takes away
  // Not set: those of the process.
  std::optional<uid_t> owner = {};
  std::optional<gid_t> group = {};

  // Of a regular file or directory; its set-user-ID, set-group-ID and sticky bits are not among it.
  // Pipes and devices have none to hand on: what the umask says.
  [[nodiscard]] static Access of(const struct stat& status);

  // What both allow. Where their groups differ, group and others may do what both may.
  [[nodiscard]] Access operator&(const Access& other) const;
  // Of a new directory for such files: who may read may search, and the owner may do all.
  [[nodiscard]] Access directory() const;

  // For open() or mkdir(): until give() private to the process, unless the umask is to decide.
  [[nodiscard]] mode_t creation_mode() const;
  // Gives these to an open file that was created with that mode, as far as the process may and the
  // file system can. Where the group cannot be kept, group and others may do what both may.
  void give(int fd) const;
};

}  // namespace rdb
