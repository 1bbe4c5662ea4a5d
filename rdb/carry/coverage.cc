#include "rdb/carry/coverage.h"

#include <algorithm>
#include <cstddef>

#include "rdb/carry/division.h"

namespace rdb {
namespace {

// A range of slots is without keys by chance with the odds e^-(keys that are expected in it); with
// so many there is less than one such range in 10^12 files.
constexpr double kExpectedKeys = 40;
// Slots that are covered stand in a row, this many on average: those of a few hash tags do not.
constexpr size_t kRowMin = 16;
constexpr size_t kRangesShown = 16;

// The slots of "part-0000-slots-0-5460.rdb", behind any directory and suffix of a wrapper.
bool slots_of_part(std::string_view path, SlotSet& to) {
  path.remove_prefix(path.rfind('/') + 1);
  for (const std::string_view suffix : {".gz", ".zst", ".lz4"}) {
    if (path.ends_with(suffix)) path.remove_suffix(suffix.size());
  }
  constexpr std::string_view kPart = "part-";
  constexpr std::string_view kOfSlots = "-slots-";
  constexpr std::string_view kEnd = ".rdb";
  if (!path.starts_with(kPart) || !path.ends_with(kEnd)) return false;
  path.remove_prefix(kPart.size());
  path.remove_suffix(kEnd.size());
  const size_t digits = path.find_first_not_of("0123456789");
  if (digits == 0 || digits == path.npos || !path.substr(digits).starts_with(kOfSlots)) {
    return false;
  }
  std::string why;
  return to.add(path.substr(digits + kOfSlots.size()), why);
}

std::vector<SlotRange> missing(const std::bitset<kSlots>& slots) {
  std::vector<SlotRange> out;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (slots[slot]) continue;
    if (out.empty() || out.back().last + 1 != slot) out.push_back({slot, slot});
    out.back().last = slot;
  }
  return out;
}

size_t size(const SlotRange& range) { return range.last - range.first + 1; }

}  // namespace

void SlotCoverage::add_file(std::string_view path) {
  ++files_;
  SlotSet slots;
  if (!slots_of_part(path, slots)) return;
  ++named_files_;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (slots.has(slot)) named_.set(slot);
  }
}

void SlotCoverage::look_at(std::string_view key) {
  ++looked_at_;
  with_keys_.set(key_slot(key));
}

std::vector<SlotRange> SlotCoverage::uncovered() const {
  return is_named() ? missing(named_) : gaps();
}

std::string SlotCoverage::words() const {
  const std::vector<SlotRange> all = uncovered();
  if (all.empty()) return "";
  const auto n = static_cast<std::ptrdiff_t>(std::min(all.size(), kRangesShown));
  std::string slots = to_text({all.begin(), all.begin() + n});
  if (all.size() > kRangesShown) {
    slots += " and " + std::to_string(all.size() - kRangesShown) + " more ranges";
  }
  return is_named() ? "slots " + slots + " are in none of these parts"
                    : "no key is in slots " + slots + ": is the file of a node missing?";
}

std::vector<SlotRange> SlotCoverage::gaps() const {
  if (looked_at_ == 0) return {};
  const std::vector<SlotRange> all = missing(with_keys_ | named_);
  std::vector<SlotRange> out;
  size_t covered = kSlots;
  // What is too large makes the rest denser, so that less is too large there.
  for (size_t before = 0; covered != before;) {
    before = covered;
    const double in_a_slot = static_cast<double>(looked_at_) / static_cast<double>(covered);
    out.clear();
    covered = kSlots;
    for (const SlotRange& range : all) {
      if (in_a_slot * static_cast<double>(size(range)) < kExpectedKeys) continue;
      out.push_back(range);
      covered -= size(range);
    }
  }
  return covered >= kRowMin * out.size() ? out : std::vector<SlotRange>{};
}

}  // namespace rdb
