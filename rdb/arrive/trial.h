// How far a file can be read.
#pragma once

#include <cstdint>

#include "rdb/file/reader.h"
#include "rdb/io/source.h"

namespace rdb {

struct Trial {
  bool is_open = false;      // it has a header
  bool is_finished = false;  // read to its end
  bool is_proven = false;    // by the checksum
  uint64_t records = 0;
  uint64_t pos = 0;  // where reading ended
  Error error = {};

  // Nothing keeps a file from being read that has no checksum, or had none recorded.
  [[nodiscard]] bool is_sound() const { return is_finished && error.ok(); }
  // Whether this way leads further than another.
  [[nodiscard]] bool leads_further(const Trial& other) const {
    if (is_proven != other.is_proven) return is_proven;
    if (is_finished != other.is_finished) return is_finished;
    return records > other.records;
  }
};

// Takes wrappers off and reads the records, without decoding values. Stops with `too_large` at
// a name over 1 MiB: after damage, half the file may look like one name.
[[nodiscard]] Trial try_reading(ByteSource& source);

}  // namespace rdb
