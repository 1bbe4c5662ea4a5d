#include "cli/random_input.h"

#include <utility>

namespace cli {

rdb::Error RandomInput::open() {
  rdb::Error error = input_.open();
  if (!error.ok()) return error;
  bytes_ = &input_.bytes();
  if (input_.can_reread()) return {};
  bytes_ = &copy_.emplace();
  const bool is_whole = copy_->take(input_.source());
  input_.end_progress();
  if (is_whole) return {};
  if (!copy_->error().ok()) return copy_->error();
  cut_ = input_.source().error();
  return rdb::status(cut_.code) == rdb::Status::damaged && copy_->size() != 0 ? rdb::Error{} : cut_;
}

rdb::Error RandomInput::open_undone() {
  rdb::Error error = open();
  if (!error.ok() && rdb::status(error.code) != rdb::Status::damaged) return error;
  // Something may have happened to a wrapper, or to what is in one.
  const bool is_wrapper_sound = error.ok() && cut_.ok();
  rdb::RandomAccess* const raw = input_.file().size() ? &input_.bytes() : nullptr;
  for (rdb::RandomAccess* from :
       {input_.wrapper().empty() || !is_wrapper_sound ? raw : nullptr, copy_ ? bytes_ : nullptr}) {
    if (from == nullptr || from->size() == 0) continue;
    rdb::WholeFile file(*from);
    arrival_ = rdb::find_arrival(file);
    if (!from->error().ok()) return from->error();
    if (arrival_ && arrival_->is_reversible()) return undo(*from);
  }
  return error;
}

rdb::Error RandomInput::undo(rdb::RandomAccess& from) {
  const rdb::Undo& undo = arrival_->undo;
  rdb::RandomSource source(from);
  rdb::UndoSource undone(source, undo);
  rdb::WrapSource content;
  cut_ = {};
  if (rdb::Error error = content.open(undone); !error.ok()) return error;
  const bool is_at_place = undo.text == rdb::Undo::Text::bytes && !undo.line_ends;
  if (is_at_place && content.wrapper().empty()) {
    bytes_ = &rest_.emplace(from, undo.mark_bytes() + undo.front);
    return {};
  }
  bytes_ = &undone_.emplace();
  if (undone_->take(content)) return {};
  if (!undone_->error().ok()) return undone_->error();
  cut_ = content.error();
  return rdb::status(cut_.code) == rdb::Status::damaged ? rdb::Error{} : cut_;
}

std::string RandomInput::shown() const {
  return is_undone() ? input_.shown() + " (undone)" : input_.shown();
}

}  // namespace cli
