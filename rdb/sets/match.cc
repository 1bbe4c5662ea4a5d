#include "rdb/sets/match.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace rdb {
namespace {

// Of the memory, for sorting; the blocks of partitions take it before, with the recent rows.
size_t work_bytes(size_t memory) { return std::max(memory, Matcher::kMemoryMin) / 2; }

constexpr size_t kRecentRowsMax = size_t{1} << 16;

constexpr MatchRow kFree{.place = ~uint64_t{0}};

}  // namespace

Matcher::Matcher(size_t memory, std::string directory)
    : rows_max_(work_bytes(memory) / sizeof(MatchRow)),
      recent_(std::min(rows_max_ / 2, kRecentRowsMax), kFree),
      block_(Parts::block_rows(work_bytes(memory) / 2)),
      spill_(memory - std::min(memory, work_bytes(memory)), std::move(directory)),
      parts_(spill_, 0, block_.size()) {}

bool Matcher::add(const MatchRow& row) {
  MatchRow& recent = recent_[row.high % recent_.size()];
  if (recent.is_same_as(row) && recent.is_b() != row.is_b()) {
    ++same_;
    recent = kFree;
    return true;
  }
  const MatchRow before = std::exchange(recent, row);
  return before.place == kFree.place || parts_.put(before);
}

bool Matcher::finish(const Take& take) {
  for (const MatchRow& row : recent_) {
    if (row.place != kFree.place && !parts_.put(row)) return false;
  }
  std::vector<MatchRow>().swap(recent_);
  return parts_.flush() && settle(parts_, 0, take);
}

bool Matcher::settle(const Parts& parts, unsigned level, const Take& take) {
  for (const Parts::Chain& chain : parts.chains()) {
    const bool fits = chain.count <= rows_max_;
    if (!(fits ? sort(chain, take) : divide(chain, level + 1, take))) return false;
  }
  return true;
}

bool Matcher::sort(Parts::Chain chain, const Take& take) {
  rows_.clear();
  while (chain.last_count != 0) {
    const size_t count = chain.last_count;
    if (!Parts::read_block(spill_, chain, block_)) return false;
    rows_.insert(rows_.end(), block_.begin() + 1,
                 block_.begin() + 1 + static_cast<std::ptrdiff_t>(count));
  }
  std::sort(rows_.begin(), rows_.end(), [](const MatchRow& a, const MatchRow& b) {
    return std::tie(a.low, a.high, a.place) < std::tie(b.low, b.high, b.place);
  });
  const MatchRow* const end = rows_.data() + rows_.size();
  for (const MatchRow* from = rows_.data(); from != end;) {
    const MatchRow* const to =
        std::find_if(from, end, [from](const MatchRow& row) { return !row.is_named_as(*from); });
    compare(from, to, take);
    from = to;
  }
  return true;
}

// Rows of one name, those of the first side before the others.
void Matcher::compare(const MatchRow* from, const MatchRow* to, const Take& take) {
  const MatchRow* b = std::find_if(from, to, [](const MatchRow& row) { return row.is_b(); });
  const MatchRow* const a_end = b;
  for (const MatchRow* a = from; a != a_end || b != to;) {
    const MatchRow* const left = a != a_end ? a++ : nullptr;
    const MatchRow* const right = b != to ? b++ : nullptr;
    if (left != nullptr && right != nullptr && left->is_same_as(*right)) {
      ++same_;
    } else {
      take(left, right);
    }
  }
}

bool Matcher::divide(Parts::Chain chain, unsigned level, const Take& take) {
  if (level == Parts::kLevels) {  // all have one name
    error_ = {.code = Code::too_many_duplicates, .numbers = {.found = 0, .allowed = rows_max_}};
    return false;
  }
  std::vector<MatchRow>().swap(rows_);
  Parts parts(spill_, level, block_.size());
  while (chain.last_count != 0) {
    const size_t count = chain.last_count;
    if (!Parts::read_block(spill_, chain, block_)) return false;
    for (size_t i = 1; i <= count; ++i) {
      if (!parts.put(block_[i])) return false;
    }
  }
  return parts.flush() && settle(parts, level, take);
}

}  // namespace rdb
