#include "rdb/io/access.h"

#include <unistd.h>

namespace rdb {
namespace {

constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
constexpr mode_t kRead = S_IRUSR | S_IRGRP | S_IROTH;
constexpr unsigned kGroupShift = 3;
constexpr unsigned kFromReadToSearch = 2;

// Group and others may do what both may.
mode_t without_group(mode_t mode) {
  const mode_t both = ((mode & S_IRWXG) >> kGroupShift) & mode & S_IRWXO;
  return (mode & (S_IRWXU | S_ISVTX)) | (both << kGroupShift) | both;
}

}  // namespace

Access Access::of(const struct stat& status) {
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};
  return {.mode = status.st_mode & kPermissions,
          .is_masked = false,
          .owner = status.st_uid,
          .group = status.st_gid};
}

Access Access::operator&(const Access& other) const {
  const bool has_group = group == other.group;
  const mode_t both = mode & other.mode;
  return {.mode = has_group ? both : without_group(both),
          .is_masked = is_masked || other.is_masked,
          .owner = owner == other.owner ? owner : std::nullopt,
          .group = has_group ? group : std::nullopt};
}

Access Access::directory() const {
  Access out = *this;
  out.mode |= (mode & kRead) >> kFromReadToSearch;
  if (!is_masked) out.mode |= S_IRWXU;
  return out;
}

mode_t Access::creation_mode() const {
  return is_masked ? mode : (mode & S_IRWXU) | S_IRUSR | S_IWUSR;
}

void Access::give(int fd) const {
  if (is_masked) return;
  constexpr auto kSame = static_cast<uid_t>(-1);
  bool is_right = fchown(fd, owner.value_or(kSame), group.value_or(kSame)) == 0;
  if (!is_right) is_right = fchown(fd, kSame, group.value_or(kSame)) == 0;
  // A file system without permissions refuses this, and the file is as private as it was created.
  (void)!fchmod(fd, is_right ? mode : without_group(mode));
}

}  // namespace rdb
