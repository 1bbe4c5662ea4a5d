#include "rdb/io/lz4.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/lz4_frame.h"
#include "tests/support/unpack.h"

namespace rdb {
namespace {

Unpacked unpack(std::string_view packed, Lz4Frames frames = Lz4Frames::any, Steps steps = {},
                uint64_t offset = 0) {
  MemorySource raw(packed, steps.in);
  Lz4Source source(raw, offset, frames);
  return unpack(source, steps.out);
}

}  // namespace

TEST_CASE("lz4: a frame that needs a dictionary is refused, and is not called damaged") {
  // lz4_Frame_format.md 1.6.3: bit 0 of the flags says that the id of a dictionary follows, then
  // comes the checksum of the header.
  const std::string frame(
      "\x04\x22\x4D\x18\x61\x40\x01\0\0\0\xd0"
      "\0\0\0\0",
      15);
  for (const Steps steps : {Steps{}, Steps{.in = 1}}) {
    const Unpacked result = unpack(frame, Lz4Frames::any, steps);
    CHECK(result.error.code == Code::unsupported_wrapper);
    CHECK(words(result.error) ==
          "the LZ4 frame needs a dictionary, which is not in the file; decompress it first: lz4 -d "
          "-D DICTIONARY (offset in the compressed file)");
  }
}

TEST_CASE("lz4: frames of every kind give back their bytes, at every step") {
  const Lz4FrameOptions kinds[] = {
      {},
      {.block_checksums = true},
      {.content_checksum = true},
      {.content_size = true},
      {.linked = true},
      {.blocks_of_4m = true},
      {.blocks_of_4m = true,
       .linked = true,
       .block_checksums = true,
       .content_checksum = true,
       .content_size = true},
  };
  for (size_t size : {0U, 1U, 1000U, 200'000U}) {
    CAPTURE(size);
    const std::string bytes = half_random(size);
    for (const Lz4FrameOptions& kind : kinds) {
      const std::string frame = lz4_frame(bytes, kind);
      for (const Steps steps : {Steps{}, Steps{.in = 1}, Steps{.out = 1}, Steps{7, 1000}}) {
        CAPTURE(steps.in);
        CAPTURE(steps.out);
        const Unpacked result = unpack(frame, Lz4Frames::one, steps);
        CHECK(result.error.ok());
        CHECK(result.bytes == bytes);
      }
    }
  }
}

TEST_CASE("lz4: two megabytes pass through blocks of 64 KiB and of 4 MiB") {
  const std::string bytes = half_random(2 << 20);
  for (bool blocks_of_4m : {false, true}) {
    const std::string frame =
        lz4_frame(bytes, {.blocks_of_4m = blocks_of_4m, .content_checksum = true});
    CHECK(frame.size() < bytes.size() * 3 / 4);
    for (size_t out : {size_t{4096}, size_t{256} << 10, size_t{8} << 20}) {
      CAPTURE(out);
      const Unpacked result = unpack(frame, Lz4Frames::one, {.in = 100'000, .out = out});
      CHECK(result.error.ok());
      CHECK(result.bytes == bytes);
    }
  }
}

TEST_CASE("lz4: frames follow each other, with skippable ones anywhere") {
  const std::string packed = lz4_skippable_frame("note", 15) + lz4_frame("one, ") + lz4_frame("") +
                             lz4_skippable_frame("") + lz4_frame("two") + lz4_skippable_frame("x");
  for (size_t in : {size_t{1}, size_t{5}, SIZE_MAX}) {
    const Unpacked result = unpack(packed, Lz4Frames::any, {.in = in});
    CHECK(result.error.ok());
    CHECK(result.bytes == "one, two");
  }
}

TEST_CASE("lz4: the end stays the end") {
  const std::string frame = lz4_frame("x");
  MemorySource raw(frame);
  Lz4Source source(raw, 0, Lz4Frames::any);
  char buffer[8];
  size_t got = 0;
  REQUIRE(source.read(buffer, sizeof buffer, got));
  CHECK(got == 1);
  for (int i = 0; i < 2; ++i) {
    CHECK(source.read(buffer, sizeof buffer, got));
    CHECK(got == 0);
  }
}

TEST_CASE("lz4: a stream of nothing is truncated") {
  CHECK(unpack("").error.code == Code::truncated);
}

TEST_CASE("lz4: every truncation is truncated, where the bytes end") {
  const std::string bytes = half_random(300);
  for (const bool checksums : {false, true}) {
    const std::string frame =
        lz4_frame(bytes, {.block_checksums = checksums, .content_checksum = checksums});
    for (size_t size = 0; size < frame.size(); ++size) {
      CAPTURE(size);
      const Unpacked result = unpack(std::string_view(frame).substr(0, size));
      CHECK(result.error.code == Code::truncated);
      CHECK(result.error.has_offset);
      CHECK(result.error.offset + result.error.numbers.found == size);
      CHECK(result.error.numbers.found < result.error.numbers.allowed);
      CHECK(bytes.starts_with(result.bytes));
    }
  }
}

TEST_CASE("lz4: every truncation of a second frame is truncated, except to nothing") {
  const std::string first = lz4_frame("first");
  for (const std::string& second : {lz4_frame("second"), lz4_skippable_frame("second")}) {
    for (size_t size = 1; size < second.size(); ++size) {
      CAPTURE(size);
      const Unpacked result = unpack(first + second.substr(0, size));
      CHECK(result.error.code == Code::truncated);
      CHECK(result.bytes.starts_with("first"));
    }
  }
}

TEST_CASE("lz4: a flipped bit that changes content is found by its checksum at the latest") {
  const std::string bytes = half_random(300);
  const std::string frame = lz4_frame(bytes, {.content_checksum = true});
  for (size_t i = 0; i < frame.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(i);
      CAPTURE(bit);
      std::string flipped = frame;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const Unpacked result = unpack(flipped);
      // The last token has four bits that mean nothing: without them the content is the same.
      if (result.error.ok()) {
        CHECK(result.bytes == bytes);
      } else {
        CHECK((result.error.code == Code::bad_wrapper || result.error.code == Code::truncated));
      }
    }
  }
}

TEST_CASE("lz4: damage is named as liblz4 names it, with the offset in the file") {
  std::string frame = lz4_frame("content", {.content_checksum = true});
  frame.back() = static_cast<char>(~frame.back());
  const Unpacked result = unpack(frame, Lz4Frames::one, {}, 8);
  CHECK(result.bytes == "content");
  CHECK(result.error.code == Code::bad_wrapper);
  CHECK(words(result.error) ==
        "the LZ4 frame is damaged: ERROR_contentChecksum_invalid (offset in the compressed file)");
  CHECK(result.error.offset == 8 + frame.size() - 4);
}

TEST_CASE("lz4: blocks before the damaged one are handed out") {
  const std::string bytes = half_random(5 * 65536);
  const std::string frame = lz4_frame(bytes, {.block_checksums = true});
  std::string flipped = frame;
  flipped[frame.size() - 1000] = static_cast<char>(~flipped[frame.size() - 1000]);
  const Unpacked result = unpack(flipped, Lz4Frames::one, {.out = 1 << 20});
  CHECK(result.error.code == Code::bad_wrapper);
  CHECK(result.bytes == bytes.substr(0, 4 * 65536));
}

TEST_CASE("lz4: the last byte before damage is handed out by reads of one byte too") {
  const std::string bytes(100, 'a');
  std::string frame = lz4_frame(bytes);
  frame.replace(frame.size() - 4, 4, "\xff\xff\xff\x7f");  // a block too large, for the end mark
  const Unpacked result = unpack(frame, Lz4Frames::one, {.out = 1});
  CHECK(result.error.code == Code::bad_wrapper);
  CHECK(result.bytes == bytes);
}

TEST_CASE("lz4: a damaged block has the same offset however the frame is read") {
  const std::string stored = "stored as it is";
  for (const std::string& bytes : {half_random(1000), stored}) {
    CAPTURE(bytes.size());
    std::string frame = lz4_frame(bytes, {.block_checksums = true});
    frame[20] = static_cast<char>(~frame[20]);
    const uint64_t offset = unpack(frame, Lz4Frames::one).error.offset;
    CHECK(offset == 11);  // behind the descriptor and the size of the block
    for (const Steps steps : {Steps{.in = 1}, Steps{.out = 1}, Steps{7, 10}}) {
      CHECK(unpack(frame, Lz4Frames::one, steps).error.offset == offset);
    }
  }
}

TEST_CASE("lz4: what is not a frame may not follow one") {
  const std::string frame = lz4_frame("content");
  for (std::string_view garbage : {"\n", "xyz", "garbage"}) {
    CAPTURE(garbage);
    const Unpacked result = unpack(frame + std::string(garbage));
    CHECK(result.bytes == "content");
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.error.offset == frame.size());
    CHECK(words(result.error) ==
          "what follows the LZ4 frame is not another one (offset in the compressed file)");
  }
}

TEST_CASE("lz4: where one frame is due, nothing may follow it and nothing may be skipped") {
  const std::string frame = lz4_frame("content");
  for (const std::string& more : {std::string("x"), frame, lz4_skippable_frame("")}) {
    const Unpacked result = unpack(frame + more, Lz4Frames::one);
    CHECK(result.bytes == "content");
    CHECK(result.error.code == Code::bad_wrapper);
    CHECK(result.error.offset == frame.size());
  }
  CHECK(unpack(lz4_skippable_frame("") + frame, Lz4Frames::one).error.code == Code::bad_wrapper);
}

TEST_CASE("lz4: the beginning of a stream tells") {
  CHECK(is_lz4(lz4_frame(""), Lz4Frames::one));
  CHECK(is_lz4(lz4_skippable_frame("", 0), Lz4Frames::any));
  CHECK(is_lz4(lz4_skippable_frame("", 15), Lz4Frames::any));
  CHECK_FALSE(is_lz4(lz4_skippable_frame(""), Lz4Frames::one));
  CHECK_FALSE(is_lz4("REDIS0011", Lz4Frames::any));
  CHECK(is_lz4("", Lz4Frames::one));
  CHECK(is_lz4("\x04\x22", Lz4Frames::one));
  CHECK_FALSE(is_lz4("\x04\x23", Lz4Frames::one));
}

TEST_CASE("lz4: what a sink writes is read, whatever the pieces, in both forms") {
  for (size_t size : {0U, 1U, 1000U, 700'000U}) {
    const std::string bytes = half_random(size);
    const std::string file = pack<Lz4Sink>(bytes, SIZE_MAX, Lz4Form::file);
    const std::string envelope = pack<Lz4Sink>(bytes, 100'000, Lz4Form::envelope);
    for (const std::string& packed : {file, envelope}) {
      const Unpacked result = unpack(packed, Lz4Frames::one);
      CHECK(result.error.ok());
      CHECK(result.bytes == bytes);
    }
    for (size_t step : {7U, 100'000U}) {
      CHECK(unpack(pack<Lz4Sink>(bytes, step, Lz4Form::file)).bytes == bytes);
    }
  }
}

TEST_CASE("lz4: the two forms have the blocks and checksums that they should") {
  // <version, independent, block checksums, content size, content checksum> <block size>
  const std::string file = pack<Lz4Sink>("x", SIZE_MAX, Lz4Form::file);
  CHECK(file.substr(4, 2) == "\x44\x50");  // linked, content checksum; 256 KiB
  const std::string envelope = pack<Lz4Sink>("x", SIZE_MAX, Lz4Form::envelope);
  CHECK(envelope.substr(4, 2) == "\x70\x40");  // independent, block checksums; 64 KiB
}

TEST_CASE("lz4: a sink that is full ends the writing with its error") {
  const std::string bytes = half_random(600'000);
  for (size_t room : {0U, 100'000U}) {
    FullSink full(room);
    Lz4Sink sink(full, Lz4Form::file);
    CHECK_FALSE((sink.write(bytes) && sink.finish()));
    CHECK(sink.error().words == "No space left on device");
    CHECK_FALSE(sink.write("x"));
    CHECK_FALSE(sink.finish());
  }
}

}  // namespace rdb
