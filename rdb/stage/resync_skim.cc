// A look at the framing of an entry that costs a few small reads however long its strings are: most
// of what looks like the start of one is none.
#include <algorithm>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/file/opcode.h"
#include "rdb/stage/resync.h"

namespace rdb {
namespace {

constexpr size_t kHeadBytes = 24;
constexpr uint64_t kHops = 4;  // elements of a value that are looked at

// What is in front of `bytes`; false: no length, or not in its shortest form.
bool parse(std::string_view& bytes, uint64_t& n, bool& is_encoding) {
  const uint8_t first = bytes.empty() ? uint8_t{0x82} : byte_at(bytes.data());
  const size_t size = first < 0x40 || first >= 0xc0 ? 1 : first < 0x80 ? 2 : first == 0x80 ? 5 : 9;
  if ((first > 0x81 && first < 0xc0) || bytes.size() < size) return false;
  const char* const at = bytes.data();
  bytes.remove_prefix(size);
  is_encoding = first >= 0xc0;
  n = size == 1   ? first & 0x3f
      : size == 2 ? load_be<uint16_t>(at) & 0x3fff
      : size == 5 ? load_be<uint32_t>(at + 1)
                  : load_be<uint64_t>(at + 1);
  constexpr uint64_t kShortest[] = {0, 0, 64, 0, 0, 16384, 0, 0, 0, uint64_t{1} << 32};
  return n >= kShortest[size];
}

// Whether bytes begin as a blob of the type does that is `size` long.
bool is_head(uint8_t type, std::string_view bytes, uint64_t size) {
  if (bytes.size() < 4) return false;
  const auto v = load_le<uint32_t>(bytes.data());
  switch (type) {
    case 10:
    case 12:
    case 13:
    case 14:
    case 16:
    case 17:
    case 18:
    case 20:
      return v == size;
    case 11:
      return v == 2 || v == 4 || v == 8;
    default:
      return true;
  }
}

}  // namespace

// Behind the string at `at`, which is a blob of `type` or any; 0: there is none.
uint64_t Resync::skim_string(uint64_t at, uint8_t type) {
  const std::string head = file_.bytes_at(at, kHeadBytes);
  std::string_view bytes = head;
  const auto read = [&] { return at + (head.size() - bytes.size()); };
  uint64_t n = 0;
  bool is_encoding = false;
  if (!parse(bytes, n, is_encoding)) return 0;
  uint64_t end = 0;
  if (!is_encoding) {
    const bool is_blob = type != 0 && n >= 4;
    if (is_blob && !is_head(type, bytes, n)) return 0;
    end = n <= file_.size() ? read() + n : 0;
  } else if (n < 3) {
    end = type == 0 ? read() + (uint64_t{1} << n) : 0;
  } else if (n == 3) {
    uint64_t stored = 0;
    uint64_t size = 0;
    if (!parse(bytes, stored, is_encoding) || is_encoding || !parse(bytes, size, is_encoding) ||
        is_encoding || size / kLzfRatioMax > stored || size <= stored) {
      return 0;
    }
    end = stored <= file_.size() ? read() + stored : 0;
  }
  return end <= file_.size() ? end : 0;
}

// Behind `n` times what `element` has: s a string, b a blob, 8 eight bytes, 1 a byte that says how
// many follow, c the container of a node. Where they are many, `is_sure` becomes false.
uint64_t Resync::skim_elements(uint64_t at, uint64_t n, std::string_view element, uint8_t type,
                               bool& is_sure) {
  is_sure = n <= kHops;
  for (n = std::min(n, kHops); n != 0 && at != 0; --n) {
    for (const char part : element) {
      const std::string byte = file_.bytes_at(at, 1);
      const uint8_t v = byte.empty() ? uint8_t{0} : byte_at(byte.data());
      if (part == '8') at += 8;
      if (part == '1') at += 1 + (v < 253 ? v : 0);
      if (part == 's' || part == 'b') at = skim_string(at, part == 'b' ? type : 0);
      if (part != 'c') continue;
      if (v != 1 && v != 2) return 0;
      at = skim_string(at + 1, v == 2 ? type : 0);
    }
  }
  return at < file_.size() ? at : 0;
}

// Whether an entry stands there, and another record behind it, by their framing; `end` is behind it
// where that is known, else 0.
bool Resync::skims(uint64_t at, uint64_t& end) {
  end = 0;
  const std::string type = file_.bytes_at(at, 1);
  const uint8_t id = type.empty() ? uint8_t{0xff} : byte_at(type.data());
  const uint64_t key_end = skim_string(at + 1, 0);
  if (key_end == 0 || key_end - at > kKeyBytes) return false;
  struct Shape {
    uint8_t id;
    std::string_view element;
  };
  constexpr Shape kShapes[] = {{1, "s"},  {2, "s"},  {3, "s1"}, {4, "ss"},
                               {5, "s8"}, {14, "b"}, {18, "c"}, {22, "ss8"}};
  const auto* shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                   [id](const Shape& s) { return s.id == id; });
  bool is_sure = true;
  if (shape != std::end(kShapes)) {
    const std::string head = file_.bytes_at(key_end, kHeadBytes);
    std::string_view bytes = head;
    uint64_t n = 0;
    bool is_encoding = false;
    if (!parse(bytes, n, is_encoding) || is_encoding || n == 0 || n > file_.size()) return false;
    end = skim_elements(key_end + (head.size() - bytes.size()), n, shape->element, id, is_sure);
  } else if (id == 7 || id == 15 || id == 19 || id == 21) {
    return true;
  } else {
    end = skim_string(key_end, id);
  }
  if (end == 0 || !is_sure) return std::exchange(end, 0) != 0;
  const std::string next = file_.bytes_at(end, 1);
  const uint8_t follows = next.empty() ? uint8_t{0x80} : byte_at(next.data());
  return is_opcode(follows) || is_usual(follows);
}

}  // namespace rdb
