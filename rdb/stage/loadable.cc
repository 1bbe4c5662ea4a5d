#include "rdb/stage/loadable.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "rdb/base/number.h"

namespace rdb {
namespace {

constexpr size_t kFew = 4096;
constexpr size_t kRepeatedMax = 65536;  // elements that are left out of one value
constexpr uint8_t kSetIntset = 11;

bool is_packed_zset(uint8_t type) { return type == 12 || type == 17; }

// What must be unique in a stream; groups are told apart by the text.
enum Space : uint64_t { kElements, kNodes, kGroups, kConsumers, kPending, kOwned };

std::string in_group(uint64_t group, std::string_view text) {
  return std::to_string(group) + ":" + std::string(text);
}

std::string text_of(const StreamId& id) {
  return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

}  // namespace

bool Loadable::begin(const Type& type, uint64_t) {
  type_ = type.id;
  kind_ = type.kind;
  elements_ = added_ = live_ = length_ = groups_ = pending_sum_ = owned_sum_ = 0;
  few_.clear();
  many_.reset();
  no_numbers_.clear();
  is_unsorted_ = false;
  return true;
}

bool Loadable::item(const Text& text) {
  elements_ += text.is_first() ? 1 : 0;
  return true;
}

bool Loadable::element(const Text& text) {
  elements_ += text.is_first() ? 1 : 0;
  std::string_view whole = text.data;
  if (!text.is_first() || !text.is_last()) {
    if (text.is_first()) gathered_.clear();
    gathered_ += text.data;
    if (!text.is_last()) return true;
    whole = gathered_;
  }
  if (type_ == kSetIntset) {
    int64_t v = 0;
    int64_t before = 0;
    if (elements_ > 1 && parse_int64(whole, v) && parse_int64(last_, before) && v <= before) {
      is_unsorted_ = true;
    }
  }
  if (type_ == kSetIntset || is_packed_zset(type_)) {
    before_.swap(last_);
    last_ = whole;
  }
  return add(kElements, whole);
}

bool Loadable::score(double score) {
  if (std::isnan(score)) no_numbers_.push_back(elements_ - 1);
  if (is_packed_zset(type_) && elements_ > 1) {
    const bool is_before = last_score_ != score ? last_score_ < score : before_ < last_;
    is_unsorted_ = is_unsorted_ || !is_before;
  }
  last_score_ = score;
  return no_numbers_.size() <= kRepeatedMax;
}

bool Loadable::add(uint64_t space, std::string_view text) {
  const Duplicates::Seen seen = Duplicates::seen(space, text, ++added_);
  if (!many_ && few_.size() < kFew) {
    few_.push_back(seen);
    return true;
  }
  if (!many_) {
    many_.emplace(Duplicates::kMemoryDefault, Spill::default_directory(), kRepeatedMax);
    for (const Duplicates::Seen& each : few_) {
      if (!many_->add(each)) break;
    }
    few_.clear();
  }
  if (many_->add(seen)) return true;
  error_ = many_->error();
  return false;
}

// Of what occurs more than once all but the first.
bool Loadable::find_repeated(std::vector<uint64_t>& indices) {
  indices.clear();
  if (many_) {
    if (!many_->finish()) {
      error_ = many_->error();
      return false;
    }
    few_ = many_->listed();
    if (many_->is_list_full()) indices.push_back(UINT64_MAX);
  } else {
    const auto key = [](const Duplicates::Seen& s) { return std::tie(s.low, s.high, s.offset); };
    std::sort(few_.begin(), few_.end(),
              [key](const auto& a, const auto& b) { return key(a) < key(b); });
  }
  for (size_t i = 1; i < few_.size(); ++i) {
    if (few_[i].is_same_key(few_[i - 1])) indices.push_back(few_[i].offset - 1);
  }
  std::sort(indices.begin(), indices.end());
  return true;
}

bool Loadable::judge(Verdict& verdict) {
  verdict = {};
  std::vector<uint64_t> repeated;
  if (!find_repeated(repeated)) return false;
  if (kind_ == Kind::stream) {
    judge_stream(verdict, !repeated.empty());
  } else {
    judge_elements(verdict, std::move(repeated));
  }
  return true;
}

void Loadable::judge_elements(Verdict& verdict, std::vector<uint64_t> repeated) {
  const auto add = [&verdict](std::string words) {
    verdict.is_sound = false;
    verdict.words += (verdict.words.empty() ? "" : ", ") + std::move(words);
  };
  if (!repeated.empty()) {
    verdict.is_repairable = repeated.back() != UINT64_MAX;
    add("elements that occur more than once: " + std::to_string(repeated.size()) + " left out");
  }
  if (!no_numbers_.empty()) {
    add("scores that are no number: " + std::to_string(no_numbers_.size()) + " members left out");
  } else if (is_unsorted_) {
    add("elements out of order");
  }
  verdict.left_out = std::move(repeated);
  verdict.left_out.insert(verdict.left_out.end(), no_numbers_.begin(), no_numbers_.end());
  std::sort(verdict.left_out.begin(), verdict.left_out.end());
  const auto end = std::unique(verdict.left_out.begin(), verdict.left_out.end());
  verdict.left_out.erase(end, verdict.left_out.end());
}

void Loadable::judge_stream(Verdict& verdict, bool is_repeated) {
  if (live_ != length_) {
    verdict.is_sound = false;
    verdict.fixes_length = true;
    verdict.words =
        "length " + std::to_string(length_) + " of " + std::to_string(live_) + " entries put right";
  }
  if (!is_repeated && pending_sum_ == owned_sum_) return;
  verdict.is_sound = false;
  const auto is_node = [](const Duplicates::Seen& s) { return s.database() == kNodes; };
  for (size_t i = 1; i < few_.size(); ++i) {
    if (few_[i].is_same_key(few_[i - 1]) && is_node(few_[i])) verdict.is_repairable = false;
  }
  verdict.drops_groups = true;
  verdict.words += (verdict.words.empty() ? "" : ", ");
  verdict.words += verdict.is_repairable
                       ? "groups left out: consumers and pending entries contradict each other"
                       : "two nodes have the same key";
}

bool Loadable::stream_node(const StreamId& id, std::string_view) {
  return add(kNodes, text_of(id));
}

bool Loadable::stream_entry(const StreamEntry& entry) {
  live_ += entry.is_deleted ? 0 : 1;
  return true;
}

bool Loadable::stream(const Stream& stream) {
  length_ = stream.length;
  return true;
}

bool Loadable::group_name(const Text& text) {
  if (text.is_first()) gathered_.clear();
  gathered_ += text.data;
  groups_ += text.is_first() ? 1 : 0;
  return !text.is_last() || add(kGroups, gathered_);
}

bool Loadable::consumer_name(const Text& text) {
  if (text.is_first()) gathered_.clear();
  gathered_ += text.data;
  return !text.is_last() || add(kConsumers, in_group(groups_, gathered_));
}

bool Loadable::pending(const Pending& pending) {
  const std::string text = in_group(groups_, text_of(pending.id));
  pending_sum_ += Duplicates::seen(kElements, text, 1).high;
  return add(kPending, text);
}

bool Loadable::owned(const StreamId& id) {
  const std::string text = in_group(groups_, text_of(id));
  owned_sum_ += Duplicates::seen(kElements, text, 1).high;
  return add(kOwned, text);
}

bool Loadable::module(const ModuleId& id) {
  module_ = id;
  return true;
}

// The plain type is what encoders sort and pack by the limits.
bool Repair::begin(const Type& type, uint64_t count) {
  constexpr uint8_t kZset = 5;
  const bool is_zset = type.kind == Kind::zset;
  is_stream_ = type.kind == Kind::stream;
  return to_.begin(is_zset ? *find_type(Dialect::redis, kZset) : type,
                   count - std::min<uint64_t>(count, verdict_.left_out.size()));
}

bool Repair::takes(const Text& text) {
  if (text.is_first()) {
    const auto& left_out = verdict_.left_out;
    is_left_out_ = next_ < left_out.size() && left_out[next_] == element_;
    next_ += is_left_out_ ? 1 : 0;
    ++element_;
  }
  return !is_left_out_;
}

bool Repair::stream(const Stream& v) {
  Stream stream = v;
  if (verdict_.fixes_length) stream.length = live_;
  if (verdict_.drops_groups) stream.groups = 0;
  return to_.stream(stream);
}

}  // namespace rdb
