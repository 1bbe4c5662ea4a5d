// What other products have in their files besides records that everybody reads: how it is stepped
// over, and a list of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/codec/string.h"
#include "rdb/file/product.h"
#include "rdb/io/input.h"

namespace rdb {

// How often a file has an item, and where first.
struct ForeignNote {
  const ForeignItem* item = nullptr;
  uint64_t count = 0;
  uint64_t offset = 0;  // of the first
  uint64_t db = 0;      // of a type
  KeyName key = {};     // likewise
};

// Steps over bytes of that layout, one letter a part:
//   l length   s string   1 4 8 so many bytes   ( ) what is in them, as often as the last length
//   says c length, then pieces, each with its length, that make up as many bytes m three lengths,
//   then eight bytes for each of the first times the second p two lengths, then as many strings as
//   it takes pieces of the second to make the first f four bytes, and four more if the second bit
//   of the first is set t four bytes, four bytes that say how many follow
// False: it is not so, or cut: the Input's error, which names `what`.
[[nodiscard]] bool skip_layout(Input& in, StringReader& strings, std::string_view layout,
                               const std::string& what);

// The same at the start of `bytes`: how many of them. 0: it is not so, or more of them than there
// are, `is_cut` then.
[[nodiscard]] size_t layout_size(std::string_view bytes, std::string_view layout, bool& is_cut);

// Adds one item; `offset` is that of its opcode or of its record.
void add_note(std::vector<ForeignNote>& notes, const ForeignItem& item, uint64_t offset,
              uint64_t db, std::string_view key);

}  // namespace rdb
