// Bytes set aside: appended in blocks and read back, the first of them in memory, what goes past a
// limit in one temporary file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/base/limits.h"
#include "rdb/io/sink.h"

namespace rdb {

// The file has no name, so that nothing remains of it however the process ends. One thread;
// distinct objects are independent.
class Spill {
 public:
  // Up to `memory` bytes stay in memory. The file is made in `directory`, once it is needed.
  explicit Spill(uint64_t memory, std::string directory = default_directory())
      : chunks_max_(memory / kChunkBytes), directory_(std::move(directory)) {}
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  // Writes `bytes` behind all others and sets `offset`, from which read() has them. False: error().
  [[nodiscard]] bool append(std::string_view bytes, uint64_t& offset);

  // The `n` bytes at `offset`, appended before, go to `to`. False: error().
  [[nodiscard]] bool read(uint64_t offset, char* to, size_t n);

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool has_file() const { return fd_ >= 0; }
  // Names the directory.
  [[nodiscard]] const Error& error() const { return error_; }

  // $TMPDIR, else /tmp.
  [[nodiscard]] static std::string default_directory();

 private:
  static constexpr uint64_t kChunkBytes = 256 << 10;

  [[nodiscard]] uint64_t held_max() const { return chunks_max_ * kChunkBytes; }
  size_t hold(std::string_view bytes);
  size_t write(std::string_view bytes);
  bool open();
  bool fail(std::string_view cause);

  uint64_t chunks_max_;
  std::vector<std::unique_ptr<char[]>> chunks_;  // the bytes before held_max()
  std::string directory_;
  int fd_ = -1;
  uint64_t size_ = 0;
  Error error_;
};

// Sets aside what is written.
class SpillSink : public ByteSink {
 public:
  explicit SpillSink(uint64_t memory = uint64_t{1} << 20) : spill_(memory) {}

  [[nodiscard]] bool write(std::string_view bytes) override {
    uint64_t offset = 0;
    return spill_.append(bytes, offset) || fail(spill_.error());
  }
  [[nodiscard]] uint64_t size() const { return spill_.size(); }
  // Fills `to` with what was written at `offset`.
  [[nodiscard]] bool read(uint64_t offset, std::string& to) {
    return spill_.read(offset, to.data(), to.size()) || fail(spill_.error());
  }
  // Hands `size` bytes at `offset` to `take(std::string_view piece, uint64_t done) -> bool` in
  // pieces, at least one. False: error(), or `take` stopped.
  template <typename Take>
  [[nodiscard]] bool pass(uint64_t offset, uint64_t size, Take&& take) {
    std::string piece;
    uint64_t done = 0;
    do {
      piece.resize(std::min<uint64_t>(size - done, kPieceBytes));
      if (!read(offset + done, piece) || !take(std::string_view(piece), done)) return false;
      done += piece.size();
    } while (done < size);
    return true;
  }

 private:
  Spill spill_;
};

}  // namespace rdb
