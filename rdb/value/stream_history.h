// What servers make of a stream of a form that does not tell what it once held: RDB type
// stream-listpacks.
// Source: valkey 8.0.1 src/rdb.c, rdbLoadObject; src/t_stream.c,
// streamEstimateDistanceFromFirstEverEntry.
#pragma once

#include "rdb/value/sink.h"

namespace rdb {

// The first entry of a stream that has none.
inline constexpr StreamId kNoFirstEntry{UINT64_MAX, UINT64_MAX};

// Fills in what a stream once held; `first` is its first entry that is not deleted.
void derive_history(Stream& stream, const StreamId& first);

// How many entries a group has read that does not say so, by where it stands; kUnknown.
[[nodiscard]] uint64_t entries_read(const Stream& stream, const StreamId& last);

}  // namespace rdb
