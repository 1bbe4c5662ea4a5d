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
  [[nodiscard]] rdb::Error open();
  // As open(), and looks for what happened to the file on its way here: arrival(). What can be
  // undone is, so that bytes() are those that were sent. Reads the file once more.
  [[nodiscard]] rdb::Error open_undone();

  [[nodiscard]] rdb::RandomAccess& bytes() { return *bytes_; }
  [[nodiscard]] const InputFile& input() const { return input_; }
  [[nodiscard]] InputFile& input() { return input_; }
  [[nodiscard]] const rdb::Error& cut() const { return cut_; }
  [[nodiscard]] const std::optional<rdb::Arrival>& arrival() const { return arrival_; }
  [[nodiscard]] bool is_undone() const { return rest_ || undone_; }
  // As messages call it, with offsets in bytes().
  [[nodiscard]] std::string shown() const;
  // The path, if offsets in bytes() are those of the file.
  [[nodiscard]] std::string path() const {
    return is_undone() ? std::string(kNoPath) : input_.path();
  }

 private:
  rdb::Error undo(rdb::RandomAccess& from);

  InputFile input_;
  rdb::RandomAccess* bytes_ = nullptr;
  std::optional<rdb::SpillAccess> copy_;
  std::optional<rdb::Rest> rest_;
  std::optional<rdb::SpillAccess> undone_;
  rdb::Error cut_;
  std::optional<rdb::Arrival> arrival_;
};

}  // namespace cli
