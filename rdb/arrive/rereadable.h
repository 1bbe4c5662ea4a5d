// Bytes that can be read from their start again and again: of a file, or what a wrapper has in it.
#pragma once

#include <memory>
#include <string_view>

#include "rdb/io/random.h"
#include "rdb/io/source.h"
#include "rdb/io/wrap.h"

namespace rdb {

class Rereadable {
 public:
  Rereadable() = default;
  Rereadable(const Rereadable&) = delete;
  Rereadable& operator=(const Rereadable&) = delete;
  virtual ~Rereadable() = default;

  [[nodiscard]] virtual std::unique_ptr<ByteSource> read_again() = 0;
  // The same bytes at any place, where that can be had.
  [[nodiscard]] virtual RandomAccess* anywhere() { return nullptr; }
  // Whether these are only the first of the bytes, as of a pipe.
  [[nodiscard]] virtual bool is_partial() const { return false; }
};

class WholeFile : public Rereadable {
 public:
  // `bytes` must outlive it.
  explicit WholeFile(RandomAccess& bytes) : bytes_(bytes) {}

  [[nodiscard]] std::unique_ptr<ByteSource> read_again() override {
    return std::make_unique<RandomSource>(bytes_);
  }
  [[nodiscard]] RandomAccess* anywhere() override { return &bytes_; }

 private:
  RandomAccess& bytes_;
};

// The content of the wrappers around what is in a file.
class WrappedFile : public Rereadable {
 public:
  // `bytes` must outlive it.
  explicit WrappedFile(RandomAccess& bytes) : bytes_(bytes) {}

  [[nodiscard]] std::unique_ptr<ByteSource> read_again() override;

 private:
  RandomAccess& bytes_;
};

// The first bytes of what can be read but once.
class FirstBytes : public Rereadable {
 public:
  // `bytes` must outlive it.
  explicit FirstBytes(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::unique_ptr<ByteSource> read_again() override {
    return std::make_unique<MemorySource>(bytes_);
  }
  [[nodiscard]] bool is_partial() const override { return true; }

 private:
  std::string_view bytes_;
};

}  // namespace rdb
