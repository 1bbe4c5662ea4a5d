// Sinks over write(2) and over memory. Source of fact: POSIX.1-2017 and Linux rename(2), link(2),
// fsync(2).
#include "rdb/io/sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "rdb/io/disk.h"

namespace rdb {

bool ByteSink::fail(Error error) {
  if (error_.ok()) error_ = std::move(error);
  return false;
}

bool ByteSink::patch(uint64_t, std::string_view) {
  assert(!is_seekable());
  return fail(failed(Code::write_failed, ESPIPE));
}

bool ByteSink::truncate(uint64_t) { return fail(failed(Code::write_failed, ESPIPE)); }

FileSink::~FileSink() { discard(); }

Error FileSink::open(const std::string& path, bool force, const Access& access) {
  assert(fd_ < 0);
  path_ = path;
  force_ = force;
  access_ = access;
  // A duplicate can be closed, and so checked, while the descriptor itself stays open.
  if (path == "-") return open_directly(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));

  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    const bool dangling = errno == ENOENT && lstat(path.c_str(), &status) == 0;
    if (errno != ENOENT || dangling || path.empty() || path.back() == '/') {
      return failed(Code::open_failed, errno);
    }
    return create_temporary();
  }
  if (S_ISDIR(status.st_mode)) return {.code = Code::is_directory};
  const bool holds_data = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
  if (holds_data && !force) {
    leftovers_ = find_leftovers(path_, false);
    return {.code = Code::output_exists};
  }
  if (S_ISREG(status.st_mode)) return replace_existing();
  return open_directly(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
}

Error FileSink::open_directly(int fd) {
  fd_ = fd;
  return fd < 0 ? failed(Code::open_failed, errno) : Error{};
}

Error FileSink::create_temporary() {
  leftovers_ = find_leftovers(path_, force_);
  const SignalsHeld held;
  seekable_ = create_unnamed() || create_named();
  return seekable_ ? Error{} : failed(Code::open_failed, errno);
}

// False: the file system has no files without a name, or they could not be named later.
bool FileSink::create_unnamed() {
#ifdef O_TMPFILE
  const std::string directory = directory_of(path_);
  fd_ = ::open(directory.empty() ? "." : directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC,
               access_.creation_mode());
  if (fd_ < 0) return false;
  readable_ = path_of_open_file(fd_);
  if (!readable_.empty() && lock_temporary(fd_)) return true;
  readable_.clear();
  close(std::exchange(fd_, -1));
#endif
  return false;
}

// False: errno.
bool FileSink::create_named() {
  for (unsigned i = 0; i < kTemporaryAttempts; ++i) {
    std::string name = temporary_name(path_, i);
    fd_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, access_.creation_mode());
    if (fd_ >= 0 && lock_named_temporary(fd_)) {
      temporary_ = std::move(name);
      readable_ = temporary_;
      live_ = remember_temporary(temporary_);
      return true;
    }
    if (fd_ >= 0) {  // a run with --force takes it for a leftover, and removes it
      close(std::exchange(fd_, -1));
      unlink(name.c_str());
      errno = EEXIST;
    }
    if (errno != EEXIST && errno != EINTR) break;
  }
  return false;
}

Error FileSink::replace_existing() {
  char resolved[PATH_MAX];
  struct stat status {};
  if (realpath(path_.c_str(), resolved) == nullptr || stat(resolved, &status) != 0) {
    return failed(Code::open_failed, errno);
  }
  path_ = resolved;
  access_ = Access::of(status);
  return create_temporary();
}

bool FileSink::is_terminal() const { return fd_ >= 0 && isatty(fd_) == 1; }

bool FileSink::write(std::string_view bytes) {
  assert(fd_ >= 0);
  if (!error().ok()) return false;
  return write_all(fd_, bytes) || fail(failed(Code::write_failed, errno));
}

bool FileSink::patch(uint64_t offset, std::string_view bytes) {
  if (!seekable_) return ByteSink::patch(offset, bytes);
  if (!error().ok()) return false;
  return write_all_at(fd_, offset, bytes) || fail(failed(Code::write_failed, errno));
}

bool FileSink::commit() {
  assert(fd_ >= 0);
  if (sync()) publish();
  discard();
  return error().ok();
}

