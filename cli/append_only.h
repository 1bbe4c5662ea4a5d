// How reports tell of append-only files: the manifest, the commands and the databases that they
// touch.
#pragma once

#include <cstddef>
#include <string>

#include "cli/command_source.h"
#include "rdb/show/json.h"

namespace cli {

// False if the input is no append-only file and no commands follow its RDB part.
[[nodiscard]] bool is_append_only(const CommandSource& source);

// Lines of a report, their labels `width` letters wide: the files of a directory, if it is one.
[[nodiscard]] std::string files_text(const CommandSource& source, size_t width);
// How many commands there are by name: a part of a line.
[[nodiscard]] std::string commands_words(const CommandSource& source);
// Lines with the databases that they touch, and the annotations.
[[nodiscard]] std::string touched_text(const CommandSource& source, size_t width);

// The member "append_only" of a JSON report, where is_append_only().
bool json_append_only(rdb::Json& json, const CommandSource& source);

}  // namespace cli
