#include "rdb/carry/sieve.h"

#include <algorithm>

namespace rdb {

bool Sieve::start(const Reader& reader, const Record& record, Writer* writer) {
  reader_ = &reader;
  writer_ = writer;
  by_size_ =
      selection_ != nullptr && (selection_->sizes().min > 0 || selection_->sizes().max < INT64_MAX);
  by_module_ = record.type->kind == Kind::module && !dropped_modules_.empty();
  by_element_ = drops_empty_ && can_be_empty(record.type->kind);
  bytes_ = 0;
  has_element_ = is_kept_ = is_dropped_module_ = is_left_out_ = false;
  is_asked_ = by_size_ || by_module_ || by_element_;
  return !is_asked_ || writer_ == nullptr || writer_->hold();
}

Payload Sieve::through(const Payload& next) {
  if (!is_asked_) return next;
  Payload out = next;
  next_ = next.bytes;
  if (by_size_) out.bytes = &meter_;
  if (by_module_ || by_element_) {
    out.events = &watch_;
    if (next.events != nullptr) out.events = &watched_.emplace(watch_, *next.events);
  }
  out.stays = [this] { return stays(); };
  return out;
}

bool Sieve::Meter::write(std::string_view bytes) {
  sieve_.bytes_ += bytes.size();
  if (sieve_.next_ != nullptr && !sieve_.next_->write(bytes)) return fail(sieve_.next_->error());
  return sieve_.weigh() || fail(sieve_.writer_->error());
}

bool Sieve::Watch::module(const ModuleId& id) {
  const auto& dropped = sieve_.dropped_modules_;
  sieve_.is_dropped_module_ = std::find(dropped.begin(), dropped.end(), id.name()) != dropped.end();
  Writer* const writer = sieve_.writer_;
  if (writer == nullptr) return true;
  if (sieve_.is_dropped_module_) writer->drop();
  if (sieve_.is_dropped_module_ || sieve_.by_size_) return true;
  sieve_.is_kept_ = true;
  return writer->keep();
}

bool Sieve::saw_element() {
  if (has_element_) return true;
  has_element_ = true;
  return weigh();
}

bool Sieve::weigh() {
  if (writer_ == nullptr || is_kept_ || is_dropped_module_) return true;
  is_kept_ = !by_module_ && !is_dropped_empty();
  if (by_size_) {
    const Range& sizes = selection_->sizes();
    const auto size = static_cast<int64_t>(bytes_);
    if (size > sizes.max) writer_->drop();
    is_kept_ = is_kept_ && size >= sizes.min && sizes.max == INT64_MAX;
  }
  return !is_kept_ || writer_->keep();
}

bool Sieve::stays() {
  is_left_out_ =
      is_dropped_module_ || is_dropped_empty() || (by_size_ && !selection_->takes_size(bytes_));
  return !is_left_out_;
}

bool Sieve::finish() {
  if (writer_ == nullptr || !is_asked_) return true;
  const bool ok = is_left_out_ || is_kept_ || writer_->keep();
  writer_->settle();
  return ok;
}

}  // namespace rdb
