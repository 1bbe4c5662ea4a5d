// The content of a file, without its wrapper, for reading it. Where it cannot be read it says what
// happened to the file on its way here, if that can be found out (arrival.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rdb/io/random.h"
#include "rdb/io/source.h"
#include "rdb/io/wrap.h"

namespace rdb {

class ArrivingSource : public ByteSource {
 public:
  // Both must outlive it. `again` has the bytes of `raw` at any place; nullptr: they can be read
  // but once, as those of a pipe, and what happened is only looked for in the first of them. May be
  // called once. Errors are those of WrapSource, explained.
  [[nodiscard]] Error open(ByteSource& raw, RandomAccess* again = nullptr);

  // As WrapSource has it.
  [[nodiscard]] std::string_view wrapper() const { return wrap_.wrapper(); }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override {
    return wrap_.read(to, n, got) || fail(wrap_.error());
  }
  [[nodiscard]] std::optional<uint64_t> size() const override { return wrap_.size(); }
  void explain(Error& error, const Stop& stop) override;

 private:
  WrapSource wrap_;
  RandomAccess* again_ = nullptr;
};

// Content that has been set aside, which explains its errors in the same way.
class HeldSource : public RandomSource {
 public:
  // `bytes` must outlive it.
  explicit HeldSource(RandomAccess& bytes) : RandomSource(bytes), bytes_(bytes) {}

  void explain(Error& error, const Stop& stop) override;

 private:
  RandomAccess& bytes_;
};

}  // namespace rdb
