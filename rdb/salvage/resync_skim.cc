// A look at the framing of an entry that costs a few small reads however long its strings are: most
// of what looks like the start of one is none.
#include <algorithm>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/file/opcode.h"
#include "rdb/salvage/resync.h"
#include "rdb/value/type_id.h"

namespace rdb {
namespace {

constexpr size_t kHeadBytes = 24;
constexpr uint64_t kHops = 4;  // elements of a value that are looked at

// Whether bytes begin as a blob of the type does that is `size` long.
bool is_head(uint8_t type, std::string_view bytes, uint64_t size) {
  if (bytes.size() < 4) return false;
  const auto v = load_le<uint32_t>(bytes.data());
  switch (type) {
    case kListZiplist:
    case kZsetZiplist:
    case kHashZiplist:
    case kQuicklist:
    case kHashListpack:
    case kZsetListpack:
    case kQuicklist2:
    case kSetListpack:
      return v == size;
    case kSetIntset:
      return v == 2 || v == 4 || v == 8;
    default:
      return true;
  }
}

}  // namespace

// Behind the string at `at`, which is a blob of `type` or any; 0: there is none.
uint64_t Resync::skim_string(uint64_t at, uint8_t type) {
  const std::string head = file_.bytes_at(at, kHeadBytes);
  const std::string_view bytes = head;
  const Length length = parse_length(bytes);
  if (!length.is_shortest) return 0;
  uint64_t size = length.n;
  uint64_t begin = at + length.size;
  if (!length.is_encoding) {
    const bool is_blob = type != 0 && size >= 4;
    if (is_blob && !is_head(type, bytes.substr(length.size), size)) return 0;
  } else if (length.n < kLzf) {
    if (type != 0) return 0;
    size = 1U << length.n;
  } else if (length.n == kLzf) {
    const Length stored = parse_length(bytes.substr(1));
    const Length whole = parse_length(bytes.substr(1 + stored.size));
    if (!stored.is_plain() || !whole.is_plain()) return 0;
    if (whole.n / kLzfRatioMax > stored.n || whole.n <= stored.n) return 0;
    size = stored.n;
    begin += stored.size + whole.size;
  } else {
    return 0;
  }
  return size <= file_.size() && begin + size <= file_.size() ? begin + size : 0;
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
  constexpr Shape kShapes[] = {{kList, "s"},       {kSet, "s"},           {kZsetText, "s1"},
                               {kHash, "ss"},      {kZset, "s8"},         {kQuicklist, "b"},
                               {kQuicklist2, "c"}, {kHashExpiring, "ss8"}};
  const auto* shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                   [id](const Shape& s) { return s.id == id; });
  bool is_sure = true;
  if (shape != std::end(kShapes)) {
    const std::string head = file_.bytes_at(key_end, kHeadBytes);
    const Length count = parse_length(head);
    if (!count.is_plain() || count.n == 0 || count.n > file_.size()) return false;
    end = skim_elements(key_end + count.size, count.n, shape->element, id, is_sure);
  } else if (id == kModule || id == kStream || id == kStream2 || id == kStream3) {
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
