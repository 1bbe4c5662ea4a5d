#include "rdb/file/foreign.h"

#include <algorithm>

#include "rdb/base/bytes.h"
#include "rdb/codec/length.h"

namespace rdb {
namespace {

// What layouts are stepped over by: an Input, or bytes. Each function is false where it cannot go
// on.
class InputCursor {
 public:
  InputCursor(Input& in, StringReader& strings, const std::string& what)
      : in_(in), strings_(strings), what_(what) {}

  bool length(uint64_t& n) { return read_length(in_, n); }
  bool string() { return strings_.skip(); }
  bool skip(uint64_t n) { return in_.skip(n); }
  // Four bytes of the `n` that come next, from `at` on.
  bool peek(size_t n, size_t at, uint32_t& v) {
    if (!in_.need(n)) return false;
    v = load_le<uint32_t>(in_.cursor() + at);
    return true;
  }
  bool wrong() {
    return in_.fail(
        {.code = Code::foreign_layout, .offset = in_.pos(), .words = what_, .has_offset = true});
  }

 private:
  Input& in_;
  StringReader& strings_;
  const std::string& what_;
};

class BytesCursor {
 public:
  explicit BytesCursor(std::string_view bytes) : bytes_(bytes) {}

  bool length(uint64_t& n) {
    const Length found = parse_length(bytes_.substr(at_));
    n = found.n;
    if (found.is_encoding) return wrong();
    return found.size != 0 ? skip(found.size) : cut_or_wrong(kLengthBytes);
  }
  bool string() {
    const size_t end = string_end(bytes_, at_);
    if (end == 0) return cut();
    at_ = end;
    return true;
  }
  bool skip(uint64_t n) {
    if (n > bytes_.size() - at_) return cut();
    at_ += n;
    return true;
  }
  bool peek(size_t n, size_t at, uint32_t& v) {
    if (n > bytes_.size() - at_) return cut();
    v = load_le<uint32_t>(bytes_.data() + at_ + at);
    return true;
  }
  bool wrong() { return false; }

  [[nodiscard]] size_t at() const { return at_; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }

 private:
  bool cut() {
    is_cut_ = true;
    return false;
  }
  bool cut_or_wrong(size_t n) { return n > bytes_.size() - at_ ? cut() : wrong(); }

  std::string_view bytes_;
  size_t at_ = 0;
  bool is_cut_ = false;
};

template <typename Cursor>
bool skip_pieces(Cursor& c) {
  uint64_t left = 0;
  if (!c.length(left)) return false;
  while (left != 0) {
    uint64_t size = 0;
    if (!c.length(size)) return false;
    if (size == 0 || size > left) return c.wrong();
    if (!c.skip(size)) return false;
    left -= size;
  }
  return true;
}

template <typename Cursor>
bool skip_matrix(Cursor& c) {
  uint64_t width = 0;
  uint64_t depth = 0;
  uint64_t total = 0;
  uint64_t bytes = 0;
  if (!c.length(width) || !c.length(depth) || !c.length(total)) return false;
  const bool is_huge = __builtin_mul_overflow(width, depth, &bytes) ||
                       __builtin_mul_overflow(bytes, uint64_t{8}, &bytes);
  return is_huge ? c.wrong() : c.skip(bytes);
}

template <typename Cursor>
bool skip_bitmap(Cursor& c) {
  uint64_t size = 0;
  uint64_t piece = 0;
  if (!c.length(size) || !c.length(piece)) return false;
  if (piece == 0) return c.wrong();
  for (uint64_t n = size / piece + (size % piece != 0 ? 1 : 0); n != 0; --n) {
    if (!c.string()) return false;
  }
  return true;
}

// Source: dragonfly src/server/rdb_extensions.h, DF_MASK_FLAG_MC_FLAGS.
template <typename Cursor>
bool skip_flags(Cursor& c) {
  constexpr uint32_t kHasMore = 1U << 1;
  uint32_t mask = 0;
  return c.peek(sizeof mask, 0, mask) && c.skip((mask & kHasMore) != 0 ? 8 : 4);
}

template <typename Cursor>
bool skip_chunk(Cursor& c) {
  uint32_t size = 0;
  return c.peek(8, 4, size) && c.skip(uint64_t{8} + size);
}

template <typename Cursor>
bool skip_part(Cursor& c, char part, uint64_t& length) {
  switch (part) {
    case 'l':
      return c.length(length);
    case 's':
      return c.string();
    case 'c':
      return skip_pieces(c);
    case 'm':
      return skip_matrix(c);
    case 'p':
      return skip_bitmap(c);
    case 'f':
      return skip_flags(c);
    case 't':
      return skip_chunk(c);
    default:
      return c.skip(static_cast<uint64_t>(part - '0'));
  }
}

template <typename Cursor>
bool skip(Cursor& c, std::string_view layout) {
  uint64_t length = 0;
  for (size_t i = 0; i < layout.size(); ++i) {
    if (layout[i] != '(') {
      if (!skip_part(c, layout[i], length)) return false;
      continue;
    }
    const size_t end = layout.find(')', i);
    const std::string_view element = layout.substr(i + 1, end - i - 1);
    for (; length != 0; --length) {
      for (const char part : element) {
        uint64_t inner = 0;
        if (!skip_part(c, part, inner)) return false;
      }
    }
    i = end;
  }
  return true;
}

}  // namespace

bool skip_layout(Input& in, StringReader& strings, std::string_view layout,
                 const std::string& what) {
  InputCursor cursor(in, strings, what);
  return skip(cursor, layout);
}

size_t layout_size(std::string_view bytes, std::string_view layout, bool& is_cut) {
  BytesCursor cursor(bytes);
  const bool is_so = skip(cursor, layout);
  is_cut = cursor.is_cut();
  return is_so ? cursor.at() : 0;
}

void add_note(std::vector<ForeignNote>& notes, const ForeignItem& item, uint64_t offset,
              uint64_t db, std::string_view key) {
  const auto found = std::find_if(notes.begin(), notes.end(),
                                  [&item](const ForeignNote& n) { return n.item == &item; });
  if (found != notes.end()) {
    ++found->count;
    return;
  }
  notes.push_back({.item = &item, .count = 1, .offset = offset, .db = db, .key = key});
}

}  // namespace rdb
