// gzip members, read and written. Grammar of the stream:
//   (1F 8B 08 <flags:u8> <mtime:u32le> <xfl:u8> <os:u8> <optional fields> <deflate data>
//    <crc32:u32le> <size mod 2^32:u32le>)+
// Source: RFC 1952.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "rdb/io/packed.h"

struct z_stream_s;

namespace rdb {

// True when `head`, the first bytes of a stream or all of a shorter one, begins a member.
[[nodiscard]] bool is_gzip(std::string_view head);

// The contents of the members, one after the other. Fails with `truncated` where one is cut and
// with `bad_wrapper` where it is damaged or followed by something else; everything before the
// damage has been handed out by then. The offset of such an error is that in the file, where the
// decoder noticed.
class ZlibSource : public ByteSource {
 public:
  // The members begin at the next byte of `packed`, which stands at `offset` of the file and must
  // outlive the ZlibSource.
  ZlibSource(ByteSource& packed, uint64_t offset);
  ~ZlibSource() override;

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;

 private:
  bool begin_member();
  bool skip_padding();
  bool decode(char* to, size_t n, size_t& got);

  PackedInput in_;
  std::unique_ptr<z_stream_s> stream_;
  bool has_begun_ = false;
  bool in_member_ = false;
  bool ended_ = false;
};

// One member with all that is written to it, without name and time: the same bytes in, the same
// bytes out.
class ZlibSink : public PackSink {
 public:
  explicit ZlibSink(ByteSink& to);
  ~ZlibSink() override;

  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool finish() override;

 private:
  bool encode(std::string_view bytes, int flush);

  std::unique_ptr<z_stream_s> stream_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace rdb
