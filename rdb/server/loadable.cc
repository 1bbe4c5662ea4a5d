#include "rdb/server/loadable.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rdb/value/type_id.h"

namespace rdb {
namespace {

void add_words(Remedy& remedy, std::string_view words) {
  remedy.words += remedy.words.empty() ? "" : ", ";
  remedy.words += words;
}

// Sorts what is out of order, too: that takes no more than to write it anew.
void add_remedy(Defect defect, Remedy& remedy) {
  switch (defect) {
    case Defect::duplicate:
    case Defect::duplicate_packed:
    case Defect::nan:
    case Defect::nan_walked:
      remedy.leaves_out = true;
      break;
    case Defect::unsorted:
    case Defect::unsorted_walked:
    case Defect::unsorted_zset:
    case Defect::score_text:
    case Defect::score_text_told:
    case Defect::score_text_long:
      break;
    case Defect::stream_length:
      remedy.fixes_length = true;
      break;
    case Defect::stream_last_id:
      remedy.fixes_last_id = true;
      break;
    case Defect::group_twice:
    case Defect::consumer_twice:
    case Defect::pending_twice:
    case Defect::pending_unknown:
    case Defect::pending_unowned:
    case Defect::pending_shared:
      remedy.drops_groups = true;
      break;
    default:
      remedy.is_repairable = false;
  }
}

}  // namespace

bool Loadable::is_fault(Defect defect) const {
  return std::any_of(scrutinies_.begin(), scrutinies_.end(),
                     [defect](Scrutiny s) { return severity(defect, s) != Severity::accepts; });
}

Sink& Loadable::start(const Type& type) {
  audit_.start(type);
  return audit_;
}

bool Loadable::judge(Remedy& remedy) {
  remedy = {};
  if (!audit_.finish({})) return false;
  for (const Defect defect : audit_.found()) {
    if (!is_fault(defect)) continue;
    remedy.is_sound = false;
    add_words(remedy, words(defect));
    add_remedy(defect, remedy);
  }
  if (remedy.drops_groups) add_words(remedy, "groups left out");
  return true;
}

bool Unfit::add(const Text& text) {
  if (text.is_first()) {
    ++elements_;
    hasher_.start_lookup();
  }
  hasher_.add(text.data);
  return !text.is_last() || seen_.add(Duplicates::seen(0, hasher_.get(), elements_));
}

bool Unfit::score(double score) {
  if (std::isnan(score)) no_numbers_.push_back(elements_ - 1);
  return no_numbers_.size() <= kListedMax;
}

bool Unfit::finish(Remedy& remedy) {
  if (!seen_.finish()) return false;
  const std::vector<Duplicates::Seen>& listed = seen_.listed();
  std::vector<uint64_t>& out = remedy.left_out;
  out = std::move(no_numbers_);
  for (size_t i = 1; i < listed.size(); ++i) {
    if (listed[i].is_same_key(listed[i - 1])) out.push_back(listed[i].offset - 1);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  const bool is_known = !seen_.is_list_full() && out.size() <= kListedMax;
  remedy.is_repairable = remedy.is_repairable && is_known && out.size() < elements_;
  add_words(remedy, std::to_string(out.size()) + " left out");
  return true;
}

// The plain type is what encoders sort and pack by the limits.
bool Repair::begin(const Type& type, uint64_t count) {
  is_stream_ = type.kind == Kind::stream;
  const bool is_zset = type.kind == Kind::zset;
  return to_.begin(is_zset ? *find_type(Dialect::redis, kZset) : type,
                   count - std::min<uint64_t>(count, remedy_.left_out.size()));
}

bool Repair::takes(const Text& text) {
  if (text.is_first()) {
    const auto& left_out = remedy_.left_out;
    is_left_out_ = next_ < left_out.size() && left_out[next_] == element_;
    next_ += is_left_out_ ? 1 : 0;
    ++element_;
  }
  return !is_left_out_;
}

bool Repair::stream_entry(const StreamEntry& v) {
  if (!v.is_deleted) {
    ++live_;
    last_ = std::max(last_, v.id);
  }
  return to_.stream_entry(v);
}

bool Repair::stream(const Stream& v) {
  Stream stream = v;
  if (remedy_.fixes_length) stream.length = live_;
  if (remedy_.fixes_last_id) stream.last = last_;
  if (remedy_.drops_groups) stream.groups = 0;
  return to_.stream(stream);
}

}  // namespace rdb
