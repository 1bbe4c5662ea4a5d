// What was selected and changed, for the reports of commands that write snapshots.
#pragma once

#include <string>

#include "rdb/rdb.h"

namespace cli {

// Lines of a report: keys left out by each filter, patterns and listed names that matched nothing.
[[nodiscard]] std::string text(const rdb::Selection& selection);
[[nodiscard]] std::string text(const rdb::ChangeCounts& changes);

// The same as the members "selection" and "edits".
bool json(rdb::Json& json, const rdb::Selection& selection);
bool json(rdb::Json& json, const rdb::ChangeCounts& changes);

}  // namespace cli
