#include "rdb/base/slot.h"

#include <algorithm>
#include <array>

#include "rdb/base/error.h"
#include "rdb/base/number.h"

namespace rdb {
namespace {

// The CRC of each byte: polynomial 0x1021, not reflected.
constexpr std::array<uint16_t, 256> kCrc16 = [] {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}();

std::string_view hash_tag(std::string_view key) {
  const size_t open = key.find('{');
  if (open == key.npos) return key;
  const size_t close = key.find('}', open);
  const bool has_tag = close != key.npos && close > open + 1;
  return has_tag ? key.substr(open + 1, close - open - 1) : key;
}

bool parse_slot(std::string_view text, unsigned& slot) {
  int64_t v = 0;
  if (!parse_int64(text, v) || v < 0 || v >= kSlots) return false;
  slot = static_cast<unsigned>(v);
  return true;
}

std::string shown(SlotRange range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

}  // namespace

unsigned key_slot(std::string_view key) {
  uint16_t crc = 0;
  for (const char c : hash_tag(key)) {
    crc = static_cast<uint16_t>(crc << 8 ^ kCrc16[crc >> 8 ^ static_cast<uint8_t>(c)]);
  }
  return crc % kSlots;
}

bool SlotSet::add(std::string_view text, std::string& why) {
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const size_t dash = part.find('-');
    SlotRange range;
    if (!parse_slot(part.substr(0, dash), range.first) ||
        !parse_slot(part.substr(dash == part.npos ? 0 : dash + 1), range.last)) {
      why = quoted(part) + " is no slot from 0 to 16383 and no range FIRST-LAST of them";
      return false;
    }
    if (!add(range, why)) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool SlotSet::add(SlotRange range, std::string& why) {
  if (range.first > range.last) {
    why = "the range " + shown(range) + " ends before it begins";
    return false;
  }
  for (unsigned slot = range.first; slot <= range.last; ++slot) {
    if (!slots_[slot]) continue;
    const auto holds = [slot](SlotRange r) { return r.first <= slot && slot <= r.last; };
    const SlotRange other = *std::find_if(ranges_.begin(), ranges_.end(), holds);
    why = "slot " + std::to_string(slot) + " is in both " + shown(other) + " and " + shown(range);
    return false;
  }
  for (unsigned slot = range.first; slot <= range.last; ++slot) slots_.set(slot);
  ranges_.push_back(range);
  return true;
}

}  // namespace rdb
