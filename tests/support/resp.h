// Append-only commands as servers write them: resp("SET", "a", "1").
#pragma once

#include <string>
#include <string_view>

namespace rdb {

template <typename... Words>
std::string resp(const Words&... words) {
  std::string out = "*" + std::to_string(sizeof...(words)) + "\r\n";
  const auto add = [&out](std::string_view word) {
    out += "$" + std::to_string(word.size()) + "\r\n";
    out += word;
    out += "\r\n";
  };
  (add(words), ...);
  return out;
}

}  // namespace rdb
