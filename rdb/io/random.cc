#include "rdb/io/random.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "rdb/base/limits.h"

namespace rdb {

bool RandomAccess::fail(Error error) {
  if (error_.ok()) error_ = std::move(error);
  return false;
}

std::string RandomAccess::bytes_at(uint64_t offset, size_t n) {
  std::string out(n, '\0');
  size_t done = 0;
  for (size_t got = 1; done != n && got != 0; done += got) {
    if (!read_at(offset + done, out.data() + done, n - done, got)) break;
  }
  out.resize(done);
  return out;
}

bool FileAccess::read_at(uint64_t offset, char* to, size_t n, size_t& got) {
  ssize_t done = 0;
  do done = pread(file_.descriptor(), to, n, static_cast<off_t>(file_.start() + offset));
  while (done < 0 && errno == EINTR);
  got = static_cast<size_t>(std::max<ssize_t>(done, 0));
  if (done == 0 && n != 0 && offset < size()) {
    if (Error error = file_.changed(); !error.ok()) return fail(std::move(error));
  }
  return done >= 0 || fail({.code = Code::read_failed, .words = std::strerror(errno)});
}

bool SpillAccess::take(ByteSource& from) {
  const auto piece = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  for (size_t got = 1; got != 0;) {
    if (!from.read(piece.get(), kBufferBytes, got)) return false;
    uint64_t offset = 0;
    if (!spill_.append({piece.get(), got}, offset)) return fail(spill_.error());
  }
  return true;
}

bool SpillAccess::read_at(uint64_t offset, char* to, size_t n, size_t& got) {
  got = offset < size() ? static_cast<size_t>(std::min<uint64_t>(n, size() - offset)) : 0;
  return spill_.read(std::min(offset, size()), to, got) || fail(spill_.error());
}

bool MemoryAccess::read_at(uint64_t offset, char* to, size_t n, size_t& got) {
  got = bytes_.substr(static_cast<size_t>(std::min<uint64_t>(offset, bytes_.size()))).copy(to, n);
  return true;
}

bool Patched::read_at(uint64_t offset, char* to, size_t n, size_t& got) {
  if (!bytes_.read_at(offset, to, n, got)) return fail(bytes_.error());
  const uint64_t from = std::max(offset, at_);
  const uint64_t end = std::min(offset + got, at_ + patch_.size());
  if (from < end) patch_.copy(to + (from - offset), end - from, from - at_);
  return true;
}

bool RandomSource::read(char* to, size_t n, size_t& got) {
  n = static_cast<size_t>(std::min<uint64_t>({n, step_, end_ - std::min(at_, end_)}));
  step_ *= n == step_ ? 2 : 1;
  got = 0;
  if (n != 0 && !bytes_.read_at(at_, to, n, got)) return fail(bytes_.error());
  at_ += got;
  return true;
}

}  // namespace rdb
