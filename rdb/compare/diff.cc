#include "rdb/compare/diff.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "rdb/base/limits.h"

namespace rdb {
namespace {

constexpr uint64_t kKinds = 8;  // in the lowest bits of a value's hash: its kind
constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();
constexpr uint64_t kSideB = uint64_t{1} << 63;

uint64_t kind_of(const MatchRow& row) { return row.value_low % kKinds; }

std::pair<uint64_t, bool> place_of(const Difference& one) {
  const bool is_added = one.change == Change::added;
  return {is_added ? one.offset_b : one.offset_a, is_added};
}

bool is_before(const Difference& a, const Difference& b) { return place_of(a) < place_of(b); }

}  // namespace

bool Diff::run(Reader& a, Reader& b) {
  Side sides[] = {{a, RecordHash(options_.form), others_[0], counts_.keys_a, false},
                  {b, RecordHash(options_.form), others_[1], counts_.keys_b, true}};
  // By turns, so that what stands at the same place in both meets at once.
  while (!a.finished() || !b.finished()) {
    for (Side& side : sides) {
      if (!side.reader.finished() && !step(side)) return false;
    }
  }
  const auto differ = [this](const MatchRow* left, const MatchRow* right) {
    this->differ(left, right);
  };
  if (!matcher_.finish(differ)) return false;
  counts_.same = matcher_.same();
  listed_ = first_.take();
  return true;
}

bool Diff::step(Side& side) {
  Record record;
  if (!side.reader.next(record)) return side.reader.finished();
  if (!RecordHash::counts(record.kind)) return true;
  if (record.kind != RecordKind::entry) {
    if (!options_.functions) return true;
    if (!side.reader.value(&side.hash.begin(record))) return false;
    side.others.add(record.kind, side.hash.get());
    return true;
  }
  if (!options_.expired && record.lifetime.is_expired(options_.now_ms)) return true;
  return add(side, record);
}

bool Diff::add(Side& side, const Record& record) {
  const auto [at, is_new] = databases_.try_emplace(record.db, numbers_.size());
  if (is_new) numbers_.push_back(record.db);
  if (numbers_.size() > kDatabasesMax) {
    return side.reader.fail(Code::too_many_databases,
                            {.found = kDatabasesMax + 1, .allowed = kDatabasesMax});
  }
  Sink& value_to = side.hash.begin(record);
  const Hash128& name = side.hash.key();
  MatchRow row{.low = name.low - name.low % kDatabasesMax + at->second,
               .high = name.high,
               .place = record.offset | (side.is_b ? kSideB : 0)};
  if (options_.expiries) row.expire_ms = record.lifetime.expire_ms.value_or(kNoTime);
  if (!side.reader.value(&value_to)) return false;
  if (side.hash.value().is_expired()) return true;
  const Hash128 value = side.hash.value().get();
  row.value_low = value.low - value.low % kKinds + static_cast<uint64_t>(record.type->kind);
  row.value_high = value.high;
  ++side.keys;
  return matcher_.add(row);
}

void Diff::differ(const MatchRow* a, const MatchRow* b) {
  Difference one{.db = numbers_[(a != nullptr ? a : b)->low % kDatabasesMax],
                 .offset_a = a != nullptr ? a->offset() : 0,
                 .offset_b = b != nullptr ? b->offset() : 0};
  if (a == nullptr || b == nullptr) {
    one.change = a == nullptr ? Change::added : Change::removed;
    ++(a == nullptr ? counts_.added : counts_.removed);
    return first_.add(one);
  }
  one.type = kind_of(*a) != kind_of(*b);
  one.expiry = a->expire_ms != b->expire_ms;
  one.value = !one.type && (a->value_low != b->value_low || a->value_high != b->value_high);
  ++counts_.changed;
  counts_.types += one.type ? 1 : 0;
  counts_.expiries += one.expiry ? 1 : 0;
  counts_.values += one.value ? 1 : 0;
  first_.add(one);
}

void FirstDifferences::add(const Difference& one) {
  ++count_;
  if (max_ == 0) return;
  if (heap_.size() == max_) {
    if (!is_before(one, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), is_before);
    heap_.pop_back();
  }
  heap_.push_back(one);
  std::push_heap(heap_.begin(), heap_.end(), is_before);
}

std::vector<Difference> FirstDifferences::take() {
  std::sort_heap(heap_.begin(), heap_.end(), is_before);
  return std::move(heap_);
}

}  // namespace rdb
