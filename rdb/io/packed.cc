#include "rdb/io/packed.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/limits.h"

namespace rdb {

bool is_skippable(std::string_view head) {
  constexpr std::string_view kMagic = "\x50\x2A\x4D\x18";  // and 51 to 5F
  head = head.substr(0, kMagic.size());
  if (head.empty()) return true;
  return (byte_at(head.data()) & 0xF0) == 0x50 && kMagic.substr(1).starts_with(head.substr(1));
}

PackedInput::PackedInput(ByteSource& from, uint64_t offset)
    : from_(from),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)),
      cursor_(buffer_.get()),
      end_(buffer_.get()),
      offset_(offset) {}

bool PackedInput::fill(size_t n) {
  assert(n <= kBufferBytes);
  if (size() >= n) return true;
  std::memmove(buffer_.get(), cursor_, size());
  end_ = buffer_.get() + size();
  cursor_ = buffer_.get();
  while (size() < n && !drained_) {
    size_t got = 0;
    if (!from_.read(end_, kBufferBytes - size(), got)) return false;
    end_ += got;
    drained_ = got == 0;
  }
  return true;
}

void PackedInput::take(size_t n) {
  assert(n <= size());
  cursor_ += n;
  offset_ += n;
}

Error PackedInput::damaged(uint64_t offset, std::string words) {
  return {.code = Code::bad_wrapper,
          .offset = offset,
          .words = std::move(words) + " (offset in the compressed file)",
          .has_offset = true};
}

Error PackedInput::cut_short(uint64_t wanted) const {
  return {.code = Code::truncated,
          .offset = offset_,
          .numbers = {.found = size(), .allowed = wanted},
          .words = " (in the compressed file)",
          .has_offset = true};
}

bool PackSink::pass(std::string_view bytes) {
  packed_ += bytes.size();
  return bytes.empty() || to_.write(bytes) || fail(to_.error());
}

}  // namespace rdb
