// Source of fact: POSIX.1-2017 rename(), and Linux rename(2) for RENAME_EXCHANGE.
#include "rdb/io/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "rdb/io/disk.h"
#include "rdb/io/source.h"

namespace rdb {
namespace {

Error cannot_create(int cause) {
  Error error = failed(Code::open_failed, cause);
  rlimit limit{};
  if (cause == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    error.words += ", the limit is " + std::to_string(limit.rlim_max) + " (ulimit -Hn)";
  }
  return error;
}

}  // namespace

class OutputDirectory::File : public ByteSink {
 public:
  File(OutputDirectory& directory, std::string name, int fd)
      : directory_(directory), name_(std::move(name)), fd_(fd) {}
  ~File() override {
    if (fd_ >= 0) close(fd_);
  }

  [[nodiscard]] bool write(std::string_view bytes) override {
    return error().ok() && (write_all(fd_, bytes) || stop());
  }
  [[nodiscard]] bool patch(uint64_t offset, std::string_view bytes) override {
    return error().ok() && (write_all_at(fd_, offset, bytes) || stop());
  }
  [[nodiscard]] bool truncate(uint64_t size) override {
    const auto end = static_cast<off_t>(size);
    return error().ok() &&
           ((ftruncate(fd_, end) == 0 && lseek(fd_, end, SEEK_SET) == end) || stop());
  }
  [[nodiscard]] bool is_seekable() const override { return true; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int descriptor() const { return fd_; }

  [[nodiscard]] bool commit() {
    if (error().ok() && !sync_bytes(fd_)) stop();
    if (!close_checked(std::exchange(fd_, -1))) stop();
    return error().ok();
  }

 private:
  bool stop() {
    fail(failed(Code::write_failed, errno));
    return directory_.fail(error(), "/" + name_);
  }

  OutputDirectory& directory_;
  std::string name_;
  int fd_;
};

OutputDirectory::OutputDirectory() = default;

OutputDirectory::~OutputDirectory() { discard(); }

Error OutputDirectory::open(const std::string& path, bool force, IsOwn is_own,
                            const Access& access) {
  assert(fd_ < 0);
  access_ = access;
  directory_access_ = access.directory();
  path_ = path;
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  is_own_ = is_own;
  force_ = force;
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) {
    const bool dangling = errno == ENOENT && lstat(path_.c_str(), &status) == 0;
    if (errno != ENOENT || dangling || path_.empty()) return failed(Code::open_failed, errno);
    return create_temporary();
  }
  char resolved[PATH_MAX];
  if (!S_ISDIR(status.st_mode)) return failed(Code::open_failed, ENOTDIR);
  if (realpath(path_.c_str(), resolved) == nullptr) return failed(Code::open_failed, errno);
  path_ = resolved;
  exists_ = true;
  directory_access_ = Access::of(status);
  directory_access_.mode |= status.st_mode & (S_ISGID | S_ISVTX);
  Error error = examine(path_);
  if (error.code == Code::output_exists && force) {
    is_empty_ = false;
  } else if (!error.ok()) {
    leftovers_ = find_leftovers(path_, false, is_own_);
    return error;
  }
  return create_temporary();
}

// Nothing in it: ok; own files alone: output_exists; anything else: holds_others.
Error OutputDirectory::examine(const std::string& directory) const {
  DIR* const entries = opendir(directory.c_str());
  if (entries == nullptr) return failed(Code::open_failed, errno);
  Error error;
  while (const dirent* entry = (errno = 0, readdir(entries))) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    const bool is_own = is_own_(name) &&
                        fstatat(dirfd(entries), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                        S_ISREG(status.st_mode);
    error.code = is_own ? Code::output_exists : Code::holds_others;
    if (is_own) continue;
    error.words = quoted(name);
    break;
  }
  if (error.code != Code::holds_others && errno != 0) error = failed(Code::open_failed, errno);
  closedir(entries);
  return error;
}

Error OutputDirectory::create_temporary() {
  leftovers_ = find_leftovers(path_, force_, is_own_);
  const SignalsHeld held;
  for (unsigned i = 0; i < kTemporaryAttempts; ++i) {
    std::string name = temporary_name(path_, i);
    if (mkdir(name.c_str(), directory_access_.creation_mode() | S_IRWXU) == 0) {
      temporary_ = std::move(name);
      live_ = remember_temporary(temporary_);
      fd_ = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (fd_ < 0) return failed(Code::open_failed, errno);
      if (lock_named_temporary(fd_)) return {};
      // A run with --force takes it for a leftover, and removes it.
      close(std::exchange(fd_, -1));
      rmdir(temporary_.c_str());
      temporary_.clear();
      forget_temporary(std::exchange(live_, -1));
      errno = EEXIST;
    }
    if (errno != EEXIST) break;
  }
  return failed(Code::open_failed, errno);
}

ByteSink* OutputDirectory::create(const std::string& name) {
  assert(fd_ >= 0 && is_own_(name));
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const mode_t mode = access_.creation_mode();
  int fd = openat(fd_, name.c_str(), kFlags, mode);
  if (fd < 0 && errno == EMFILE && raise_open_files()) {
    fd = openat(fd_, name.c_str(), kFlags, mode);
  }
  if (fd < 0) {
    fail(cannot_create(errno), "/" + name);
    return nullptr;
  }
  return files_.emplace_back(std::make_unique<File>(*this, name, fd)).get();
}

bool OutputDirectory::commit() {
  give_access();
  for (const auto& file : files_) (void)(error_.ok() && file->commit());
  if (error_.ok() && !sync_bytes(fd_)) fail(failed(Code::write_failed, errno));
  if (error_.ok()) publish();
  discard();
  return error_.ok();
}

// A file takes the place of that of its name, if there is one.
void OutputDirectory::give_access() {
  for (const auto& file : files_) {
    struct stat status {};
    const std::string old = path_ + "/" + file->name();
    const bool replaces = exists_ && lstat(old.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    (replaces ? Access::of(status) : access_).give(file->descriptor());
  }
  struct stat status {};
  // What is created here gets the group of the directory around it.
  if (!exists_ && fstat(fd_, &status) == 0) directory_access_.mode |= status.st_mode & S_ISGID;
  directory_access_.give(fd_);
}

bool OutputDirectory::publish() {
  if (!is_empty_) return exchange();
  // The system itself sees to it that what is replaced is an empty directory.
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) return fail({.code = Code::output_exists});
    return fail(failed(Code::write_failed, errno));
  }
  return sync_directory(path_) || fail(failed(Code::write_failed, errno));
}

// The old files are then under the temporary name, for discard() to remove.
bool OutputDirectory::exchange() {
  const auto swap = [this] {
    return renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0;
  };
  if (!swap()) {
    const int cause = errno;
    Error error = failed(Code::write_failed, cause);
    if (cause == EINVAL || cause == ENOSYS || cause == ENOTSUP) {
      error.words = "this file system cannot replace a directory in one step, remove it first";
    }
    return fail(std::move(error));
  }
  if (Error error = examine(temporary_); !error.ok() && error.code != Code::output_exists) {
    // Others came meanwhile, or nobody can tell.
    if (!swap()) temporary_.clear();
    return fail(std::move(error));
  }
  return sync_directory(path_) || fail(failed(Code::write_failed, errno));
}

void OutputDirectory::discard() {
  files_.clear();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  if (!temporary_.empty()) remove_directory(temporary_.c_str());
  temporary_.clear();
  forget_temporary(std::exchange(live_, -1));
}

bool OutputDirectory::fail(Error error, const std::string& name) {
  if (!error_.ok()) return false;
  error_ = std::move(error);
  about_ = path_ + name;
  return false;
}

}  // namespace rdb
