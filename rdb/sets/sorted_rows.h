// Sorts any number of rows in bounded memory: sorted runs in a temporary file, which are merged as
// they are read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/io/spill.h"

namespace rdb {

// A Row is bytes, with operator<. Not thread-safe.
template <typename Row>
class SortedRows {
 public:
  static_assert(std::is_trivially_copyable_v<Row>);

  // Uses about `memory` bytes (at least kFan rows), then a file in `directory`.
  explicit SortedRows(size_t memory, std::string directory = Spill::default_directory())
      : rows_max_(std::max(memory / sizeof(Row), kFan)), spill_(0, std::move(directory)) {}

  // False, here and below: error().
  [[nodiscard]] bool add(const Row& row) {
    if (rows_.size() == rows_max_ && !write_run()) return false;
    rows_.push_back(row);
    return true;
  }

  // After the last row.
  [[nodiscard]] bool finish() {
    if (!error().ok()) return false;
    if (runs_.empty()) {
      std::sort(rows_.begin(), rows_.end());
      return true;
    }
    if (!rows_.empty() && !write_run()) return false;
    std::vector<Row>().swap(rows_);
    while (runs_.size() > kFan) {
      if (!merge_first()) return false;
    }
    return begin_merge(runs_);
  }

  // After finish(): sets `row` to the next one in order, and `has` to false after the last.
  [[nodiscard]] bool next(Row& row, bool& has) {
    if (!runs_.empty()) return next_merged(row, has);
    has = next_ != rows_.size();
    if (has) row = rows_[next_++];
    return true;
  }

  [[nodiscard]] const Error& error() const { return spill_.error(); }

 private:
  static constexpr size_t kFan = 16;  // runs that are merged at once

  struct Run {
    uint64_t offset = 0;
    uint64_t count = 0;
  };
  // A run that is read.
  struct Cursor {
    Run rest;
    std::vector<Row> rows;
    size_t at = 0;
  };

  bool append(std::span<const Row> rows, uint64_t& offset) {
    return spill_.append({reinterpret_cast<const char*>(rows.data()), rows.size_bytes()}, offset);
  }

  bool write_run() {
    std::sort(rows_.begin(), rows_.end());
    Run run{.count = rows_.size()};
    if (!append(rows_, run.offset)) return false;
    runs_.push_back(run);
    rows_.clear();
    return true;
  }

  // Makes one run of the first ones; it goes behind all others.
  bool merge_first() {
    const auto end = runs_.begin() + static_cast<std::ptrdiff_t>(kFan);
    if (!begin_merge({runs_.begin(), end})) return false;
    Run made;
    std::vector<Row> block;
    Row row;
    for (bool has = true; has;) {
      if (!next_merged(row, has)) return false;
      if (has) block.push_back(row);
      if (block.size() < rows_max_ / kFan && has) continue;
      uint64_t offset = 0;
      if (!block.empty() && !append(block, offset)) return false;
      if (made.count == 0) made.offset = offset;
      made.count += block.size();
      block.clear();
    }
    runs_.erase(runs_.begin(), end);
    runs_.push_back(made);
    return true;
  }

  bool begin_merge(std::span<const Run> runs) {
    cursors_.assign(runs.size(), {});
    for (size_t i = 0; i < runs.size(); ++i) {
      cursors_[i].rest = runs[i];
      if (!fill(cursors_[i])) return false;
    }
    return true;
  }

  bool fill(Cursor& cursor) {
    const auto count = static_cast<size_t>(
        std::min<uint64_t>(cursor.rest.count, std::max<size_t>(rows_max_ / kFan, 1)));
    cursor.rows.resize(count);
    cursor.at = 0;
    auto* const to = reinterpret_cast<char*>(cursor.rows.data());
    if (count != 0 && !spill_.read(cursor.rest.offset, to, count * sizeof(Row))) return false;
    cursor.rest.offset += count * sizeof(Row);
    cursor.rest.count -= count;
    return true;
  }

  bool next_merged(Row& row, bool& has) {
    Cursor* least = nullptr;
    for (Cursor& cursor : cursors_) {
      if (cursor.at == cursor.rows.size()) continue;
      if (least == nullptr || cursor.rows[cursor.at] < least->rows[least->at]) least = &cursor;
    }
    has = least != nullptr;
    if (!has) return true;
    row = least->rows[least->at++];
    return least->at != least->rows.size() || fill(*least);
  }

  size_t rows_max_;
  std::vector<Row> rows_;  // not in a run
  size_t next_ = 0;        // of rows_, where there are no runs
  Spill spill_;
  std::vector<Run> runs_;
  std::vector<Cursor> cursors_;
};

}  // namespace rdb
