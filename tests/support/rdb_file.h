// A builder for RDB files that says what they are:
//   RdbFile("REDIS0011").select(3).hint(1, 0).entry(0, "key", rdb_string("value")).end()
// It writes what it is told, sound or not; end() adds the end mark and the right checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/base/crc64.h"
#include "tests/support/bytes.h"

namespace rdb {

// The source steps at which everything that reads is tested.
inline constexpr size_t kSteps[] = {1, 2, 3, 16, SIZE_MAX};

// A length in its shortest form.
[[nodiscard]] inline std::string rdb_length(uint64_t n) {
  if (n < 64) return Bytes{}.u8(static_cast<unsigned>(n)).string();
  if (n < 16384) return Bytes{}.u16be(0x4000U | static_cast<unsigned>(n)).string();
  if (n <= UINT32_MAX) return Bytes{}.u8(0x80).u32be(static_cast<uint32_t>(n)).string();
  return Bytes{}.u8(0x81).u64be(n).string();
}

// A raw string, its length in the shortest form.
[[nodiscard]] inline std::string rdb_string(std::string_view bytes) {
  return rdb_length(bytes.size()).append(bytes);
}

class RdbFile {
 public:
  // `header` is the nine bytes of magic and version.
  explicit RdbFile(std::string_view header = "REDIS0011") { bytes_.str(header); }

  RdbFile& raw(std::string_view bytes) { return add(bytes); }
  RdbFile& aux(std::string_view name, std::string_view value) {
    return op(0xfa).add(rdb_string(name)).add(rdb_string(value));
  }
  RdbFile& select(uint64_t db) { return op(0xfe).add(rdb_length(db)); }
  RdbFile& hint(uint64_t keys, uint64_t expires) {
    return op(0xfb).add(rdb_length(keys)).add(rdb_length(expires));
  }
  RdbFile& expire_ms(int64_t ms) { return op(0xfc).add(Bytes{}.i64le(ms).view()); }
  RdbFile& expire_s(int32_t s) { return op(0xfd).add(Bytes{}.i32le(s).view()); }
  RdbFile& idle(uint64_t s) { return op(0xf8).add(rdb_length(s)); }
  RdbFile& freq(unsigned n) { return op(0xf9).add(Bytes{}.u8(n).view()); }
  RdbFile& function(std::string_view source) { return op(0xf5).add(rdb_string(source)); }
  // `value` is what stands behind the key.
  RdbFile& entry(unsigned type, std::string_view key, std::string_view value) {
    return op(type).add(rdb_string(key)).add(value);
  }
  RdbFile& string(std::string_view key, std::string_view value) {
    return entry(0, key, rdb_string(value));
  }

  [[nodiscard]] size_t size() const { return bytes_.size(); }

  // The file, ended: with its checksum, with the zero that stands for none, or without a trailer,
  // as before version 5.
  [[nodiscard]] std::string end() const {
    const std::string file = end_without_trailer();
    return file + Bytes{}.u64le(crc64(0, file)).string();
  }
  [[nodiscard]] std::string end_without_checksum() const {
    return end_without_trailer() + std::string(8, '\0');
  }
  [[nodiscard]] std::string end_without_trailer() const { return bytes_.string() + '\xff'; }
  // Not ended at all.
  [[nodiscard]] const std::string& cut() const { return bytes_.string(); }

 private:
  RdbFile& op(unsigned v) {
    bytes_.u8(v);
    return *this;
  }
  RdbFile& add(std::string_view bytes) {
    bytes_.str(bytes);
    return *this;
  }

  Bytes bytes_;
};

}  // namespace rdb
