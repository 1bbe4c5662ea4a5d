#include "rdb/file/opcode.h"

#include <array>

namespace rdb {
namespace {

struct Row {
  std::string_view name;
  unsigned since;
};

constexpr std::array<Row, 13> kRows = {{
    {"slot-import", 80},
    {"slot-info", 12},
    {"function2", 10},
    {"function-pre-ga", 10},
    {"module-aux", 9},
    {"idle", 9},
    {"freq", 9},
    {"aux", 7},
    {"resizedb", 7},
    {"expiretime-ms", 3},
    {"expiretime", 1},
    {"selectdb", 1},
    {"eof", 1},
}};

}  // namespace

unsigned opcode_since(uint8_t opcode) {
  return opcode < kSlotImport ? 0 : kRows[opcode - kSlotImport].since;
}

std::string_view opcode_name(uint8_t opcode) {
  return opcode < kSlotImport ? "" : kRows[opcode - kSlotImport].name;
}

}  // namespace rdb
