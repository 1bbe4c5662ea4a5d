// The name of a key in an error or a report. A file may have thousands of these, and each name may
// have gigabytes, so that a long one is not held whole.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rdb {

// One thread; distinct objects are independent.
class KeyName {
 public:
  // Longer names are held by so many bytes, half of them from the start and half from the end.
  static constexpr size_t kHeldMax = 4096;

  KeyName() = default;
  template <std::convertible_to<std::string_view> T>
  KeyName(const T& name) {  // NOLINT(google-explicit-constructor): any name will do
    assign(name);
  }

  [[nodiscard]] uint64_t size() const { return size_; }  // bytes of the name
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool is_whole() const { return held_.size() == size_; }
  // Bytes of memory that are held.
  [[nodiscard]] size_t held() const { return held_.capacity(); }
  // All bytes of the name, or the first.
  [[nodiscard]] std::string_view start() const {
    return std::string_view(held_).substr(0, is_whole() ? held_.size() : kHeldMax / 2);
  }
  // The name as quoted() of shown.h has it.
  [[nodiscard]] std::string quoted() const;

  friend bool operator==(const KeyName& a, std::string_view b) {
    return a.size_ == b.size() && a.held_ == KeyName(b).held_;
  }

 private:
  void assign(std::string_view name) {
    size_ = name.size();
    held_ = name.substr(0, size_ > kHeldMax ? kHeldMax / 2 : size_);
    if (!is_whole()) held_ += name.substr(name.size() - kHeldMax / 2);
  }

  std::string held_;
  uint64_t size_ = 0;
};

}  // namespace rdb
