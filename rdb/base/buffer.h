// Bytes that arrive piece by piece and must be held whole. The buffer grows by realloc, for which
// the system moves the pages of a large block instead of copying them: n bytes take the memory of n
// also while it grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace rdb {

// One thread; distinct objects are independent.
class Buffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] size_t size() const { return size_; }
  // Keeps the memory.
  void clear() { size_ = 0; }
  // Throws std::bad_alloc.
  void append(std::string_view bytes) {
    if (bytes.size() > capacity_ - size_) grow(size_ + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

 private:
  struct Free {
    void operator()(char* block) const { std::free(block); }
  };

  void grow(size_t least) {
    const size_t capacity = std::max(least, capacity_ + capacity_ / 2);
    void* const block = std::realloc(bytes_.get(), capacity);
    if (block == nullptr) throw std::bad_alloc();
    (void)bytes_.release();
    bytes_.reset(static_cast<char*>(block));
    capacity_ = capacity;
  }

  std::unique_ptr<char, Free> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace rdb
