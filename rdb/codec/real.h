// Fixed-width numbers, little-endian, and scores: text `<u8 size> <size bytes>` (sizes 253, 254,
// 255 stand for NaN, +inf, -inf and have no bytes), or binary. Source: redis 7.2.6 src/rdb.c,
// rdbLoadDoubleValue, rdbLoadBinaryDoubleValue; redis 3.2.13 src/rdb.c, rdbSaveDoubleValue.
#pragma once

#include <cstdint>
#include <string_view>

#include "rdb/io/input.h"
#include "rdb/io/output.h"

namespace rdb {

// A score in text. Text that begins with no number fails, junk behind the number is noted.
[[nodiscard]] bool read_text_score(Input& in, double& score);

// Numbers in binary, NaN included.
[[nodiscard]] bool read_int64(Input& in, int64_t& value);
[[nodiscard]] bool read_double(Input& in, double& value);
[[nodiscard]] bool read_float(Input& in, double& value);

// A score inside a packed blob. Servers take 0 where there is no number (zzlStrtod).
[[nodiscard]] double parse_packed_score(std::string_view text);

// A score in text as Redis 2.2 to 3.2 write it, always "%.17g". Their shorter way for integers is
// compiled only where <float.h> is included, which it is not: -0 stays "-0".
[[nodiscard]] bool write_text_score(Output& out, double score);

[[nodiscard]] bool write_binary_double(Output& out, double value);

}  // namespace rdb
