#include "rdb/io/output.h"

#include <cassert>
#include <string>

#include "rdb/base/crc64.h"

namespace rdb {

Output::Output(ByteSink& to)
    : to_(to),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)),
      cursor_(buffer_.get()),
      end_(cursor_ + kBufferBytes),
      summed_(cursor_) {}

uint64_t Output::crc() {
  sum();
  return crc_;
}

bool Output::flush() {
  if (!error().ok()) return false;
  if (held() == 0) return true;
  sum();
  if (!to_.write({buffer_.get(), held()})) return stop(to_.error());
  base_ += held();
  cursor_ = summed_ = buffer_.get();
  return true;
}

bool Output::patch(uint64_t offset, std::string_view was, std::string_view now) {
  assert(was.size() == now.size());
  assert(offset <= pos() && now.size() <= pos() - offset);
  if (!flush()) return false;
  if (!to_.patch(offset, now)) return stop(to_.error());
  std::string difference(was);
  for (size_t i = 0; i < now.size(); ++i) {
    difference[i] = static_cast<char>(difference[i] ^ now[i]);
  }
  crc_ ^= crc64_shift(crc64(0, difference), pos() - (offset + now.size()));
  return true;
}

// Fills the buffer up before it goes out; what would fill it again at once goes past it.
bool Output::write_slow(std::string_view bytes) {
  if (!error().ok()) return false;
  const size_t n = bytes.copy(cursor_, room());
  cursor_ += n;
  bytes.remove_prefix(n);
  if (!flush()) return false;
  if (bytes.size() >= kBufferBytes) return pass(bytes);
  cursor_ += bytes.copy(cursor_, bytes.size());
  return true;
}

// Hands bytes to the sink without copying them, in pieces that are still cached when the sink
// reads them after the checksum did.
bool Output::pass(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBufferBytes);
    crc_ = crc64(crc_, piece);
    if (!to_.write(piece)) return stop(to_.error());
    base_ += piece.size();
    bytes.remove_prefix(piece.size());
  }
  return true;
}

void Output::sum() {
  crc_ = crc64(crc_, {summed_, static_cast<size_t>(cursor_ - summed_)});
  summed_ = cursor_;
}

// Keeps the error and leaves no room, so that every later write goes the slow way and fails there.
bool Output::stop(const Error& error) {
  end_ = cursor_;
  return fail(error);
}

}  // namespace rdb
