// Names of keys from a text file, one a line, for --list. A carriage return before the line feed is
// not part of the name, and an empty line is none. A line that begins with a quote is a name as
// servers and redis-cli print it: "\x00\xff", with \n \r \t \a \b \" \\ \xHH.
//
// Names are held whole: about 80 bytes a name, and the name itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rdb/base/hash128.h"
#include "rdb/base/limits.h"
#include "rdb/io/source.h"

namespace rdb {

// One thread; distinct objects are independent.
class KeyList {
 public:
  // Adds the names of a file. False: `source` failed, or `why` says what is wrong with which line:
  // all that are held may take `held_max` bytes of memory.
  [[nodiscard]] bool read(ByteSource& source, std::string& why, uint64_t held_max = kHeldDefault);

  // True when the name is in the list; it counts as found.
  [[nodiscard]] bool has(std::string_view name);

  [[nodiscard]] size_t size() const { return names_.size(); }  // distinct names
  // Those not found, in order; the views live as long as the list.
  [[nodiscard]] std::vector<std::string_view> missing() const;

 private:
  // Lets names be looked up by views.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const {
      return static_cast<size_t>(lookup_hash(name).low);
    }
  };

  bool add_line(std::string& line, std::string& why);

  uint64_t held_ = 0;
  std::unordered_map<std::string, bool, Hash, std::equal_to<>> names_;  // whether they were found
};

}  // namespace rdb
