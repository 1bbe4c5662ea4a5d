// What a file is that is no RDB file, by its first bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rdb {

inline constexpr size_t kLooksLikeBytes = 512;  // show all there is to see

// Returns words such as "gzip data" or "a PGP message, decrypt it first (gpg --decrypt)", for the
// message of `not_rdb`. What an error page of an object store says is quoted.
[[nodiscard]] std::string looks_like(std::string_view first_bytes);

// True if append-only commands begin there: `*<digits>` and the end of a line, or `#TS:`.
[[nodiscard]] bool looks_like_commands(std::string_view first_bytes);

}  // namespace rdb
