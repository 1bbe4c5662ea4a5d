// Sources over read(2) and over memory. Source of fact: POSIX.1-2017 read(), open(), fstat().
#include "rdb/io/source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rdb {
namespace {

// Whether nothing was written between the two states of a file.
bool is_same_state(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Error cannot_open(int cause) { return {.code = Code::open_failed, .words = std::strerror(cause)}; }

}  // namespace

void ByteSource::explain(Error&, const Stop&) {}

bool ByteSource::fail(Error error) {
  if (error_.ok()) error_ = std::move(error);
  return false;
}

FileSource::~FileSource() {
  // Nothing was written, so nothing can be lost here.
  if (owned_) close(fd_);
}

Error FileSource::open(const std::string& path) {
  assert(fd_ < 0);
  owned_ = path != "-";
  if (owned_) {
    do fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd_ < 0 && errno == EINTR);
  } else {
    fd_ = STDIN_FILENO;
  }
  if (fd_ < 0) {
    owned_ = false;
    return cannot_open(errno);
  }
  struct stat status {};
  if (fstat(fd_, &status) != 0) return cannot_open(errno);
  if (S_ISDIR(status.st_mode)) return {.code = Code::is_directory};
  access_ = Access::of(status);
  opened_ = status;
  if (!S_ISREG(status.st_mode)) return {};
  // Standard input may stand anywhere in its file.
  const off_t here = std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0);
  start_ = static_cast<uint64_t>(here);
  size_ = static_cast<uint64_t>(std::max<off_t>(status.st_size - here, 0));
#ifdef POSIX_FADV_SEQUENTIAL
  // Doubles the kernel's read-ahead; merely advice, so a refusal does not matter.
  static_cast<void>(posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL));
#endif
  return {};
}

bool FileSource::read(char* to, size_t n, size_t& got) {
  assert(n > 0);
  got = 0;
  if (!error().ok()) return false;
  for (;;) {
    const ssize_t done = ::read(fd_, to, n);
    if (done >= 0) {
      got = static_cast<size_t>(done);
      if (Error error = got == 0 ? changed() : Error{}; !error.ok()) return fail(std::move(error));
      return true;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Standard input may have been made non-blocking by whoever shares it.
      pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, -1) >= 0 || errno == EINTR) continue;
    }
    return fail({.code = Code::read_failed, .words = std::strerror(errno)});
  }
}

Error FileSource::changed() const {
  struct stat now {};
  if (!size_) return {};
  if (fstat(fd_, &now) != 0) return {.code = Code::read_failed, .words = std::strerror(errno)};
  return is_same_state(opened_, now) ? Error{} : Error{.code = Code::input_changed};
}

Error FileSource::changed_since(const FileSource& other) const {
  const bool is_same = opened_.st_dev == other.opened_.st_dev &&
                       opened_.st_ino == other.opened_.st_ino &&
                       is_same_state(opened_, other.opened_);
  return is_same ? Error{} : Error{.code = Code::input_changed};
}

bool MemorySource::read(char* to, size_t n, size_t& got) {
  got = std::min({n, step_, bytes_.size()});
  bytes_.copy(to, got);
  bytes_.remove_prefix(got);
  return true;
}

bool raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace rdb
