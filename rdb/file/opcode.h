// Opcodes: the bytes that stand where a value type may stand. Source: redis 7.2.6 and valkey 9.1
// src/rdb.h; redis 7.4.1 src/rdb.h for 244.
#pragma once

#include <cstdint>
#include <string_view>

namespace rdb {

enum Opcode : uint8_t {
  kSlotImport = 243,  // under VALKEY; key metadata under REDIS0013 and later
  kSlotInfo = 244,    // REDIS0012 and later
  kFunction2 = 245,
  kFunctionPreGa = 246,
  kModuleAux = 247,
  kIdle = 248,
  kFreq = 249,
  kAux = 250,
  kResizeDb = 251,
  kExpireMs = 252,
  kExpire = 253,
  kSelectDb = 254,
  kEof = 255,
};

[[nodiscard]] constexpr bool is_opcode(uint8_t id) { return id >= kSlotImport; }

// The RDB version that introduced an opcode, 0 where it is none of the above.
[[nodiscard]] unsigned opcode_since(uint8_t opcode);

// "resizedb", or "" where it is none of the above.
[[nodiscard]] std::string_view opcode_name(uint8_t opcode);

}  // namespace rdb
