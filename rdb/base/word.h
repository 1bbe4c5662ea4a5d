// Words that servers compare whatever the case of their letters: AUX fields, names of options.
#pragma once

#include <strings.h>

#include <string_view>

namespace rdb {

[[nodiscard]] inline bool is_same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace rdb
