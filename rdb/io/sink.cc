// Sinks over write(2) and over memory. Source of fact: POSIX.1-2017 and Linux rename(2), link(2),
// fsync(2), signal-safety(7).
#include "rdb/io/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace rdb {
namespace {

// The temporary files to remove when a signal ends the process. A path belongs to whoever takes it
// out of its place: the sink, to free it, or the handler.
constexpr size_t kLiveMax = 64;
std::array<std::atomic<char*>, kLiveMax> live;
static_assert(std::atomic<char*>::is_always_lock_free, "the signal handler may not lock");

constexpr int kEndingSignals[] = {SIGINT, SIGTERM, SIGHUP};

// The place taken, or -1 when there is none: the file then outlives a signal, no more.
int remember(const std::string& path) {
  char* copy = strdup(path.c_str());
  for (size_t i = 0; copy != nullptr && i < kLiveMax; ++i) {
    char* none = nullptr;
    if (live[i].compare_exchange_strong(none, copy)) return static_cast<int>(i);
  }
  std::free(copy);
  return -1;
}

void forget(int place) {
  if (place >= 0) std::free(live[static_cast<size_t>(place)].exchange(nullptr));
}

extern "C" void remove_live_and_end(int signal) {
  for (std::atomic<char*>& place : live) {
    if (const char* path = place.exchange(nullptr)) unlink(path);
  }
  // SA_RESETHAND has restored the default action; it is taken when this function returns.
  raise(signal);
}

// While it lives no signal can come between creating a file and remembering it.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_{};
};

Error failed(Code code, int cause) { return {.code = code, .words = std::strerror(cause)}; }

// Puts all of `bytes` by calls of put(rest, bytes done so far), which is write(2) or pwrite(2).
template <typename Put>
bool put_all(int fd, std::string_view bytes, Put put) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = put(bytes.substr(done), done);
    if (n > 0) {
      done += static_cast<size_t>(n);
      continue;
    }
    if (n == 0) {
      errno = EIO;
      return false;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
    // Standard output may have been made non-blocking by whoever shares it.
    pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) return false;
  }
  return true;
}

// True also for what has no disk behind it: pipes, terminals, devices.
bool sync_bytes(int fd) {
  int result = 0;
  do result = fsync(fd);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

// An interrupted close has closed all the same (Linux close(2)).
bool close_checked(int fd) { return close(fd) == 0 || errno == EINTR; }

// The directory part, with its slash; empty for a bare name.
std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

bool sync_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  const int fd = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_CLOEXEC);
  // One may be allowed to write a directory and not to read it.
  if (fd < 0) return errno == EACCES || errno == EPERM;
  const bool synced = sync_bytes(fd);
  const int cause = errno;
  close(fd);
  errno = cause;
  return synced;
}

// ".dump.rdb.rdbferry-XXXXXX" in the directory of `path`. O_EXCL makes it safe, so the six
// letters need to be different, not secret.
std::string temporary_name(const std::string& path, unsigned attempt) {
  constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr size_t kNameBytes = 200;  // NAME_MAX is 255
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = (static_cast<uint64_t>(now.tv_nsec) << 24) ^ static_cast<uint64_t>(now.tv_sec);
  seed = (seed ^ (static_cast<uint64_t>(getpid()) << 32)) + attempt;
  seed *= 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: spreads the low bits upwards
  seed >>= 24;
  const std::string directory = directory_of(path);
  std::string name = directory + "." + path.substr(directory.size(), kNameBytes) + ".rdbferry-";
  for (int i = 0; i < 6; ++i, seed /= kLetters.size()) name += kLetters[seed % kLetters.size()];
  return name;
}

// Gives a file a name that must be free: errno is EEXIST otherwise. The old name may remain.
bool rename_to_free(const char* from, const char* to) {
#ifdef RENAME_NOREPLACE
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return false;
#endif
  if (link(from, to) == 0) return true;
  if (errno == EEXIST) return false;
  // A file system that has neither: the check and the rename are as near as they can be.
  struct stat status {};
  if (lstat(to, &status) == 0) {
    errno = EEXIST;
    return false;
  }
  return errno == ENOENT && rename(from, to) == 0;
}

}  // namespace

void remove_temporaries_on_signal() {
  struct sigaction end {};
  end.sa_handler = remove_live_and_end;
  end.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&end.sa_mask);
  for (int signal : kEndingSignals) sigaddset(&end.sa_mask, signal);
  for (int signal : kEndingSignals) {
    struct sigaction before {};
    if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    sigaction(signal, &end, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool ByteSink::fail(Error error) {
  if (error_.ok()) error_ = std::move(error);
  return false;
}

bool ByteSink::patch(uint64_t, std::string_view) {
  assert(!is_seekable());
  return fail(failed(Code::write_failed, ESPIPE));
}

FileSink::~FileSink() { discard(); }

Error FileSink::open(const std::string& path, bool force) {
  assert(fd_ < 0);
  path_ = path;
  force_ = force;
  // A duplicate can be closed, and so checked, while the descriptor itself stays open.
  if (path == "-") return open_directly(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));

  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    const bool dangling = errno == ENOENT && lstat(path.c_str(), &status) == 0;
    if (errno != ENOENT || dangling || path.empty() || path.back() == '/') {
      return failed(Code::open_failed, errno);
    }
    return create_temporary(0666);
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

Error FileSink::create_temporary(unsigned mode) {
  constexpr unsigned kAttempts = 100;
  const SignalsHeld held;
  for (unsigned i = 0; i < kAttempts; ++i) {
    std::string name = temporary_name(path_, i);
    fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd_ >= 0) {
      temporary_ = std::move(name);
      live_ = remember(temporary_);
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
  // Private until the owner is right.
  if (Error error = create_temporary(0600); !error.ok()) return error;
  mode_t mode = status.st_mode & 07777;
  const bool same_group = fchown(fd_, status.st_uid, status.st_gid) == 0 ||
                          fchown(fd_, static_cast<uid_t>(-1), status.st_gid) == 0;
  // What one group may do is nothing that another one may.
  if (!same_group) mode &= ~static_cast<mode_t>(S_IRWXG);
  if (fchmod(fd_, mode) == 0) return {};
  Error error = failed(Code::open_failed, errno);
  discard();
  return error;
}

bool FileSink::write(std::string_view bytes) {
  assert(fd_ >= 0);
  if (!error().ok()) return false;
  const auto put = [this](std::string_view rest, size_t) {
    return ::write(fd_, rest.data(), rest.size());
  };
  return put_all(fd_, bytes, put) || fail(failed(Code::write_failed, errno));
}

bool FileSink::patch(uint64_t offset, std::string_view bytes) {
  if (!seekable_) return ByteSink::patch(offset, bytes);
  if (!error().ok()) return false;
  const auto put = [this, offset](std::string_view rest, size_t done) {
    return pwrite(fd_, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  };
  return put_all(fd_, bytes, put) || fail(failed(Code::write_failed, errno));
}

bool FileSink::commit() {
  assert(fd_ >= 0);
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
  forget(std::exchange(live_, -1));
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
