// Reads a source to its end or its error, and packs bytes by a sink, for tests of wrappers.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "rdb/io/packed.h"
#include "rdb/io/sink.h"
#include "rdb/io/source.h"

namespace rdb {

struct Unpacked {
  std::string bytes;  // handed out before the end or the error
  Error error;
};

struct Steps {
  size_t in = SIZE_MAX;  // at most so many a read of the packed bytes
  size_t out = 64 << 10;
};

inline Unpacked unpack(ByteSource& source, size_t step) {
  Unpacked result;
  std::string buffer(step, '\0');
  for (size_t got = 1; got > 0;) {
    if (!source.read(buffer.data(), buffer.size(), got)) {
      CHECK(got == 0);
      result.error = source.error();
      return result;
    }
    result.bytes.append(buffer, 0, got);
  }
  return result;
}

// What Source makes of packed bytes that begin at `offset` of a file.
template <typename Source>
Unpacked unpack_all(std::string_view packed, Steps steps = {}, uint64_t offset = 0) {
  MemorySource raw(packed, steps.in);
  Source source(raw, offset);
  return unpack(source, steps.out);
}

// What a Sink with these arguments makes of `bytes`, written in pieces of `step`.
template <typename Sink, typename... Args>
std::string pack(std::string_view bytes, size_t step, Args... args) {
  MemorySink to;
  Sink sink(to, args...);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    REQUIRE(sink.write(bytes.substr(0, step)));
  }
  REQUIRE(sink.finish());
  CHECK(sink.packed() == to.bytes().size());
  return to.bytes();
}

// A sink that takes so many bytes and no more.
class FullSink : public ByteSink {
 public:
  explicit FullSink(size_t room) : room_(room) {}
  [[nodiscard]] bool write(std::string_view bytes) override {
    if (bytes.size() > room_) {
      return fail({.code = Code::write_failed, .words = "No space left on device"});
    }
    room_ -= bytes.size();
    return true;
  }

 private:
  size_t room_;
};

// The most memory that this process has had, in bytes.
[[nodiscard]] size_t peak_memory();

}  // namespace rdb
