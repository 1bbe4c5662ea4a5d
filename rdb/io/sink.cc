// Sinks over write(2) and over memory. Source of fact: POSIX.1-2017 and Linux rename(2), link(2),
// fsync(2).
#include "rdb/io/sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
  if (holds_data && !force) return {.code = Code::output_exists};
  if (S_ISREG(status.st_mode)) return replace_existing();
  return open_directly(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
}

Error FileSink::open_directly(int fd) {
  fd_ = fd;
  return fd < 0 ? failed(Code::open_failed, errno) : Error{};
}

Error FileSink::create_temporary() {
  const SignalsHeld held;
  for (unsigned i = 0; i < kTemporaryAttempts; ++i) {
    std::string name = temporary_name(path_, i);
    fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access_.creation_mode());
    if (fd_ >= 0) {
      temporary_ = std::move(name);
      live_ = remember_temporary(temporary_);
      seekable_ = true;
      return {};
    }
    if (errno != EEXIST && errno != EINTR) break;
  }
  return failed(Code::open_failed, errno);
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
  if (!temporary_.empty()) access_.give(fd_);
  if (error().ok() && !sync_bytes(fd_)) fail(failed(Code::write_failed, errno));
  if (!close_checked(std::exchange(fd_, -1))) fail(failed(Code::write_failed, errno));
  if (error().ok() && !temporary_.empty()) publish();
  discard();
  return error().ok();
}

// Gives the temporary file its name; discard() then removes the old name where it remains.
bool FileSink::publish() {
  const char* from = temporary_.c_str();
  const char* to = path_.c_str();
  if (!(force_ ? rename(from, to) == 0 : rename_to_free(from, to))) {
    if (errno == EEXIST && !force_) return fail({.code = Code::output_exists});
    return fail(failed(Code::write_failed, errno));
  }
  return sync_directory(path_) || fail(failed(Code::write_failed, errno));
}

void FileSink::discard() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
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
