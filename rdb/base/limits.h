// Every bound of the library in one place, with what it mirrors.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rdb {

// Size of the read and write buffers: they stay in the second-level cache.
inline constexpr size_t kBufferBytes = 256 << 10;

// The longest stretch that Input::view hands out whole; longer strings pass in pieces of this size.
inline constexpr size_t kPieceBytes = 64 << 10;

// The most that Input::need accepts (a literal run of LZF is 32 bytes, a stream id 16).
inline constexpr size_t kNeedBytes = 64;

// Flaws of one value are told up to this many.
inline constexpr size_t kFlawsMax = 8;

// The longest name of a key that a client can give: 512 MiB, the servers' proto-max-bulk-len.
inline constexpr uint64_t kKeyBytesMax = uint64_t{512} << 20;

// A name or a packed blob is held whole while it is read. It may have so many bytes, unless the
// caller says otherwise: 1 GiB, the most to which servers let a packed value grow
// (LISTPACK_MAX_SAFETY_SIZE, ZIPLIST_MAX_SAFETY_SIZE, valkey 8.0.1 src/listpack.c, src/ziplist.c).
inline constexpr uint64_t kHeldDefault = uint64_t{1} << 30;

// An LZF token of 3 bytes yields at most 264, so no sound string claims more than 88 to 1.
inline constexpr uint64_t kLzfRatioMax = 88;

// Distinct database numbers that are counted apart; servers have 16 unless configured otherwise.
inline constexpr size_t kDatabasesMax = 32768;

// The window of a zstd frame is held: 128 MiB, what the zstd tool reads without --long or --memory
// (ZSTD_WINDOWLOG_LIMIT_DEFAULT).
inline constexpr uint64_t kZstdWindowMax = uint64_t{128} << 20;

// Wrappers in each other that are taken off.
inline constexpr size_t kWrappersMax = 2;

}  // namespace rdb
