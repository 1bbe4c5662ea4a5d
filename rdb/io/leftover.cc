// Source of fact: Linux flock(2): a lock belongs to an opening of a file, and ends with it.
#include "rdb/io/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "rdb/io/disk.h"

namespace rdb {
namespace {

// ".dump.rdb.rdbferry-" and six letters.
bool is_temporary_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + kTemporaryLetters) return false;
  return name.find_first_not_of(kTemporaryAlphabet, prefix.size()) == name.npos;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> out;
  DIR* const entries = opendir(directory.empty() ? "." : directory.c_str());
  if (entries == nullptr && errno == ENOMEM) throw std::bad_alloc();
  if (entries == nullptr) return out;
  while (const dirent* entry = readdir(entries)) out.emplace_back(entry->d_name);
  closedir(entries);
  std::sort(out.begin(), out.end());
  return out;
}

bool holds_own_files(const std::string& path, bool (*is_own)(std::string_view name)) {
  const std::vector<std::string> names = names_in(path);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    if (name == "." || name == "..") return true;
    struct stat status {};
    return is_own != nullptr && is_own(name) && lstat((path + "/" + name).c_str(), &status) == 0 &&
           S_ISREG(status.st_mode);
  });
}

enum class Use { held, free, unknown };

// Whether a process holds it; `fd` then has the lock until it is closed.
Use use_of(const std::string& path, bool is_directory, int& fd) {
  // Locks of NFS are only for those who may write.
  const int how = is_directory ? O_RDONLY | O_DIRECTORY : O_RDWR | O_NONBLOCK;
  fd = ::open(path.c_str(), how | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return Use::unknown;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return Use::free;
  return errno == EWOULDBLOCK ? Use::held : Use::unknown;
}

bool remove_it(const std::string& path, bool is_directory, bool (*is_own)(std::string_view name)) {
  if (!is_directory) return unlink(path.c_str()) == 0;
  if (!holds_own_files(path, is_own)) return false;
  remove_directory(path.c_str());
  return access(path.c_str(), F_OK) != 0;
}

}  // namespace

bool lock_temporary(int descriptor) {
  // Where locks are not supported no other process gets one either.
  return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool lock_named_temporary(int descriptor) {
  struct stat status {};
  return lock_temporary(descriptor) && fstat(descriptor, &status) == 0 && status.st_nlink != 0;
}

std::vector<Leftover> find_leftovers(const std::string& path, bool removes,
                                     bool (*is_own)(std::string_view name)) {
  const std::string directory = directory_of(path);
  const std::string prefix = temporary_prefix(path).substr(directory.size());
  std::vector<Leftover> out;
  for (const std::string& name : names_in(directory)) {
    struct stat status {};
    const std::string found = directory + name;
    if (!is_temporary_of(name, prefix) || lstat(found.c_str(), &status) != 0) continue;
    const bool is_directory = S_ISDIR(status.st_mode);
    if (!is_directory && !S_ISREG(status.st_mode)) continue;
    int fd = -1;
    const Use use = use_of(found, is_directory, fd);
    if (use != Use::held) {
      const bool is_removed = removes && use == Use::free && remove_it(found, is_directory, is_own);
      const auto kept = removes ? Leftover::Fate::kept : Leftover::Fate::left;
      out.push_back({found, is_removed ? Leftover::Fate::removed : kept});
    }
    if (fd >= 0) close(fd);
  }
  return out;
}

}  // namespace rdb
