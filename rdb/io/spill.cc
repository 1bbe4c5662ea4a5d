// Memory, then a temporary file without a name. Source of fact: Linux open(2) (O_TMPFILE),
// POSIX.1-2017 mkstemp(), pread(), pwrite().
#include "rdb/io/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace rdb {

std::string Spill::default_directory() {
  const char* const set = std::getenv("TMPDIR");
  return set != nullptr && *set != '\0' ? set : "/tmp";
}

Spill::~Spill() {
  // What was written is of no use to anybody, so a failure does not matter.
  if (fd_ >= 0) close(fd_);
}

bool Spill::open() {
#ifdef O_TMPFILE
  do fd_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  while (fd_ < 0 && errno == EINTR);
  if (fd_ >= 0) return true;
#endif
  // A file system that makes no files without names: the name goes at once.
  std::string name = directory_ + "/rdbferry-XXXXXX";
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  return fd_ >= 0 ? unlink(name.c_str()) == 0 || fail(std::strerror(errno))
                  : fail(std::strerror(errno));
}

bool Spill::append(std::string_view bytes, uint64_t& offset) {
  offset = size_;
  while (!bytes.empty()) {
    const size_t done = size_ < held_max() ? hold(bytes) : write(bytes);
    if (done == 0) return false;
    size_ += done;
    bytes.remove_prefix(done);
  }
  return error_.ok();
}

// What fits the chunk that is being filled.
size_t Spill::hold(std::string_view bytes) {
  const auto at = static_cast<size_t>(size_ % kChunkBytes);
  if (at == 0) chunks_.emplace_back(new char[kChunkBytes]);
  return bytes.copy(chunks_.back().get() + at, kChunkBytes - at);
}

// 0: failed.
size_t Spill::write(std::string_view bytes) {
  if (!error_.ok() || (fd_ < 0 && !open())) return 0;
  ssize_t n = 0;
  do n = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_ - held_max()));
  while (n < 0 && errno == EINTR);
  if (n <= 0) fail(std::strerror(n < 0 ? errno : EIO));
  return n > 0 ? static_cast<size_t>(n) : 0;
}

bool Spill::read(uint64_t offset, char* to, size_t n) {
  if (!error_.ok()) return false;
  assert(offset <= size_ && n <= size_ - offset);
  while (n != 0) {
    size_t done = 0;
    if (offset < held_max()) {
      const auto at = static_cast<size_t>(offset % kChunkBytes);
      done = std::min<size_t>(n, kChunkBytes - at);
      std::memcpy(to, chunks_[static_cast<size_t>(offset / kChunkBytes)].get() + at, done);
    } else {
      const ssize_t got = pread(fd_, to, n, static_cast<off_t>(offset - held_max()));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return fail(got < 0 ? std::strerror(errno) : "ends early");
      done = static_cast<size_t>(got);
    }
    offset += done;
    to += done;
    n -= done;
  }
  return true;
}

bool Spill::fail(std::string_view cause) {
  error_.code = Code::temporary_failed;
  error_.words = directory_ + ": " + std::string(cause);
  return false;
}

}  // namespace rdb
