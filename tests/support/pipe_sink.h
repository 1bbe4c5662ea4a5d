// Takes bytes in order alone, as a pipe does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/io/sink.h"

namespace rdb {

class PipeSink : public ByteSink {
 public:
  // Fails for bytes beyond `bytes_max`.
  explicit PipeSink(size_t bytes_max = SIZE_MAX) : bytes_max_(bytes_max) {}

  [[nodiscard]] bool write(std::string_view bytes) override {
    if (bytes.size() > bytes_max_ - bytes_.size()) return fail({.code = Code::write_failed});
    bytes_ += bytes;
    return true;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  size_t bytes_max_;
  std::string bytes_;
};

}  // namespace rdb
