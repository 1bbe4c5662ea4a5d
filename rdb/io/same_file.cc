// Source of fact: POSIX.1-2017 stat(), open(); Linux ext4 "casefold" and vfat mounts, where two
// names are one.
#include "rdb/io/same_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "rdb/io/disk.h"

namespace rdb {
namespace {

std::optional<FileIdentity> identity_of(const struct stat& status) {
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode) && !S_ISDIR(status.st_mode)) return {};
  return FileIdentity{.device = status.st_dev, .inode = status.st_ino};
}

// Whether some file system may take two names for one: they differ in the case of letters, or have
// others than those of ASCII.
bool may_be_one(std::string_view a, std::string_view b) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  if (!std::all_of(a.begin(), a.end(), is_ascii) || !std::all_of(b.begin(), b.end(), is_ascii)) {
    return true;
  }
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

// Whether a file made under a name that has `a` in it is there under one that has `b`.
bool are_one_name(const std::string& directory, const std::string& a, const std::string& b) {
  const SignalsHeld held;
  const std::string made = temporary_name(directory + a, 0);
  const size_t suffix = made.size() - made.rfind('.');
  const std::string other = directory + "." + b + made.substr(made.size() - suffix);
  const int fd = ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;  // then no output can be made there either
  struct stat status {};
  struct stat found {};
  const bool is_one = fstat(fd, &status) == 0 && lstat(other.c_str(), &found) == 0 &&
                      status.st_dev == found.st_dev && status.st_ino == found.st_ino;
  close(fd);
  unlink(made.c_str());
  return is_one;
}

}  // namespace

std::optional<FileIdentity> identify(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return identity_of(status);
  if (errno != ENOENT || lstat(path.c_str(), &status) == 0) return {};  // or a dangling link
  const std::string directory = directory_of(path);
  if (stat(directory.empty() ? "." : directory.c_str(), &status) != 0) return {};
  return FileIdentity{.device = status.st_dev,
                      .inode = status.st_ino,
                      .name = path.substr(directory.size()),
                      .directory = directory};
}

std::optional<FileIdentity> identify(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 ? identity_of(status) : std::nullopt;
}

bool is_same_file(const FileIdentity& a, const FileIdentity& b) {
  if (a.device != b.device || a.inode != b.inode || a.exists() != b.exists()) return false;
  if (a.name == b.name) return true;
  return may_be_one(a.name, b.name) && are_one_name(a.directory, a.name, b.name);
}

}  // namespace rdb
