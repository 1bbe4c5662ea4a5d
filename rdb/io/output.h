// The writing cursor: a buffer over a ByteSink, the position, the first error, and a checksum that
// lags behind: it takes bytes a buffer at a time. Bytes written earlier can be replaced without
// reading the rest again, since the CRC is linear (rdb/base/crc64.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"
#include "rdb/io/sink.h"

namespace rdb {

// One thread; distinct objects are independent. Is itself a ByteSink, so an Input can be tapped
// into it. After the first failure nothing more is written and every flush() fails; what the
// buffer still held is lost with the Output unless flush() has returned true.
class Output final : public ByteSink {
 public:
  // `to` must outlive the Output, have taken no bytes yet, and take them from here alone.
  explicit Output(ByteSink& to, size_t buffer_bytes = kBufferBytes);

  [[nodiscard]] bool write(std::string_view bytes) override {
    if (bytes.size() > room()) return write_slow(bytes);
    bytes.copy(cursor_, bytes.size());
    cursor_ += bytes.size();
    return true;
  }

  [[nodiscard]] bool byte(uint8_t v) {
    if (cursor_ == end_ && !flush()) return false;
    *cursor_++ = static_cast<char>(v);
    return true;
  }

  // True when n bytes, at most kPieceBytes and the buffer, may be written at cursor(), to be
  // followed by advance().
  [[nodiscard]] bool need(size_t n) { return room() >= n || (flush() && room() >= n); }
  [[nodiscard]] char* cursor() { return cursor_; }
  void advance(size_t n) { cursor_ += n; }

  // An integer in its own width, e.g. le<uint32_t>(n).
  template <typename T>
  [[nodiscard]] bool le(T v) {
    if (room() < sizeof v && !flush()) return false;
    store_le(cursor_, v);
    cursor_ += sizeof v;
    return true;
  }
  template <typename T>
  [[nodiscard]] bool be(T v) {
    if (room() < sizeof v && !flush()) return false;
    store_be(cursor_, v);
    cursor_ += sizeof v;
    return true;
  }

  // Offset in the file of the next byte.
  [[nodiscard]] uint64_t pos() const { return base_ + held(); }

  // Checksum of the bytes in [0, pos()).
  [[nodiscard]] uint64_t crc();

  // Hands everything to the sink, but for what is held.
  [[nodiscard]] bool flush();

  // Holds what is written from here on in memory, until it is known whether it is to stay: keep()
  // lets it pass, drop() takes it back, position and checksum too, and everything that is written
  // from then until resume().
  [[nodiscard]] bool hold();
  [[nodiscard]] bool keep();
  void drop();
  void resume();

  [[nodiscard]] bool can_patch() const { return to_.is_seekable(); }

  // Replaces the bytes `was`, written at `offset` before, by as many bytes `now`; position and
  // checksum are then as if `now` had been written at once. Only where can_patch().
  [[nodiscard]] bool patch(uint64_t offset, std::string_view was, std::string_view now);

 private:
  using ByteSink::patch;  // has no way to correct the checksum

  [[nodiscard]] size_t room() const { return static_cast<size_t>(end_ - cursor_); }
  [[nodiscard]] size_t held() const { return static_cast<size_t>(cursor_ - buffer_.get()); }
  bool write_slow(std::string_view bytes);
  bool flush_held();
  bool pass(std::string_view bytes);
  void sum();
  bool stop(const Error& error);

  ByteSink& to_;
  size_t buffer_bytes_;
  std::unique_ptr<char[]> buffer_;
  char* cursor_;
  char* end_;          // of the buffer; the cursor itself after a failure
  char* summed_;       // the checksum has taken everything before it
  uint64_t base_ = 0;  // file offset of buffer_[0]
  uint64_t crc_ = 0;

  enum class State : uint8_t { passing, holding, dropping } state_ = State::passing;
  uint64_t mark_ = 0;      // position at hold()
  uint64_t mark_crc_ = 0;  // checksum up to there
  std::string held_;       // of what follows it, what is no more in the buffer
};

}  // namespace rdb
