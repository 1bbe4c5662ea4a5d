// Patterns of key names, with the verdicts of the servers' KEYS, byte by byte:
//   *       any bytes, also none        ?      any one byte
//   [a-z_]  one byte of these           [^a]   one byte but these
//   \x      x itself, also in a class
// A class that is not closed ends with the pattern; the ends of a range may be in either order; a
// range reaches from its first byte to its third whatever they are, so "[a-]" is not closed. Bytes
// from 0x80 on come before 0x00 in a range, as on servers whose chars are signed (x86). Of patterns
// made of stars only "*" itself matches the empty name.
// Source: redis 7.2.6 src/util.c, stringmatchlen; src/db.c, keysCommand. Unlike there a pattern may
// have more than 1000 stars.
#pragma once

#include <bitset>
#include <string_view>
#include <vector>

namespace rdb {

// One thread for making it; matches() may be called by many.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  // Takes at most the product of both lengths in time, and no stack or heap.
  [[nodiscard]] bool matches(std::string_view name) const;

 private:
  // What may stand at one place of a name, behind any bytes if there is a star before it.
  struct Step {
    std::bitset<256> bytes;
    bool has_star = false;
  };

  std::vector<Step> steps_;
  bool ends_with_star_ = false;
  bool matches_empty_ = false;
};

}  // namespace rdb
