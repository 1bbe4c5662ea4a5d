#include "rdb/io/wrap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/lz4_frame.h"
#include "tests/support/unpack.h"

namespace rdb {
namespace {

using namespace std::string_literals;

struct Result {
  std::string bytes;
  Error error;
  std::string wrapper;
  std::optional<uint64_t> size;
};

Result unwrap(std::string_view file, size_t step = SIZE_MAX, size_t out = 4096) {
  MemorySource raw(file, step);
  WrapSource source;
  Result result;
  result.error = source.open(raw);
  if (!result.error.ok()) return result;
  result.wrapper = source.wrapper();
  result.size = source.size();
  std::string buffer(out, '\0');
  for (size_t got = 1; got > 0;) {
    if (!source.read(buffer.data(), buffer.size(), got)) {
      result.error = source.error();
      return result;
    }
    result.bytes.append(buffer, 0, got);
  }
  return result;
}

std::string wrapped(Wrap kind, std::string_view bytes) {
  MemorySink to;
  WrapSink sink(kind, to);
  REQUIRE(sink.write(bytes));
  REQUIRE(sink.finish());
  return to.bytes();
}

// "VKCS", version, codec, flags, kind.
std::string envelope(char version = 1, char codec = 1, char flags = 1, char kind = 0) {
  return "VKCS"s + version + codec + flags + kind;
}

// Fails at the first read, or after some bytes.
class FailingSource : public ByteSource {
 public:
  explicit FailingSource(std::string_view before) : before_(before) {}
  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override {
    got = before_.copy(to, n);
    before_.remove_prefix(got);
    return got > 0 || fail({.code = Code::read_failed, .words = "Input/output error"});
  }

