#include "rdb/salvage/splice.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rdb {

void Splice::push(Piece piece) {
  if (piece.size == 0) return;
  piece.at = size_;
  size_ += piece.size;
  const bool has_last = !pieces_.empty() && pieces_.back().is_own == piece.is_own;
  if (has_last && pieces_.back().from + pieces_.back().size == piece.from) {
    pieces_.back().size += piece.size;
  } else {
    pieces_.push_back(piece);
  }
}

void Splice::add(uint64_t from, uint64_t to) { push({.from = from, .size = to - from}); }

void Splice::add_own(uint64_t from, uint64_t to) {
  push({.from = from, .size = to - from, .is_own = true});
}

bool Splice::add(std::string_view bytes) {
  const uint64_t at = own_.size();
  if (!own_.write(bytes)) return fail(own_.error());
  push({.from = at, .size = bytes.size(), .is_own = true});
  return true;
}

void Splice::take_from(Splice& other, size_t kept) {
  for (size_t i = kept; i < other.pieces_.size(); ++i) {
    push(other.pieces_[i]);
    other.size_ -= other.pieces_[i].size;
  }
  other.pieces_.resize(std::min(kept, other.pieces_.size()));
}

void Splice::leave_out(const std::vector<Range>& ranges) {
  const std::vector<Piece> before = std::exchange(pieces_, {});
  size_ = 0;
  auto range = ranges.begin();
  for (Piece piece : before) {
    const uint64_t end = piece.at + piece.size;
    while (range != ranges.end() && range->from < end) {
      const uint64_t from = std::max(range->from, piece.at);
      const uint64_t to = std::clamp(range->to, from, end);
      push({.from = piece.from, .size = from - piece.at, .is_own = piece.is_own});
      piece.from += to - piece.at;
      piece.at = to;
      if (range->to > end) break;
      ++range;
    }
    push({.from = piece.from, .size = end - piece.at, .is_own = piece.is_own});
  }
}

// The piece with that byte.
size_t Splice::find(uint64_t offset) const {
  const auto is_behind = [](uint64_t at, const Piece& piece) { return at < piece.at; };
  const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), offset, is_behind);
  return static_cast<size_t>(next - pieces_.begin()) - (next == pieces_.begin() ? 0 : 1);
}

uint64_t Splice::origin(uint64_t offset) const {
  size_t i = find(offset);
  while (i < pieces_.size() && pieces_[i].is_own && i != 0) --i;
  if (i >= pieces_.size() || pieces_[i].is_own) return 0;
  return pieces_[i].from + std::min(offset - pieces_[i].at, pieces_[i].size);
}

bool Splice::read_at(uint64_t offset, char* to, size_t n, size_t& got) {
  got = 0;
  if (offset >= size_) return true;
  const Piece& piece = pieces_[find(offset)];
  const uint64_t done = offset - piece.at;
  n = static_cast<size_t>(std::min<uint64_t>(n, piece.size - done));
  if (piece.is_own) {
    std::string bytes(n, '\0');
    if (!own_.read(piece.from + done, bytes)) return fail(own_.error());
    got = bytes.copy(to, n);
  } else if (!file_.read_at(piece.from + done, to, n, got)) {
    return fail(file_.error());
  }
  return got != 0 || fail({.code = Code::read_failed, .words = "it has changed meanwhile"});
}

}  // namespace rdb
