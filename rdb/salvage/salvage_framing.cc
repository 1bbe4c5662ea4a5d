// Where salvage goes on when records cannot be followed, and which of those before were misread.
#include <algorithm>
#include <utility>

#include "rdb/file/opcode.h"
#include "rdb/file/record_at.h"
#include "rdb/salvage/salvage.h"

namespace rdb {
namespace {

constexpr uint64_t kSearchedBytes = 16 << 10;  // at each end of a record that may be misread
constexpr uint64_t kRecordBytesMin = 4;        // type, key of a byte, value of a byte
constexpr uint64_t kZerosMin = 8;              // at the end of a value that make it doubtful

}  // namespace

// Records go on at `to`; `error` is of what cannot be read at `from`, if that is why.
Salvage::Step Salvage::lose_framing(uint64_t from, uint64_t to, std::string words,
                                    const Error* error) {
  Loss loss{.kind = Loss::Kind::framing, .words = std::move(words)};
  if (error != nullptr) {
    loss.has_key = error->has_key;
    loss.key = error->key;
    loss.type = error->type;
  } else if (!window_.empty() && window_.back().to == from && window_.back().may_be_zeros) {
    from = window_.back().from;
    window_.pop_back();
  }
  if (error != nullptr && error->code == Code::zeros && !doubt_end(from)) return Step::failed;
  loss.db = db_;
  if (!is_proven_ && (step_back(from, to) || step_back_to_prefix(from, to))) loss.has_key = false;
  loss.from = from;
  loss.to = to;
  if (!is_database_known(from, to)) is_orphaned_ = true;
  at_ = to;
  is_whole_ = false;
  if (!lose(std::move(loss))) return Step::failed;
  return to == file_.size() ? Step::end : Step::again;
}

// Zeros begin at `at` or before: the last value may have been overwritten by them, or end in some
// of its own, which nothing tells.
bool Salvage::doubt_end(uint64_t at) {
  if (window_.empty() || window_.back().to != at || window_.back().own) return true;
  const Kept& last = window_.back();
  uint64_t from = at;
  for (bool is_zero = true; is_zero && from > last.from;) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(kPieceBytes, from - last.from));
    const std::string piece = file_.bytes_at(from - size, size);
    const size_t other = piece.find_last_not_of('\0');
    is_zero = other == std::string::npos;
    from -= is_zero ? size : size - 1 - other;
  }
  if (at - from < kZerosMin || last.what != Kept::What::entry) return true;
  const RecordAt value(file_, header_, last.from, options_.reader);
  if (!value.is_entry()) return true;
  Loss loss{.kind = Loss::Kind::repaired, .from = from, .to = at, .has_key = true, .db = last.db};
  loss.key = value.record.key;
  loss.type = value.record.type->name;
  loss.words =
      "kept, but it ends in zero bytes, as what follows: they may stand in place of its own";
  return lose(std::move(loss));
}

// A record that was read before the damage may have been misread, and hide others from its start
// on.
bool Salvage::step_back(uint64_t& from, uint64_t& to) {
  for (size_t i = 0; i < window_.size(); ++i) {
    const Kept& kept = window_[i];
    if (kept.what != Kept::What::entry || kept.is_sealed) continue;
    constexpr int kMore = 8;
    constexpr int kLeast = 16;
    std::vector<uint64_t> boundaries;
    int bits = kept.value_bits;  // its key may be what it should whatever its value is
    for (size_t j = i + 1; j < window_.size(); ++j) {
      boundaries.push_back(window_[j].from);
      bits += std::max(window_[j].bits, 0);
    }
    boundaries.push_back(from);
    const auto search = [&](uint64_t begin, uint64_t end) {
      const uint64_t at =
          resync_->find_leading(begin, end, to, false, boundaries, std::max(bits + kMore, kLeast));
      return at == end ? kept.to : at;
    };
    const uint64_t near = std::min(kept.to, kept.from + kSearchedBytes);
    uint64_t found = search(kept.from + 1, near);
    if (found == kept.to) found = search(std::max(near, kept.to - kSearchedBytes), kept.to);
    if (found == kept.to) continue;
    from = kept.from;
    to = found;
    forget(i);
    return true;
  }
  return false;
}

// Of a record whose expiry was read as a part of others.
bool Salvage::step_back_to_prefix(uint64_t& from, uint64_t& to) {
  const uint64_t prefix = to == file_.size() ? to : resync_->find_prefix(to);
  size_t kept = window_.size();
  while (kept > 0 && window_[kept - 1].to > prefix) --kept;
  const bool is_misread = kept < window_.size();
  const uint64_t begin = is_misread ? window_[kept].from : from;
  if (prefix == to || prefix <= begin) return false;
  to = prefix;
  from = begin;
  if (is_misread) forget(kept);
  return is_misread;
}

// All that was read behind so many records of the window.
void Salvage::forget(size_t kept) {
  const uint64_t from = window_[kept].from;
  for (; window_.size() > kept; window_.pop_back()) {
    if (window_.back().what == Kept::What::entry) --found_[window_.back().db];
  }
  const auto first = std::partition(losses_.begin(), losses_.end(),
                                    [from](const Loss& loss) { return loss.from < from; });
  for (auto loss = first; loss != losses_.end(); ++loss) {
    held_.remove(loss->held());
    if (!loss->is_lost()) continue;
    bytes_lost_ -= loss->to - loss->from;
    if (loss->has_key && loss->kind != Loss::Kind::framing) --found_[loss->db];
  }
  losses_.erase(first, losses_.end());
}

// Whether no SELECTDB can be among these lost bytes: more keys of the database are to come than
// records fit in them.
bool Salvage::is_database_known(uint64_t from, uint64_t to) {
  if (is_orphaned_ || to == file_.size()) return !is_orphaned_;
  if (file_.bytes_at(to, 1) == std::string(1, static_cast<char>(kResizeDb))) return false;
  const uint64_t hinted = hints_[db_];
  const uint64_t found = found_[db_];
  return hinted > found && hinted - found > (to - from) / kRecordBytesMin + 1;
}

}  // namespace rdb
