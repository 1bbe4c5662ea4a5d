// Bytes that can be read at any place and as often as wanted: a file, memory, or what came from a
// pipe or out of a wrapper, set aside in a temporary file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rdb/base/error.h"
#include "rdb/io/source.h"
#include "rdb/io/spill.h"

namespace rdb {

// One thread; distinct objects are independent.
class RandomAccess {
 public:
  RandomAccess() = default;
  RandomAccess(const RandomAccess&) = delete;
  RandomAccess& operator=(const RandomAccess&) = delete;
  virtual ~RandomAccess() = default;

  [[nodiscard]] virtual uint64_t size() const = 0;
  // Reads up to n > 0 bytes at `offset`; 0 are `got` at the end and behind it. False: error().
  [[nodiscard]] virtual bool read_at(uint64_t offset, char* to, size_t n, size_t& got) = 0;
  // Up to n bytes at `offset`, fewer at the end or at an error.
  [[nodiscard]] std::string bytes_at(uint64_t offset, size_t n);

  [[nodiscard]] const Error& error() const { return error_; }

 protected:
  // Keeps the first error; always false.
  bool fail(Error error);

 private:
  Error error_;
};

// What a FileSource with a size reads, with pread(2): the FileSource stays where it stands.
class FileAccess : public RandomAccess {
 public:
  // `file` must outlive it.
  explicit FileAccess(const FileSource& file) : file_(file) {}

  [[nodiscard]] uint64_t size() const override { return *file_.size(); }
  [[nodiscard]] bool read_at(uint64_t offset, char* to, size_t n, size_t& got) override;

 private:
  const FileSource& file_;
};

class SpillAccess : public RandomAccess {
 public:
  // Sets aside all that `from` has. False: error(), or that of `from`, of which the bytes before it
  // are there.
  [[nodiscard]] bool take(ByteSource& from);

  [[nodiscard]] uint64_t size() const override { return spill_.size(); }
  [[nodiscard]] bool read_at(uint64_t offset, char* to, size_t n, size_t& got) override;

 private:
  Spill spill_{uint64_t{1} << 20};
};

// Bytes that outlive it.
class MemoryAccess : public RandomAccess {
 public:
  explicit MemoryAccess(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] bool read_at(uint64_t offset, char* to, size_t n, size_t& got) override;

 private:
  std::string_view bytes_;
};

// Other ones without the first of them.
class Rest : public RandomAccess {
 public:
  // `bytes` must outlive it.
  Rest(RandomAccess& bytes, uint64_t from) : bytes_(bytes), from_(std::min(from, bytes.size())) {}

  [[nodiscard]] uint64_t size() const override { return bytes_.size() - from_; }
  [[nodiscard]] bool read_at(uint64_t offset, char* to, size_t n, size_t& got) override {
    return bytes_.read_at(from_ + offset, to, n, got) || fail(bytes_.error());
  }

 private:
  RandomAccess& bytes_;
  uint64_t from_;
};

// Other ones with some changed.
class Patched : public RandomAccess {
 public:
  // `bytes` must outlive it.
  explicit Patched(RandomAccess& bytes) : bytes_(bytes) {}

  // In place of those at `at`, which have been there, and of what was patched before.
  void patch(uint64_t at, std::string bytes) {
    at_ = at;
    patch_ = std::move(bytes);
  }

  [[nodiscard]] uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] bool read_at(uint64_t offset, char* to, size_t n, size_t& got) override;

 private:
  RandomAccess& bytes_;
  uint64_t at_ = 0;
  std::string patch_;
};

// The bytes from an offset on, up to `end`. Small pieces come first, for whoever wants but one
// record.
class RandomSource : public ByteSource {
 public:
  // `bytes` must outlive it.
  explicit RandomSource(RandomAccess& bytes, uint64_t offset = 0, uint64_t end = UINT64_MAX)
      : bytes_(bytes), at_(offset), end_(std::min(end, bytes.size())) {}

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  [[nodiscard]] std::optional<uint64_t> size() const override { return size_; }

 private:
  RandomAccess& bytes_;
  uint64_t at_;
  uint64_t end_;
  uint64_t size_ = end_ - std::min(at_, end_);
  size_t step_ = 4096;
};

}  // namespace rdb
