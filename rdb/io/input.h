// The reading cursor: a buffer over a ByteSource, the position, the first error, and two things
// that lag behind the cursor: the checksum and the tap. Both take bytes only once they have been
// consumed, so the eight bytes of the trailer are never in the sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/base/limits.h"
#include "rdb/base/tally.h"
#include "rdb/io/sink.h"
#include "rdb/io/source.h"

namespace rdb {

// One thread; distinct objects are independent. After the first failure every read fails.
class Input {
 public:
  // `source` must outlive the Input.
  explicit Input(ByteSource& source);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // True when n <= kNeedBytes bytes stand at cursor(); false has recorded `truncated`.
  [[nodiscard]] bool need(size_t n) { return available() >= n || need_slow(n); }

  // The unread bytes in the buffer; they live until the next call that reads.
  [[nodiscard]] const char* cursor() const { return cursor_; }
  [[nodiscard]] size_t available() const { return static_cast<size_t>(end_ - cursor_); }
  // Steps over n <= available() bytes.
  void advance(size_t n) { cursor_ += n; }

  [[nodiscard]] bool byte(uint8_t& v) {
    if (cursor_ == end_ && !need_slow(1)) {
      v = 0;
      return false;
    }
    v = static_cast<uint8_t>(*cursor_++);
    return true;
  }

  // n <= kPieceBytes bytes; `out` lives until the next call on this Input.
  [[nodiscard]] bool view(size_t n, std::string_view& out) {
    if (available() < n && !need_slow(n)) {
      out = {};
      return false;
    }
    out = {cursor_, n};
    cursor_ += n;
    return true;
  }

  // Steps over n bytes, whatever n.
  [[nodiscard]] bool skip(uint64_t n) {
    if (available() >= n) {
      cursor_ += n;
      return true;
    }
    return skip_slow(n);
  }

  // Reads further bytes behind the available ones, without stepping over any; false when there are
  // none, or no room for them.
  bool more() { return refill(); }

  // True when no byte is left; a failing source counts as not at the end.
  [[nodiscard]] bool at_end();

  // Before the first read: where in its file the first byte stands.
  void begin_at(uint64_t offset) { base_ = offset; }
  // Offset in the file of the next byte.
  [[nodiscard]] uint64_t pos() const {
    return base_ + static_cast<uint64_t>(cursor_ - buffer_.get());
  }

  // Checksum of the bytes consumed since the start or since restart_crc().
  [[nodiscard]] uint64_t crc();
  void restart_crc();
  // Stops computing it, for good.
  void drop_crc();

  // From here on every byte consumed is also written to `to`, by the next tap() at the latest;
  // nullptr ends it. False: `to` failed.
  [[nodiscard]] bool tap(ByteSink* to);

  // Records the first error; always false.
  bool fail(Code code, uint64_t offset, Detail numbers = {}) {
    record({.code = code, .offset = offset, .numbers = numbers, .has_offset = true});
    return false;
  }
  bool fail(Error error) {
    record(std::move(error));
    return false;
  }
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] Error& error() { return error_; }
  // Lets the source explain the error, which is there.
  void explain();

  // Once there is an error: offset in the file behind the last byte that was read from the source.
  [[nodiscard]] uint64_t reached() const {
    return base_ + static_cast<uint64_t>(filled_ - buffer_.get());
  }

  // Something wrong with a value behind which reading can go on: a failure like any other, unless
  // such flaws are tolerated; then it is kept, and true.
  [[nodiscard]] bool flaw(Error error);
  // From here on flaws are kept in `to`, the first kFlawsMax of a value; nullptr ends it.
  void tolerate(std::vector<Error>* to) { flaws_ = to; }

  Tally tally;
  // The most bytes that a string may have which must be held whole.
  uint64_t held_max = kHeldDefault;

 private:
  // In the buffer behind the last byte.
  [[nodiscard]] size_t room() const {
    return kBufferBytes - static_cast<size_t>(end_ - buffer_.get());
  }
  bool need_slow(size_t n);
  bool skip_slow(uint64_t n);
  bool refill();
  bool settle();
  bool hand_over();
  void record(Error error);

  ByteSource& source_;
  std::unique_ptr<char[]> buffer_;
  char* cursor_;
  char* end_;
  char* filled_ = nullptr;  // end_ when the error was recorded
  char* summed_;            // the checksum has taken everything before it
  char* tapped_;            // so has the tap
  uint64_t base_ = 0;       // file offset of buffer_[0]
  uint64_t crc_ = 0;
  bool crc_on_ = true;
  bool ended_ = false;
  ByteSink* tap_ = nullptr;
  Error error_;
  std::vector<Error>* flaws_ = nullptr;
};

}  // namespace rdb
