// The text of scores since Redis 7.2: Grisu2, whose digits read back to the same double but are not
// always the fewest. Source: valkey 8.0.1 deps/fpconv/fpconv_dtoa.c.
#pragma once

#include <string_view>

namespace rdb {

// Writes the text to `to` (kNumberBytes long); the view is of it.
[[nodiscard]] std::string_view format_score(double value, char* to);

}  // namespace rdb
