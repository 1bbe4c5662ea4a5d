// LZF: lzf_decode, LzfReader and liblzf agree on verdict and bytes, at every way to read. Choices:
// the step; whether the size claimed is that of the tokens or drawn.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/base/limits.h"
#include "rdb/codec/lzf.h"
#include "rdb/io/source.h"
#include "tests/support/liblzf.h"

namespace rdb {
namespace {

// What the tokens make, as far as they go.
size_t made_by(std::string_view packed) {
  size_t made = 0;
  for (size_t i = 0; i < packed.size();) {
    const auto control = static_cast<uint8_t>(packed[i]);
    const size_t run = control >> 5;
    if (run == 0) {
      made += control + 1U;
      i += control + 2U;
    } else {
      const bool is_long = run == 7;
      const size_t more =
          is_long && i + 1 < packed.size() ? static_cast<uint8_t>(packed[i + 1]) : 0;
      made += run + 2 + more;
      i += is_long ? 3 : 2;
    }
  }
  return made;
}

bool read(std::string_view packed, size_t size, size_t step, std::string& out) {
  const std::string file = std::string(packed) + "behind";
  MemorySource source(file, step);
  Input in(source);
  LzfReader lzf(in, packed.size(), size);
  std::string_view piece;
  bool ok = lzf.next(piece);
  for (; ok && !piece.empty(); ok = lzf.next(piece)) {
    require(piece.size() <= kPieceBytes, "a piece has its limit");
    out += piece;
  }
  require(ok == in.error().ok(), "a failure is recorded, success is not");
  if (ok) {
    require(in.pos() == packed.size(), "all stored bytes are consumed, none behind");
  } else {
    checked_message(in.error());
    require(in.error().inner >= 0, "a failure says where");
    require(static_cast<uint64_t>(in.error().inner) <= packed.size(), "and it is inside");
  }
  return ok;
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const size_t drawn = choices.byte() * size_t{256} + choices.byte();
  const std::string_view packed = choices.rest();
  const size_t claimed =
      drawn == 0 ? rdb::made_by(packed) : std::min(drawn - 1, packed.size() * rdb::kLzfRatioMax);
  std::vector<char> plain(claimed);
  const bool known = rdb::liblzf_decode(packed, plain.data(), plain.size());
  std::vector<char> whole(claimed);
  const bool at_once = rdb::lzf_decode(packed, whole.data(), whole.size());
  std::string out;
  const bool ours = rdb::read(packed, claimed, step, out);
  rdb::require(ours == known, "liblzf and LzfReader give the same verdict");
  const std::string_view expected(plain.data(), plain.size());
  rdb::require(!ours || out == expected, "liblzf and LzfReader give the same bytes");
  rdb::require(at_once == known, "liblzf and lzf_decode give the same verdict");
  rdb::require(!known || whole == plain, "liblzf and lzf_decode give the same bytes");
  return 0;
}
