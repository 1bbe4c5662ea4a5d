// What somebody may have meant who mistyped a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

// `did you mean check?` for the name nearest to `typed`, or nothing where none is near.
[[nodiscard]] std::string did_you_mean(std::string_view typed,
                                       const std::vector<std::string>& names);

}  // namespace cli
