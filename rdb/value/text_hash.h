// The hash of a text that comes in pieces.
#pragma once

#include "rdb/base/hash128.h"
#include "rdb/codec/string.h"

namespace rdb {

class TextHash {
 public:
  // True once the text is complete.
  bool add(const Text& text) {
    if (text.is_first() && text.is_last()) [[likely]] {
      hash_ = hash128(text.data);
      return true;
    }
    if (text.is_first()) pieces_.start();
    pieces_.add(text.data);
    if (text.is_last()) hash_ = pieces_.get();
    return text.is_last();
  }
  [[nodiscard]] const Hash128& get() const { return hash_; }

 private:
  Hash128 hash_;
  Hasher128 pieces_;
};

}  // namespace rdb
