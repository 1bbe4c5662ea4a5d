// Which annotations are shown, and how their values read.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "rdb/show/explain_walk.h"

namespace rdb {
namespace {

constexpr size_t kBytesShown = 12;
constexpr size_t kTextShown = 48;
constexpr size_t kAround = 16;                               // bytes on either side of damage
constexpr std::array<uint64_t, 3> kItemsShown = {16, 8, 4};  // by depth
constexpr size_t kLastShown = 8;                             // annotations of the last item

std::string decimal(uint64_t v) { return std::to_string(v); }

Annotation in_blob(const Blob& blob, uint64_t inner, uint64_t size, std::string words) {
  Annotation annotation{.offset = blob.offset, .inner = static_cast<int64_t>(inner), .size = size};
  annotation.bytes = blob.bytes.substr(inner, std::min<uint64_t>(size, kBytesShown));
  annotation.words = std::move(words);
  return annotation;
}

}  // namespace

std::string shown(std::string_view bytes, uint64_t total, bool is_all) {
  if (!is_all && total > kTextShown) {
    return quoted(bytes.substr(0, kTextShown)) + "...";
  }
  return '"' + escaped(bytes) + '"';
}

std::string shown_time(int64_t ms) {
  namespace chrono = std::chrono;
  constexpr int64_t kYears = 10000;
  std::string out = std::to_string(ms) + " ms";
  if (ms < 0 || ms / 1000 / 86400 / 365 >= kYears - 1970) return out;
  const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(ms)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(
      text, sizeof text, ", %04d-%02u-%02u %02d:%02d:%02d.%03d UTC", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return out + text;
}

bool Notes::item() {
  const size_t depth = groups_.size();
  uint64_t& items = groups_.back();
  ++items;
  if (hidden_at_ == depth) {
    ++hidden_;
    last_.clear();
  }
  const uint64_t shown = kItemsShown[std::min(depth, kItemsShown.size()) - 1];
  if (!is_all_ && hidden_at_ == 0 && items > shown) hidden_at_ = depth;
  return !is_stopped_;
}

bool Notes::end_group() {
  const bool is_hidden = hidden_at_ == groups_.size();
  const bool ok = !is_hidden || flush();
  groups_.pop_back();
  return ok;
}

// Ends the hiding, with the last of what was hidden.
bool Notes::flush() {
  if (hidden_at_ == 0) return !is_stopped_;
  if (hidden_ != 0) {
    Annotation left_out{.kind = Annotation::Kind::left_out,
                        .depth = static_cast<unsigned>(hidden_at_)};
    left_out.words = decimal(hidden_) + " more left out";
    (void)hand_over(left_out);
  }
  hidden_at_ = 0;
  hidden_ = 0;
  for (const Annotation& annotation : last_) (void)hand_over(annotation);
  last_.clear();
  return !is_stopped_;
}

bool Notes::hand_over(const Annotation& annotation) {
  Annotation copy = annotation;
  if (copy.kind == Annotation::Kind::bytes && copy.inner < 0) {
    copy.bytes = file_.bytes_at(copy.offset,
                                static_cast<size_t>(std::min<uint64_t>(copy.size, kBytesShown)));
  }
  is_stopped_ = is_stopped_ || !to_.add(copy);
  return !is_stopped_;
}

bool Notes::add(uint64_t offset, uint64_t end, std::string words) {
  return put({.offset = offset, .size = end - offset, .words = std::move(words)}, nullptr);
}

bool Notes::add_inner(const Blob& blob, uint64_t inner, uint64_t size, std::string words) {
  return put(in_blob(blob, inner, size, std::move(words)), &blob);
}

bool Notes::begin(uint64_t offset, uint64_t end, std::string words) {
  return put({.offset = offset, .size = end - offset, .words = std::move(words), .goes_on = true},
             nullptr);
}

bool Notes::begin_inner(const Blob& blob, uint64_t inner, uint64_t size, std::string words) {
  Annotation annotation = in_blob(blob, inner, size, std::move(words));
  annotation.goes_on = true;
  return put(std::move(annotation), &blob);
}

bool Notes::text(std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kPieceBytes, bytes.size()))) {
    is_stopped_ = is_stopped_ || !to_.more(escaped(bytes.substr(0, kPieceBytes)), false);
  }
  return !is_stopped_;
}

bool Notes::end(std::string_view words) {
  is_stopped_ = is_stopped_ || !to_.more(words, true);
  return tell_due_damage();
}

bool Notes::put(Annotation annotation, const Blob* blob) {
  annotation.depth = static_cast<unsigned>(groups_.size());
  const bool is_inner = annotation.inner >= 0;
  const bool is_same =
      is_inner ? damage_.inner >= 0 && damage_.offset == annotation.offset : damage_.inner < 0;
  const uint64_t at = is_inner ? static_cast<uint64_t>(annotation.inner) : annotation.offset;
  const uint64_t place = is_inner ? static_cast<uint64_t>(damage_.inner) : damage_.offset;
  is_due_ = !damage_.ok() && !is_told_ && damage_.has_offset && is_same && place >= at &&
            place - at < annotation.size;
  due_in_ = blob;
  const bool goes_on = annotation.goes_on;
  if (hidden_at_ == 0) {
    (void)hand_over(annotation);
  } else {
    last_.push_back(std::move(annotation));
    if (last_.size() > kLastShown) last_.pop_front();
  }
  return goes_on ? !is_stopped_ : tell_due_damage();
}

bool Notes::tell_due_damage() { return is_due_ ? tell_damage(due_in_) : !is_stopped_; }

bool Notes::tell_damage(const Blob* blob) {
  if (damage_.ok() || is_told_) return !is_stopped_;
  is_told_ = true;
  (void)flush();
  Annotation told{.kind = Annotation::Kind::damage, .offset = damage_.offset};
  told.inner = damage_.inner;
  told.words = words(damage_);
  const auto inner = static_cast<uint64_t>(std::max<int64_t>(damage_.inner, 0));
  const bool is_in_blob = blob != nullptr && damage_.inner >= 0 && inner <= blob->bytes.size();
  const uint64_t place = is_in_blob ? inner : damage_.offset + inner;
  told.before = std::min<uint64_t>(place, kAround);
  const uint64_t from = place - told.before;
  told.bytes = is_in_blob ? std::string(blob->bytes.substr(from, kAround * 2))
                          : file_.bytes_at(from, kAround * 2);
  told.size = told.bytes.size();
  return hand_over(told);
}

}  // namespace rdb
