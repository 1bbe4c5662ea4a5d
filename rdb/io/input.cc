#include "rdb/io/input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "rdb/base/crc64.h"

namespace rdb {

Input::Input(ByteSource& source)
    : source_(source),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)),
      cursor_(buffer_.get()),
      end_(cursor_),
      summed_(cursor_),
      tapped_(cursor_) {
  static_assert(kPieceBytes * 2 <= kBufferBytes && kNeedBytes <= kPieceBytes);
}

void Input::record(Error error) {
  if (error_.ok()) {
    error_ = std::move(error);
    filled_ = end_;
  }
  end_ = cursor_;  // every later read goes the slow way and fails there
}

void Input::explain() {
  const std::string_view seen(buffer_.get(), static_cast<size_t>(filled_ - buffer_.get()));
  source_.explain(error_, {.seen = seen, .offset = base_, .pos = pos()});
}

bool Input::flaw(Error error) {
  if (flaws_ == nullptr) return fail(std::move(error));
  if (flaws_->size() < kFlawsMax) flaws_->push_back(std::move(error));
  return true;
}

// Brings checksum and tap up to the cursor.
bool Input::settle() {
  if (crc_on_) crc_ = crc64(crc_, {summed_, static_cast<size_t>(cursor_ - summed_)});
  summed_ = cursor_;
  return tap_ == nullptr || hand_over();
}

bool Input::hand_over() {
  const std::string_view bytes(tapped_, static_cast<size_t>(cursor_ - tapped_));
  tapped_ = cursor_;
  return bytes.empty() || tap_->write(bytes) || fail(tap_->error());
}

// Reads more behind the unread bytes, which move to the front where there is not much room: so the
// first bytes of what comes in small pieces stay for explain(). False at the end or on failure.
bool Input::refill() {
  if (!error_.ok() || ended_ || !settle()) return false;
  const size_t left = available();
  if (left == kBufferBytes) return false;
  if (room() < kPieceBytes) {
    const auto consumed = static_cast<uint64_t>(cursor_ - buffer_.get());
    if (left != 0 && consumed != 0) std::memmove(buffer_.get(), cursor_, left);
    base_ += consumed;
    cursor_ = summed_ = tapped_ = buffer_.get();
    end_ = cursor_ + left;
  }
  size_t got = 0;
  if (!source_.read(end_, room(), got)) return fail(source_.error());
  end_ += got;
  ended_ = got == 0;
  return !ended_;
}

bool Input::need_slow(size_t n) {
  while (available() < n) {
    if (refill()) continue;
    return fail(Code::truncated, pos(), {.found = available(), .allowed = n});
  }
  return true;
}

bool Input::skip_slow(uint64_t n) {
  const uint64_t from = pos();
  for (uint64_t left = n;;) {
    const uint64_t step = std::min<uint64_t>(left, available());
    cursor_ += step;
    left -= step;
    if (left == 0) return true;
    if (!refill()) return fail(Code::truncated, from, {.found = n - left, .allowed = n});
  }
}

bool Input::at_end() {
  if (available() != 0) return false;
  return !refill() && error_.ok();
}

uint64_t Input::crc() {
  if (!settle()) return 0;
  return crc_;
}

void Input::restart_crc() {
  if (!settle()) return;
  crc_ = 0;
}

void Input::drop_crc() { crc_on_ = false; }

bool Input::tap(ByteSink* to) {
  const bool done = tap_ == nullptr || hand_over();
  tap_ = to;
  tapped_ = cursor_;
  return done;
}

}  // namespace rdb