bool FileSink::commit_together(const std::vector<FileSink*>& sinks) {
  const auto each = [&sinks](auto&& does) { return std::all_of(sinks.begin(), sinks.end(), does); };
  bool ok = each([](FileSink* sink) { return sink->sync(); });
  const SignalsHeld held;  // none ends the process when some are under their names
  // A kill -9 may end it here. Every output then has at least a temporary name, which a later run
  // reports.
  if (sinks.size() > 1) ok = ok && each([](FileSink* sink) { return sink->name_temporarily(); });
  ok = ok && each([](FileSink* sink) { return sink->keep_old() && sink->publish(); });
  for (FileSink* const sink : sinks) {
    if (!ok) sink->withdraw();
    sink->forget_old();
    sink->discard();
  }
  return ok;
}

// All bytes are on disk. What has been closed and checked is still open for its name and lock.
bool FileSink::sync() {
  if (is_temporary()) access_.give(fd_);
  if (error().ok() && !sync_bytes(fd_)) fail(failed(Code::write_failed, errno));
  const int again = is_temporary() ? fcntl(fd_, F_DUPFD_CLOEXEC, 0) : -1;
  if (is_temporary() && again < 0) fail(failed(Code::write_failed, errno));
  if (!close_checked(std::exchange(fd_, again))) fail(failed(Code::write_failed, errno));
  return error().ok();
}

// Gives the file its name; discard() then removes the temporary one where it remains.
bool FileSink::publish() {
  if (!is_temporary()) return true;
  const char* const to = path_.c_str();
  bool is_done = false;
  if (temporary_.empty()) {
    is_done = link_open_file(fd_, to);
    if (!is_done && errno == EEXIST && !force_) return fail({.code = Code::output_exists});
    if (!is_done && !give_temporary_name()) return fail(failed(Code::write_failed, errno));
  }
  const char* const from = temporary_.c_str();
  if (!is_done && !(force_ ? rename(from, to) == 0 : rename_to_free(from, to))) {
    if (errno == EEXIST && !force_) return fail({.code = Code::output_exists});
    return fail(failed(Code::write_failed, errno));
  }
  is_published_ = true;
  return sync_directory(path_) || fail(failed(Code::write_failed, errno));
}

bool FileSink::name_temporarily() {
  if (!is_temporary() || !temporary_.empty()) return true;
  return give_temporary_name() || fail(failed(Code::write_failed, errno));
}

// False: errno. What has a name must not be forgotten for want of memory.
bool FileSink::give_temporary_name() {
  const SignalsHeld held;
  for (unsigned i = 0; i < kTemporaryAttempts; ++i) {
    std::string name = temporary_name(path_, i);
    if (link_open_file(fd_, name.c_str())) {
      temporary_ = std::move(name);
      live_ = remember_temporary(temporary_);
      return true;
    }
    if (errno != EEXIST) break;
  }
  return copy_to_named();
}

// Where the system does not let the process name the file: some sandboxes.
bool FileSink::copy_to_named() {
  const int unnamed = std::exchange(fd_, -1);
  const bool is_copied = create_named() && copy_file(unnamed, fd_) && sync_bytes(fd_);
  const int cause = errno;
  if (is_copied) access_.give(fd_);
  close(unnamed);
  errno = cause;
  return is_copied;
}

// Keeps the file that is to be replaced under a temporary name as well, or instead.
bool FileSink::keep_old() {
  struct stat status {};
  if (!is_temporary() || !force_ || lstat(path_.c_str(), &status) != 0) return true;
  for (unsigned i = 0; i < kTemporaryAttempts; ++i) {
    std::string name = temporary_name(path_, i);
    if (link(path_.c_str(), name.c_str()) == 0 ||
        (errno != EEXIST && rename_to_free(path_.c_str(), name.c_str()))) {
      old_ = std::move(name);
      return true;
    }
    if (errno != EEXIST) break;
  }
  return fail(failed(Code::write_failed, errno));
}

// Puts back what was there before.
void FileSink::withdraw() {
  if (!old_.empty() && rename(old_.c_str(), path_.c_str()) == 0) {
    // Of two names of one file rename() leaves both.
    if (is_published_) old_.clear();
  } else if (old_.empty() && is_published_) {
    unlink(path_.c_str());
  }
  is_published_ = false;
}

void FileSink::forget_old() {
  if (!old_.empty()) unlink(old_.c_str());
  old_.clear();
}

void FileSink::discard() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
  readable_.clear();
  seekable_ = false;
  forget_temporary(std::exchange(live_, -1));
}

bool MemorySink::write(std::string_view bytes) {
  bytes_.append(bytes);
  return true;
}

bool MemorySink::patch(uint64_t offset, std::string_view bytes) {
  assert(offset <= bytes_.size() && bytes.size() <= bytes_.size() - offset);
  bytes_.replace(static_cast<size_t>(offset), bytes.size(), bytes);
  return true;
}

}  // namespace rdb
