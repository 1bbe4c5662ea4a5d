// Source of fact: POSIX.1-2017 and Linux rename(2), link(2), fsync(2), getdents(2),
// signal-safety(7).
#include "rdb/io/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>

#include "rdb/io/sink.h"

namespace rdb {
namespace {

// The temporary files to remove when a signal ends the process. A path belongs to whoever takes it
// out of its place: the sink, to free it, or the handler.
constexpr size_t kLiveMax = 64;
std::array<std::atomic<char*>, kLiveMax> live;
static_assert(std::atomic<char*>::is_always_lock_free, "the signal handler may not lock");

constexpr int kEndingSignals[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void remove_live_and_end(int signal) {
  for (std::atomic<char*>& place : live) {
    const char* const path = place.exchange(nullptr);
    if (path != nullptr && unlink(path) != 0) remove_directory(path);
  }
  // SA_RESETHAND has restored the default action; it is taken when this function returns.
  raise(signal);
}

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

Error failed(Code code, int cause) { return {.code = code, .words = std::strerror(cause)}; }

bool write_all(int fd, std::string_view bytes) {
  const auto put = [fd](std::string_view rest, size_t) {
    return ::write(fd, rest.data(), rest.size());
  };
  return put_all(fd, bytes, put);
}

bool write_all_at(int fd, uint64_t offset, std::string_view bytes) {
  const auto put = [fd, offset](std::string_view rest, size_t done) {
    return pwrite(fd, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  };
  return put_all(fd, bytes, put);
}

bool sync_bytes(int fd) {
  int result = 0;
  do result = fsync(fd);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

// An interrupted close has closed all the same (Linux close(2)).
bool close_checked(int fd) { return close(fd) == 0 || errno == EINTR; }

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

std::string temporary_prefix(const std::string& path) {
  constexpr size_t kNameBytes = 200;  // NAME_MAX is 255
  const std::string directory = directory_of(path);
  return directory + "." + path.substr(directory.size(), kNameBytes) + ".rdbferry-";
}

std::string temporary_name(const std::string& path, unsigned attempt) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = (static_cast<uint64_t>(now.tv_nsec) << 24) ^ static_cast<uint64_t>(now.tv_sec);
  seed = (seed ^ (static_cast<uint64_t>(getpid()) << 32)) + attempt;
  seed *= 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: spreads the low bits upwards
  seed >>= 24;
  std::string name = temporary_prefix(path);
  for (size_t i = 0; i < kTemporaryLetters; ++i, seed /= kTemporaryAlphabet.size()) {
    name += kTemporaryAlphabet[seed % kTemporaryAlphabet.size()];
  }
  return name;
}

std::string path_of_open_file(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  struct stat own {};
  struct stat found {};
  const bool is_same = fstat(fd, &own) == 0 && stat(path.c_str(), &found) == 0 &&
                       own.st_dev == found.st_dev && own.st_ino == found.st_ino;
  return is_same ? path : "";
}

bool link_open_file(int fd, const char* to) {
  const std::string from = "/proc/self/fd/" + std::to_string(fd);
  return linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0;
}

bool copy_file(int from, int to) {
  std::array<char, 65536> piece;
  for (off_t at = 0;;) {
    ssize_t n = 0;
    do n = pread(from, piece.data(), piece.size(), at);
    while (n < 0 && errno == EINTR);
    if (n <= 0) return n == 0;
    if (!write_all(to, {piece.data(), static_cast<size_t>(n)})) return false;
    at += n;
  }
}

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

// In a signal handler, too: readdir() allocates, so the entries come from the system itself.
void remove_directory(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  alignas(dirent64) char entries[4096];
  // What is removed meanwhile may hide entries from the reading, so it is begun again.
  for (bool is_empty = false; !is_empty && lseek(fd, 0, SEEK_SET) == 0;) {
    is_empty = true;
    for (ssize_t n = 0; (n = getdents64(fd, entries, sizeof entries)) > 0;) {
      for (ssize_t at = 0; at < n;) {
        const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
        at += entry->d_reclen;
        if (unlinkat(fd, entry->d_name, 0) == 0) is_empty = false;
      }
    }
  }
  close(fd);
  rmdir(path);
}

int remember_temporary(const std::string& path) {
  char* copy = strdup(path.c_str());
  if (copy == nullptr) throw std::bad_alloc();
  for (size_t i = 0; i < kLiveMax; ++i) {
    char* none = nullptr;
    if (live[i].compare_exchange_strong(none, copy)) return static_cast<int>(i);
  }
  std::free(copy);
  return -1;
}

void forget_temporary(int place) {
  if (place >= 0) std::free(live[static_cast<size_t>(place)].exchange(nullptr));
}

}  // namespace rdb
