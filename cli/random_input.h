// Input that is read at any place: a file as it is, what comes from a pipe or out of a wrapper from
// a temporary copy.
#pragma once

#include <optional>
#include <string>

#include "cli/common.h"

namespace cli {

class RandomInput {
 public:
  // `options` must outlive it.
  RandomInput(std::string path, const CommonOptions& options) : input_(std::move(path), options) {}

  // Where a wrapper is damaged, what comes before the damage is there: is_cut() then.
  [[nodiscard]] rdb::Error open() {
    if (rdb::Error error = input_.open(); !error.ok() || input_.can_reread()) return error;
    const bool is_whole = copy_.emplace().take(input_.source());
    input_.end_progress();
    if (is_whole) return {};
    if (!copy_->error().ok()) return copy_->error();
    cut_ = input_.source().error();
    return rdb::status(cut_.code) == rdb::Status::damaged && copy_->size() != 0 ? rdb::Error{}
                                                                                : cut_;
  }

  [[nodiscard]] rdb::RandomAccess& bytes() { return copy_ ? *copy_ : input_.bytes(); }
  [[nodiscard]] const InputFile& input() const { return input_; }
  [[nodiscard]] const rdb::Error& cut() const { return cut_; }

 private:
  InputFile input_;
  std::optional<rdb::SpillAccess> copy_;
  rdb::Error cut_;
};

}  // namespace cli
