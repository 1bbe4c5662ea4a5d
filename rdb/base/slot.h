// Cluster slots: which one a key belongs to, and sets of them.
// Source: redis 7.2.6 src/cluster.c, keyHashSlot.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rdb {

inline constexpr unsigned kSlots = 16384;

// The slot of a key, 0 to 16383: CRC16/XMODEM of what stands between its first "{" and the next
// "}", or of all of it where there are none or nothing is between.
[[nodiscard]] unsigned key_slot(std::string_view key);

// First and last are in it.
struct SlotRange {
  unsigned first = 0;
  unsigned last = 0;
};

// One thread; distinct objects are independent.
class SlotSet {
 public:
  // Adds `0-5460,5461,…`. False: `why` says what is wrong with the text, or which slot is in the
  // set already; the ranges before that one are added.
  [[nodiscard]] bool add(std::string_view text, std::string& why);

  [[nodiscard]] bool has(unsigned slot) const { return slots_[slot]; }
  [[nodiscard]] size_t count() const { return slots_.count(); }
  // As they were added.
  [[nodiscard]] const std::vector<SlotRange>& ranges() const { return ranges_; }

 private:
  bool add(SlotRange range, std::string& why);

  std::bitset<kSlots> slots_;
  std::vector<SlotRange> ranges_;
};

}  // namespace rdb
