// Regular expressions of RE2 over bytes: linear time, no recursion on what is matched. Syntax:
// https://github.com/google/re2/wiki/Syntax; a "." is one byte and not a line feed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace rdb {

// One thread for making it; matches() may be called by many.
class Regex {
 public:
  Regex();
  Regex(Regex&& other) noexcept;
  ~Regex();

  // False: `why` is RE2's reason.
  [[nodiscard]] bool compile(std::string_view pattern, std::string& why);

  // True when some part of the name matches; needs ^ and $ to mean all of it.
  [[nodiscard]] bool matches(std::string_view name) const;

 private:
  std::unique_ptr<re2::RE2> re_;
};

}  // namespace rdb
