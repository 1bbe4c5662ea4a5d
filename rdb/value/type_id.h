// The type bytes that code names, and the limits that decide between packed and plain ones.
#pragma once

#include <cstdint>

namespace rdb {

// Type bytes, as in the table of types.
enum TypeId : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kZsetText = 3,
  kHash = 4,
  kZset = 5,
  kModule = 7,
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kZsetZiplist = 12,
  kHashZiplist = 13,
  kQuicklist = 14,
  kStream = 15,
  kHashListpack = 16,
  kZsetListpack = 17,
  kQuicklist2 = 18,
  kStream2 = 19,
  kSetListpack = 20,
  kStream3 = 21,
  kHashExpiring = 22,
};

// Limits below which a server keeps a value packed, further ones (encode.h): the defaults of every
// version, 2.6 to 9.1, that has the form.
inline constexpr uint64_t kHashEntries = 512;
inline constexpr uint64_t kSetListpackEntries = 128;
inline constexpr uint64_t kSetIntsetEntries = 512;
inline constexpr uint64_t kListZiplistEntries = 512;  // before 3.2
inline constexpr uint64_t kListNodeBytes = 8192;      // list-max-listpack-size -2

}  // namespace rdb
