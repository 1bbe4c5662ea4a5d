// Where bytes come from.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/base/error.h"
#include "rdb/io/access.h"

namespace rdb {

// Where reading ended with an error, and the bytes around that place that are still in memory.
struct Stop {
  std::string_view seen;
  uint64_t offset = 0;  // of the first byte of `seen`
  uint64_t pos = 0;     // of the byte that would have been read next
};

// One thread; distinct objects are independent.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  // Reads up to n > 0 bytes to `to` and sets `got`; 0 means the end. False: error() says why.
  [[nodiscard]] virtual bool read(char* to, size_t n, size_t& got) = 0;

  // How many bytes there are in all, where that can be known.
  [[nodiscard]] virtual std::optional<uint64_t> size() const { return std::nullopt; }

  // Called once reading has ended with `error`: replaces it where the source knows a cause, such as
  // what happened to the bytes on their way here.
  virtual void explain(Error& error, const Stop& stop);

  [[nodiscard]] const Error& error() const { return error_; }

 protected:
  // Keeps the first error; always false.
  bool fail(Error error);

 private:
  Error error_;
};

// A file, pipe or device, read with read(2). Never seeks, never maps.
class FileSource : public ByteSource {
 public:
  FileSource() = default;
  ~FileSource() override;

  // Opens `path`, or standard input for "-". A directory is refused.
  [[nodiscard]] Error open(const std::string& path);

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  [[nodiscard]] std::optional<uint64_t> size() const override { return size_; }

  // Returns `input_changed` if the size of the regular file, or the time of its last modification,
  // is not that of when it was opened: then what was read is no state that the file has had. A new
  // name, link, owner or mode is no change. read() tells it at the end of the file.
  [[nodiscard]] Error changed() const;
  // The same if `other` is not open at the same file in the same state.
  [[nodiscard]] Error changed_since(const FileSource& other) const;

  [[nodiscard]] int descriptor() const { return fd_; }
  [[nodiscard]] const Access& access() const { return access_; }  // for what is made from it
  [[nodiscard]] uint64_t start() const { return start_; }  // in the file, of the first byte read

 private:
  int fd_ = -1;
  uint64_t start_ = 0;
  bool owned_ = false;
  Access access_;
  std::optional<uint64_t> size_;
  struct stat opened_ = {};  // as it was then
};

// Lets as many files be open as may be (RLIMIT_NOFILE). False: they may already.
bool raise_open_files();

// Bytes that outlive the source.
class MemorySource : public ByteSource {
 public:
  // At most `step` bytes a read, to exercise every split.
  explicit MemorySource(std::string_view bytes, size_t step = SIZE_MAX)
      : bytes_(bytes), step_(step) {}

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  [[nodiscard]] std::optional<uint64_t> size() const override { return size_; }

 private:
  std::string_view bytes_;
  size_t step_;
  uint64_t size_ = bytes_.size();
};

}  // namespace rdb
