// What happened to a file and cannot be taken back: bytes were replaced by text that stands for no
// byte, zeros stand where the end of the file was, or it is the dump of one key and no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rdb/arrive/arrival.h"

namespace rdb {

// Whether all of it is UTF-8, up to a character that is cut off at the end, and not ASCII alone. No
// RDB file is: the opcodes FA, FB, FE and FF are in no text.
[[nodiscard]] bool is_utf8_text(std::string_view bytes);

// Looks for the marks that this leaves in a file with these first bytes, of which reading ended
// with `error`, at `pos`.
[[nodiscard]] std::optional<Arrival> find_lost(Rereadable& file, std::string_view head,
                                               const Error& error, uint64_t pos);

}  // namespace rdb
