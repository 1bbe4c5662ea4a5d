// The payload of RESTORE and FUNCTION RESTORE, as far as it decides whether a server takes it:
//   <type:u8> <value> <RDB version:u16le> <CRC-64:u64le>
// Source: valkey 8.0.1 src/cluster.c, createDumpPayload, verifyDumpPayload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/io/sink.h"

namespace rdb {

// Takes one payload after another, in pieces, and holds a few bytes. Not thread-safe; distinct
// objects are independent.
class PayloadCheck : public ByteSink {
 public:
  // Another payload begins.
  void start();
  [[nodiscard]] bool write(std::string_view bytes) override;

  // After the last piece: true if its checksum is that of the bytes before.
  [[nodiscard]] bool is_sound() const;
  [[nodiscard]] unsigned version() const;  // RDB version
  // Returns the name of the module type whose value it is, or an empty string.
  [[nodiscard]] std::string module() const;

 private:
  void pass(std::string_view bytes);

  std::string head_;    // the first bytes: a type, and the id of a module
  std::string passed_;  // the last two of the bytes that are summed
  std::string last_;    // the last eight bytes
  uint64_t crc_ = 0;    // of all bytes before these
};

}  // namespace rdb
