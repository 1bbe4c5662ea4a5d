// A builder for bytes that says what they are: `Bytes{}.u8(3).u16le(7).str("a").rep('x', 9)`.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "rdb/base/bytes.h"

namespace rdb {

class Bytes {
 public:
  // Values that a test computes; they must fit.
  Bytes& u8(unsigned v) { return little(narrow<uint8_t>(v)); }
  Bytes& u16le(unsigned v) { return little(narrow<uint16_t>(v)); }
  Bytes& u24le(uint32_t v) { return str(std::string_view(Bytes{}.u32le(v).bytes_).substr(0, 3)); }
  Bytes& u32le(uint32_t v) { return little(v); }
  Bytes& u64le(uint64_t v) { return little(v); }
  Bytes& u16be(unsigned v) { return big(narrow<uint16_t>(v)); }
  Bytes& u32be(uint32_t v) { return big(v); }
  Bytes& u64be(uint64_t v) { return big(v); }
  Bytes& i8(int8_t v) { return little(v); }
  Bytes& i16le(int16_t v) { return little(v); }
  Bytes& i24le(int32_t v) { return u24le(static_cast<uint32_t>(v)); }
  Bytes& i32le(int32_t v) { return little(v); }
  Bytes& i64le(int64_t v) { return little(v); }
  Bytes& f64le(double v) { return little(std::bit_cast<uint64_t>(v)); }

  Bytes& str(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  Bytes& rep(char c, size_t n) {
    bytes_.append(n, c);
    return *this;
  }

  // Lives as long as the builder: in a test, give the builder a name or pass the view on at once.
  [[nodiscard]] std::string_view view() const { return bytes_; }
  [[nodiscard]] const std::string& string() const { return bytes_; }
  [[nodiscard]] size_t size() const { return bytes_.size(); }

 private:
  template <typename T>
  static T narrow(unsigned v) {
    assert(v <= std::numeric_limits<T>::max());
    return static_cast<T>(v);
  }
  template <typename T>
  Bytes& little(T v) {
    char bytes[sizeof v];
    store_le(bytes, v);
    return str({bytes, sizeof v});
  }
  template <typename T>
  Bytes& big(T v) {
    char bytes[sizeof v];
    store_be(bytes, v);
    return str({bytes, sizeof v});
  }

  std::string bytes_;
};

}  // namespace rdb
