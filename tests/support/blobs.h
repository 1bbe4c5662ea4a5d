// Builders for packed blobs with sound headers and end marks. Strings go in as strings, integers in
// one fixed width: servers read them alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/bytes.h"

namespace rdb {

// <total:u32le> <count:u16le> { <element> <back-length> }* FF, each element below 128 bytes.
class ListpackBlob {
 public:
  // 10LLLLLL <bytes> up to 63 bytes, 1110LLLL LLLLLLLL <bytes> beyond.
  ListpackBlob& str(std::string_view s) {
    Bytes element;
    if (s.size() < 64) {
      element.u8(0x80U | static_cast<unsigned>(s.size()));
    } else {
      element.u16be(0xe000U | static_cast<unsigned>(s.size()));
    }
    return raw(element.str(s).view());
  }
  // F4 <i64le>
  ListpackBlob& num(int64_t v) { return raw(Bytes{}.u8(0xf4).i64le(v).view()); }
  // An element as it is; its back-length is added.
  ListpackBlob& raw(std::string_view element) {
    body_.str(element).u8(static_cast<unsigned>(element.size()));
    ++count_;
    return *this;
  }
  [[nodiscard]] std::string blob() const { return blob_counted(count_); }
  [[nodiscard]] std::string blob_counted(unsigned count) const {
    const auto total = static_cast<uint32_t>(4 + 2 + body_.size() + 1);
    return Bytes{}.u32le(total).u16le(count).str(body_.view()).u8(0xff).string();
  }

 private:
  Bytes body_;
  unsigned count_ = 0;
};

// <size:u32le> <last entry:u32le> <count:u16le> { <previous> <length> <bytes> }* FF, the length
// 00LLLLLL or 01LLLLLL LLLLLLLL
class ZiplistBlob {
 public:
  ZiplistBlob& str(std::string_view s) {
    tail_ = static_cast<uint32_t>(kHead + body_.size());
    const auto size = static_cast<unsigned>(s.size());
    body_.u8(previous_);
    size < 64 ? body_.u8(size) : body_.u16be(0x4000U | size);
    body_.str(s);
    previous_ = size + (size < 64 ? 2 : 3);
    ++count_;
    return *this;
  }
  [[nodiscard]] std::string blob() const {
    const auto size = static_cast<uint32_t>(kHead + body_.size() + 1);
    return Bytes{}.u32le(size).u32le(tail_).u16le(count_).str(body_.view()).u8(0xff).string();
  }

 private:
  static constexpr size_t kHead = 10;
  Bytes body_;
  uint32_t tail_ = kHead;
  unsigned previous_ = 0;
  unsigned count_ = 0;
};

// <count:u8> { <length> <field> <length> <free:u8=0> <value> }* FF
class ZipmapBlob {
 public:
  ZipmapBlob& pair(std::string_view field, std::string_view value) {
    body_.u8(static_cast<unsigned>(field.size())).str(field);
    body_.u8(static_cast<unsigned>(value.size())).u8(0).str(value);
    ++count_;
    return *this;
  }
  [[nodiscard]] std::string blob() const {
    return Bytes{}.u8(count_).str(body_.view()).u8(0xff).string();
  }

 private:
  Bytes body_;
  unsigned count_ = 0;
};

}  // namespace rdb
