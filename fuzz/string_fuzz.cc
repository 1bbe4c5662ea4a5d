// Strings: pass, whole, blob and skip consume the same bytes, the first three hand over the same,
// and how the source is read makes no difference. Choices: the step; how often the bytes are
// repeated, for strings longer than a piece or the buffer.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/codec/string.h"
#include "rdb/io/source.h"

namespace rdb {
namespace {

constexpr size_t kStringsMax = 8;
constexpr size_t kBytesMax = size_t{300} << 10;

enum class How { pass, whole, blob, skip };

struct Run {
  std::string text;  // of all strings, their sizes before them
  std::string ends;  // where each ended
  Error error;
};

bool read_one(StringReader& strings, How how, std::string& text) {
  text.clear();
  if (how == How::skip) return strings.skip();
  if (how == How::whole) {
    Kept kept;
    const bool read = strings.whole(kept, "text");
    text = kept.view();
    return read;
  }
  if (how == How::blob) {
    Blob blob;
    if (!strings.blob(blob)) return false;
    text = blob.bytes;
    return true;
  }
  uint64_t total = 0;
  const bool ok = strings.pass([&](const Text& piece) {
    require(piece.offset == text.size(), "pieces come in order");
    require(piece.data.size() <= kPieceBytes, "a piece has its limit");
    require(piece.is_first() || piece.total == total, "all pieces know the same total");
    total = piece.total;
    text += piece.data;
    return true;
  });
  require(!ok || total == text.size(), "the total is that of the pieces");
  return ok;
}

Run read(std::string_view bytes, size_t step, How how) {
  MemorySource source(bytes, step);
  Input in(source);
  StringReader strings(in);
  Run run;
  std::string text;
  for (size_t i = 0; i < kStringsMax && read_one(strings, how, text); ++i) {
    run.text += std::to_string(text.size()) + ":" + text;
    run.ends += std::to_string(in.pos()) + " ";
  }
  run.error = in.error();
  return run;
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using rdb::How;
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const uint8_t stretch = choices.byte();
  std::string bytes(choices.rest());
  const size_t wanted = stretch == 0 || bytes.empty() ? 0 : rdb::kBytesMax / (256U - stretch);
  while (bytes.size() < wanted) bytes += choices.rest();
  const rdb::Run pass = rdb::read(bytes, step < 16 && wanted > 65536 ? 1021 : step, How::pass);
  for (const How how : {How::pass, How::whole, How::blob}) {
    const rdb::Run other = rdb::read(bytes, SIZE_MAX, how);
    rdb::require_equal(pass.ends, other.ends, "all ways consume the same");
    rdb::require(pass.text == other.text, "all ways hand over the same");
    if (other.error.code == rdb::Code::too_large) continue;  // pass has no limit
    rdb::require_equal(checked_message(pass.error), checked_message(other.error),
                       "all ways fail alike");
  }
  const rdb::Run skip = rdb::read(bytes, SIZE_MAX, How::skip);
  rdb::require(skip.ends.starts_with(pass.ends), "skip steps over what can be opened");
  return 0;
}
