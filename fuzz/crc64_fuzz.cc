// The checksum: every implementation agrees with the definition bit by bit, however the bytes are
// cut; shifting and linearity hold. Choices: the value to start from, the cut, the shift.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/base/bytes.h"
#include "rdb/base/crc64.h"

namespace rdb {
namespace {

uint64_t by_definition(uint64_t crc, std::string_view bytes) {
  constexpr uint64_t kReflected = 0x95ac9329ac4bc9b5;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kReflected : 0);
  }
  return crc;
}

void check(uint64_t start, size_t cut, size_t zeros, std::string_view bytes) {
  const uint64_t expected = by_definition(start, bytes);
  require(crc64(start, bytes) == expected, "the one in use is right");
  for (const Crc64Implementation& one : crc64_implementations()) {
    require(one.update(start, bytes) == expected, "each implementation is right");
    const uint64_t first = one.update(start, bytes.substr(0, cut));
    require(one.update(first, bytes.substr(cut)) == expected, "cuts make no difference");
  }
  require(crc64_shift(expected, zeros) == crc64(expected, std::string(zeros, '\0')),
          "a shift is that many zero bytes");
  // As Output::patch does: the bytes from `cut` on are replaced by their complement.
  std::string patched(bytes);
  std::string difference;
  for (size_t i = cut; i < patched.size() && i < cut + 18; ++i) {
    patched[i] = static_cast<char>(~patched[i]);
    difference += '\xff';
  }
  const uint64_t behind = bytes.size() - cut - difference.size();
  require((expected ^ crc64_shift(crc64(0, difference), behind)) == crc64(start, patched),
          "the checksum is linear");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 12;
  if (size < kHead) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto start = rdb::load_le<uint64_t>(all.data());
  const std::string_view bytes = all.substr(kHead);
  const size_t cut = rdb::load_le<uint16_t>(all.data() + 8) % (bytes.size() + 1);
  rdb::check(start, cut, rdb::load_le<uint16_t>(all.data() + 10), bytes);
  return 0;
}
