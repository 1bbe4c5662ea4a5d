#include "rdb/io/output.h"

#include <cassert>
#include <string>
#include <utility>

#include "rdb/base/crc64.h"

namespace rdb {

Output::Output(ByteSink& to, size_t buffer_bytes)
    : to_(to),
      buffer_bytes_(buffer_bytes),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes)),
      cursor_(buffer_.get()),
      end_(cursor_ + buffer_bytes),
      summed_(cursor_) {}

uint64_t Output::crc() {
  sum();
  return crc_;
}

bool Output::flush() {
  if (!error().ok()) return false;
  if (state_ != State::passing) return flush_held();
  if (held() == 0) return true;
  sum();
  if (!to_.write({buffer_.get(), held()})) return stop(to_.error());
  base_ += held();
  cursor_ = summed_ = buffer_.get();
  return true;
}

// What follows the mark goes to held_, or nowhere.
bool Output::flush_held() {
  if (state_ == State::dropping) {
    drop();
    return true;
  }
  sum();
  const std::string_view bytes{buffer_.get(), held()};
  const uint64_t before = mark_ > base_ ? mark_ - base_ : 0;
  if (before != 0 && !to_.write(bytes.substr(0, before))) return stop(to_.error());
  held_ += bytes.substr(before);
  base_ += bytes.size();
  cursor_ = summed_ = buffer_.get();
  return true;
}

bool Output::hold() {
  if (room() < buffer_bytes_ / 4 && !flush()) return false;
  mark_ = pos();
  mark_crc_ = crc();
  state_ = State::holding;
  return true;
}

bool Output::keep() {
  state_ = State::passing;
  const std::string held = std::exchange(held_, {});
  return held.empty() || to_.write(held) || stop(to_.error());
}

void Output::drop() {
  state_ = State::dropping;
  held_.clear();
  const uint64_t before = mark_ > base_ ? mark_ - base_ : 0;
  base_ = mark_ - before;
  if (error().ok()) cursor_ = summed_ = buffer_.get() + before;
  crc_ = mark_crc_;
}

void Output::resume() {
  drop();
  state_ = State::passing;
}

bool Output::patch(uint64_t offset, std::string_view was, std::string_view now) {
  assert(was.size() == now.size());
  if (state_ == State::dropping) return true;
  assert(offset <= pos() && now.size() <= pos() - offset);
  if (!flush()) return false;
  if (state_ == State::holding && offset >= mark_) {
    held_.replace(offset - mark_, now.size(), now);
  } else if (!to_.patch(offset, now)) {
    return stop(to_.error());
  }
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
  if (state_ == State::dropping) return true;
  if (bytes.size() >= buffer_bytes_) return pass(bytes);
  cursor_ += bytes.copy(cursor_, bytes.size());
  return true;
}

// Hands bytes to the sink without copying them, in pieces that are still cached when the sink
// reads them after the checksum did.
bool Output::pass(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBufferBytes);
    crc_ = crc64(crc_, piece);
    if (state_ == State::holding) {
      held_ += piece;
    } else if (!to_.write(piece)) {
      return stop(to_.error());
    }
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
