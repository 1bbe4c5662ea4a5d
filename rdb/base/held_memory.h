// Counts memory that is held until its owner ends, within a limit that the caller sets.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "rdb/base/error.h"

namespace rdb {

// Sizes in bytes. Not thread-safe.
class HeldMemory {
 public:
  explicit HeldMemory(uint64_t max) : max_(max) {}

  // Counts so many bytes more. Returns false if they are over the limit.
  [[nodiscard]] bool add(uint64_t bytes) {
    bytes_ += bytes;
    return !is_over();
  }
  void remove(uint64_t bytes) { bytes_ -= bytes; }
  void clear() { bytes_ = 0; }
  [[nodiscard]] bool is_over() const { return bytes_ > max_; }

  // Returns `too_large` for `what` is held: "list of losses".
  [[nodiscard]] Error error(std::string what) const {
    return {.code = Code::too_large,
            .numbers = {.found = bytes_, .allowed = max_},
            .words = std::move(what)};
  }

 private:
  uint64_t max_;
  uint64_t bytes_ = 0;
};

}  // namespace rdb
