#include "rdb/value/stream_history.h"

#include <compare>

namespace rdb {

void derive_history(Stream& stream, const StreamId& first) {
  stream.first = first;
  stream.max_deleted = {};
  stream.entries_added = stream.length;
}

uint64_t entries_read(const Stream& stream, const StreamId& last) {
  if (stream.entries_added == 0) return 0;
  if (stream.length == 0 && last <= stream.last) return stream.entries_added;
  if (last == stream.last) return stream.entries_added;
  if (last > stream.last) return kUnknown;
  const bool is_whole = stream.max_deleted == StreamId{} || stream.max_deleted < stream.first;
  if (!is_whole || last > stream.first) return kUnknown;
  return stream.entries_added - stream.length + (last == stream.first ? 1 : 0);
}

}  // namespace rdb