 private:
  std::string_view before_;
};

}  // namespace

TEST_CASE("wrap: plain bytes pass through unchanged, at any step, with their size") {
  for (size_t size : {0U, 1U, 3U, 511U, 512U, 513U, 100'000U}) {
    CAPTURE(size);
    const std::string file = ("REDIS0011" + half_random(size)).substr(0, size);
    for (size_t step : {size_t{1}, size_t{100}, SIZE_MAX}) {
      for (size_t out : {1U, 4096U}) {
        const Result result = unwrap(file, step, out);
        CHECK(result.error.ok());
        CHECK(result.bytes == file);
        CHECK(result.wrapper.empty());
        CHECK(result.size == size);
      }
    }
  }
}

TEST_CASE("wrap: LZ4 frames are taken off") {
  const std::string bytes = "REDIS0011" + half_random(100'000);
  const std::string file = lz4_skippable_frame("note") + lz4_frame(bytes) + lz4_frame("more");
  for (size_t step : {size_t{1}, size_t{100}, SIZE_MAX}) {
    const Result result = unwrap(file, step);
    CHECK(result.error.ok());
    CHECK(result.bytes == bytes + "more");
    CHECK(result.wrapper == "lz4");
    CHECK(result.size == std::nullopt);
  }
}

TEST_CASE("wrap: the VKCS envelope is taken off") {
  const std::string bytes = "VALKEY081" + half_random(100'000);
  for (char flags : {'\0', '\1'}) {
    const std::string file =
        envelope(1, 1, flags) + lz4_frame(bytes, {.block_checksums = flags != 0});
    for (size_t step : {size_t{1}, size_t{100}, SIZE_MAX}) {
      const Result result = unwrap(file, step);
      CHECK(result.error.ok());
      CHECK(result.bytes == bytes);
      CHECK(result.wrapper == "vkcs");
      CHECK(result.size == std::nullopt);
    }
  }
}

TEST_CASE("wrap: two megabytes in an envelope pass through blocks of 64 KiB and of 4 MiB") {
  const std::string bytes = half_random(2 << 20);
  for (bool blocks_of_4m : {false, true}) {
    const std::string file = envelope() + lz4_frame(bytes, {.blocks_of_4m = blocks_of_4m});
    const Result result = unwrap(file, 100'000, 256 << 10);
    CHECK(result.error.ok());
    CHECK(result.bytes == bytes);
  }
}

TEST_CASE("wrap: every truncation of an envelope is truncated, where the bytes end") {
  const std::string bytes = half_random(300);
  const std::string file = envelope() + lz4_frame(bytes, {.block_checksums = true});
  // Less than the magic is no envelope yet.
  for (size_t size = 0; size < 4; ++size) CHECK(unwrap(file.substr(0, size)).wrapper.empty());
  for (size_t size = 4; size < file.size(); ++size) {
    CAPTURE(size);
    const Result result = unwrap(file.substr(0, size));
    CHECK(result.error.code == Code::truncated);
    CHECK(result.error.offset + result.error.numbers.found == size);
    CHECK(bytes.starts_with(result.bytes));
  }
}

TEST_CASE("wrap: every truncation of an LZ4 frame is truncated") {
  const std::string frame = lz4_frame(half_random(300));
  for (size_t size = 4; size < frame.size(); ++size) {
    CAPTURE(size);
    CHECK(unwrap(frame.substr(0, size)).error.code == Code::truncated);
  }
}

TEST_CASE("wrap: a flipped byte of an envelope never passes for its content") {
  const std::string bytes = half_random(300);
  const std::string file =
      envelope(1, 1, 0) + lz4_frame(bytes, {.block_checksums = true, .content_checksum = true});
  for (size_t i = 0; i < file.size(); ++i) {
    CAPTURE(i);
    std::string flipped = file;
    flipped[i] = static_cast<char>(~flipped[i]);
    const Result result = unwrap(flipped);
    if (i < 4) {
      CHECK(result.bytes == flipped);
    } else {
      CHECK_FALSE(result.error.ok());
    }
  }
}

TEST_CASE("wrap: nothing may follow the frame of an envelope") {
  const std::string file = envelope() + lz4_frame("REDIS0011");
  for (const std::string& more : {"x"s, lz4_frame("more"), lz4_skippable_frame("more")}) {
    const Result result = unwrap(file + more);
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.error.offset == file.size());
    CHECK(words(result.error) ==
          "bytes follow the LZ4 frame, where nothing may (offset in the compressed file)");
  }
}

TEST_CASE("wrap: an envelope must hold a frame") {
  const Result result = unwrap(envelope() + "REDIS0011");
  CHECK(result.error.code == Code::bad_wrapper);
  CHECK(words(result.error) == "no LZ4 frame begins here (offset in the compressed file)");
  CHECK(result.error.offset == 8);
}

TEST_CASE("wrap: an envelope with values yet unknown is foreign, not damaged") {
  struct Case {
    std::string head;
    uint64_t offset;
    std::string words;
  };
  const Case cases[] = {
      {envelope(2, 1, 0, 0), 4, "the VKCS envelope has version 2, only 1 is known"},
      {envelope(1, 2, 0, 0), 5, "the VKCS envelope has codec 2, only 1 is known"},
      {envelope(1, 1, 3, 0), 6, "the VKCS envelope has flags 3, only 0 and 1 are known"},
      {envelope(1, 1, 1, 1), 7, "the VKCS envelope has kind of content 1, only 0 is known"},
  };
  for (const Case& expected : cases) {
    const Result result = unwrap(expected.head + lz4_frame("REDIS0011"));
    CHECK(status(result.error.code) == Status::foreign);
    CHECK(result.error.offset == expected.offset);
    CHECK(words(result.error) == expected.words);
  }
}

TEST_CASE("wrap: errors of the source come through as they are") {
  const std::string frame = lz4_frame(half_random(1000));
  for (const std::string& before : {""s, "RED"s, frame.substr(0, 100), half_random(600),
                                    lz4_frame(half_random(2000)).substr(0, 900)}) {
    FailingSource raw(before);
    WrapSource source;
    Error error = source.open(raw);
    if (error.ok()) {
      char buffer[4096];
      for (size_t got = 1; source.read(buffer, sizeof buffer, got);) REQUIRE(got > 0);
      error = source.error();
    }
    CHECK(error.code == Code::read_failed);
    CHECK(error.words == "Input/output error");
  }
}

TEST_CASE("wrap: gzip members and zstd frames are taken off") {
  const std::string bytes = "REDIS0011" + half_random(100'000);
  for (const Wrap kind : {Wrap::gzip, Wrap::zstd}) {
    const std::string file = wrapped(kind, bytes) + wrapped(kind, "more");
    for (size_t step : {size_t{1}, size_t{100}, SIZE_MAX}) {
      const Result result = unwrap(file, step);
      CHECK(result.error.ok());
      CHECK(result.bytes == bytes + "more");
      CHECK(result.wrapper == name(kind));
      CHECK(result.size == std::nullopt);
    }
  }
}

TEST_CASE("wrap: what is written in a wrapper is read, and cannot be patched") {
  const std::string bytes = "REDIS0011" + half_random(300'000);
  for (const Wrap kind : {Wrap::none, Wrap::gzip, Wrap::zstd, Wrap::lz4, Wrap::vkcs}) {
    CAPTURE(name(kind));
    MemorySink to;
    WrapSink sink(kind, to);
    CHECK(sink.is_seekable() == (kind == Wrap::none));
    REQUIRE(sink.write(bytes.substr(0, 1000)));
    REQUIRE(sink.write(bytes.substr(1000)));
    REQUIRE(sink.finish());
    CHECK(sink.written() == to.bytes().size());
    const Result result = unwrap(to.bytes());
    CHECK(result.error.ok());
    CHECK(result.bytes == bytes);
    CHECK(result.wrapper == (kind == Wrap::none ? "" : name(kind)));
  }
}

TEST_CASE("wrap: without a wrapper what is written can be patched") {
  MemorySink to;
  WrapSink sink(Wrap::none, to);
  REQUIRE(sink.write("REDIS0011"));
  REQUIRE(sink.patch(8, "0"));
  CHECK(to.bytes() == "REDIS0010");
}

TEST_CASE("wrap: the envelope that is written is that of the format, byte for byte") {
  MemorySink to;
  WrapSink sink(Wrap::vkcs, to);
  REQUIRE(sink.write("REDIS0011"));
  REQUIRE(sink.finish());
  CHECK(to.bytes() == envelope() + lz4_frame("REDIS0011", {.block_checksums = true}));
}

TEST_CASE("wrap: a sink that is full ends the writing with its error") {
  for (const Wrap kind : {Wrap::none, Wrap::gzip, Wrap::zstd, Wrap::lz4, Wrap::vkcs}) {
    FullSink full(4);
    WrapSink sink(kind, full);
    CHECK_FALSE((sink.write("REDIS0011") && sink.finish()));
    CHECK(sink.error().words == "No space left on device");
  }
}

TEST_CASE("wrap: a suffix promises a wrapper") {
  CHECK(wrap_of_suffix("dump.rdb.gz") == Wrap::gzip);
  CHECK(wrap_of_suffix("/a.gz/dump.zst") == Wrap::zstd);
  CHECK(wrap_of_suffix("dump.lz4") == Wrap::lz4);
  for (std::string_view path : {"", "-", "dump.rdb", "gz", "dump.vkcs", "dump.gz.rdb", "a.none"}) {
    CHECK(wrap_of_suffix(path) == Wrap::none);
  }
  for (const char* const suffix :
       {".bz2", ".xz", ".zstd", ".GZ", ".Zst", ".LZ4", ".zip", ".gzip"}) {
    CHECK(unknown_wrap_suffix("a.b/dump.rdb" + std::string(suffix)) == suffix);
  }
  for (const char* const path : {"dump.rdb", "dump.rdb.gz", "a.xz/dump", "a.bz2/d.rdb", "xz", "gz",
                                 "", "-", "dump.", "dump.rdb.bak", "/dev/null"}) {
    CHECK(unknown_wrap_suffix(path).empty());
  }
  CHECK(find_wrap("vkcs") == Wrap::vkcs);
  CHECK(find_wrap("none") == Wrap::none);
  CHECK(find_wrap("") == std::nullopt);
  CHECK(find_wrap("gz") == std::nullopt);
}

TEST_CASE("wrap: behind a skippable frame it is LZ4 or zstd, however far that is") {
  for (size_t size : {0U, 100U, 504U, 505U, 700'000U}) {
    const std::string skippable = lz4_skippable_frame(half_random(size), 3);
    for (const Wrap kind : {Wrap::lz4, Wrap::zstd}) {
      const std::string file = skippable + skippable + wrapped(kind, "REDIS0011");
      for (size_t step : {size_t{1}, size_t{100}, SIZE_MAX}) {
        const Result result = unwrap(file, step);
        CHECK(result.error.ok());
        CHECK(result.bytes == "REDIS0011");
        CHECK(result.wrapper == name(kind));
      }
    }
  }
}

TEST_CASE("wrap: an error behind a skippable frame has its offset in the file") {
  const std::string skippable = lz4_skippable_frame(half_random(1000));
  for (const Wrap kind : {Wrap::lz4, Wrap::zstd}) {
    std::string file = skippable + wrapped(kind, "REDIS0011");
    file.back() = static_cast<char>(~file.back());
    const Result result = unwrap(file);
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.error.offset == file.size() - 4);
  }
}

TEST_CASE("wrap: a skippable frame cut short, or followed by nothing, is truncated") {
  const std::string file = lz4_skippable_frame(half_random(1000)) + wrapped(Wrap::zstd, "R");
  for (size_t size = 4; size < file.size(); ++size) {
    CAPTURE(size);
    const Result result = unwrap(file.substr(0, size));
    CHECK(result.error.code == Code::truncated);
    CHECK(result.error.offset + result.error.numbers.found == size);
    CHECK(result.error.numbers.found < result.error.numbers.allowed);
  }
}

TEST_CASE("wrap: a skippable frame before something else is damage") {
  const std::string skippable = lz4_skippable_frame("note");
  for (const std::string& other : {"x"s, "REDIS0011"s, wrapped(Wrap::gzip, "REDIS0011")}) {
    const Result result = unwrap(skippable + other);
    CHECK(words(result.error) ==
          "what follows the skippable frame is no frame of LZ4 or zstd (offset in the compressed "
          "file)");
    CHECK(result.error.offset == skippable.size());
  }
}

TEST_CASE("wrap: every wrapper in every wrapper is taken off, a third one stays") {
  constexpr Wrap kKinds[] = {Wrap::gzip, Wrap::zstd, Wrap::lz4, Wrap::vkcs};
  const std::string bytes = "REDIS0011" + half_random(1000);
  for (const Wrap outer : kKinds) {
    for (const Wrap inner : kKinds) {
      const std::string names = std::string(name(outer)) + "+" + std::string(name(inner));
      CAPTURE(names);
      const std::string twice = wrapped(outer, wrapped(inner, bytes));
      for (size_t step : {size_t{1}, SIZE_MAX}) {
        const Result result = unwrap(twice, step);
        CHECK(result.error.ok());
        CHECK(result.bytes == bytes);
        CHECK(result.wrapper == names);
      }
      const Result thrice = unwrap(wrapped(Wrap::zstd, twice));
      CHECK(thrice.error.ok());
      CHECK(thrice.bytes == wrapped(inner, bytes));
      CHECK(thrice.wrapper == "zstd+" + std::string(name(outer)));
    }
  }
}

TEST_CASE("wrap: damage of the inner wrapper has its offset in the content of the outer one") {
  std::string inner = wrapped(Wrap::lz4, "REDIS0011");
  inner.back() = static_cast<char>(~inner.back());
  const Result result = unwrap(wrapped(Wrap::gzip, inner));
  CHECK(result.error.code == Code::bad_wrapper);
  CHECK(result.error.offset == inner.size() - 4);
}

TEST_CASE("wrap: damage just behind the first bytes costs none of them") {
  const std::string bytes = "REDIS0011" + half_random(200);
  for (const Wrap kind : {Wrap::gzip, Wrap::zstd, Wrap::lz4}) {
    CAPTURE(name(kind));
    std::string file = wrapped(kind, bytes);
    file[file.size() - 1] = static_cast<char>(~file[file.size() - 1]);
    const Result result = unwrap(file);
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.bytes == bytes);
  }
}

}  // namespace rdb
