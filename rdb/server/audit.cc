#include "rdb/server/audit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rdb/base/number.h"
#include "rdb/codec/intset.h"
#include "rdb/codec/listpack.h"
#include "rdb/value/encode.h"

namespace rdb {
namespace {

// Of the header of a blob, which even the quickest check looks at. An end mark that is missing at
// the end, not one in the middle.
bool is_header(const Error& flaw) {
  const bool is_last = flaw.numbers.found == flaw.numbers.allowed;
  return flaw.code == Code::blob_short || flaw.code == Code::blob_size ||
         (flaw.code == Code::blob_end && is_last);
}

bool is_ascending(Intset set) {
  Scalar last;
  if (!set.next(last)) return true;
  for (Scalar element; set.next(element); last = element) {
    if (element.integer <= last.integer) return false;
  }
  return true;
}

bool is_listpack_code(Code code) { return code >= Code::blob_end && code <= Code::odd_elements; }

bool is_node_code(Code code) {
  return is_listpack_code(code) ||
         (code >= Code::stream_node_master && code <= Code::stream_entry_end);
}

}  // namespace

bool Audit::has_listpacks() const {
  return is_any({kHashListpack, kZsetListpack, kSetListpack, kQuicklist2});
}

// Elements, or pairs of them, up to which the value is kept packed.
uint64_t Audit::limit() const {
  if (is_any({kHash, kHashZipmap, kHashZiplist, kHashListpack})) return kHashEntries;
  if (is_any({kZsetZiplist, kZsetListpack})) return kZsetEntries;
  if (is_any({kSetListpack})) return kSetListpackEntries;
  return is_any({kSetIntset}) ? kSetIntsetEntries : ~uint64_t{0};
}

bool Audit::has_pairs() const { return is_any({kHashListpack, kZsetListpack}); }

bool Audit::is_converted() const {
  const uint64_t seen = has_pairs() ? seconds_ : elements_;
  return (is_counted_ ? count_ : seen) > limit();
}

void Audit::start(const Type& type, const std::vector<Error>* flaws) {
  type_ = type.id;
  read_flaws_ = flaws;
  flaws_before_entry_ = SIZE_MAX;
  found_.clear();
  flaws_.clear();
  distinct_.start();
  if (type.kind == Kind::stream) stream_.start();
  count_ = elements_ = seconds_ = 0;
  is_counted_ = true;
  is_hidden_ = has_shown_ = is_long_ = is_unsorted_ = has_nan_ = has_field_ = false;
  is_text_odd_ = is_text_long_ = false;
  early_order_.start();
  late_order_.start();
  late_score_.reset();
  field_ = {};
}

bool Audit::begin(const Type&, uint64_t count) {
  count_ = count;
  distinct_.expect(count);
  return true;
}

bool Audit::blob(std::string_view bytes) {
  if (is_any({kSetIntset})) is_unsorted_ = !is_ascending(Intset(bytes));
  if (!has_listpacks()) return true;
  const Listpack listpack(bytes);
  if (listpack.fault().code != Code::ok) return true;
  if (listpack.count() == kCountUnknown) is_counted_ = false;
  const bool says_empty = listpack.count() < (has_pairs() ? 2 : 1);
  (says_empty ? is_hidden_ : has_shown_) |= !listpack.is_empty();
  return true;
}

bool Audit::item(const Text&) {
  ++elements_;
  return true;
}

bool Audit::member(const Text& member) {
  elements_ += member.is_first() ? 1 : 0;
  if (is_any({kSetIntset}) && !is_unsorted_) return true;  // so none is there twice
  if (is_any({kZsetListpack, kZsetZiplist})) {
    std::swap(member_, last_member_);
    member_ = member.data;
  }
  return distinct_.add(member);
}

// Source: valkey 9.1.2 and 8.1.1, asked for ZSCORE of fifty texts. Up to 6.0 the text was copied to
// 128 bytes (redis 6.0.16 src/t_zset.c, zzlGetScore).
bool Audit::score_text(std::string_view text) {
  is_text_long_ |= text.size() > 127;
  const bool is_signed = text.starts_with('-') || text.starts_with('+');
  const std::string_view digits = text.substr(is_signed ? 1 : 0);
  const bool is_blank = text.find_first_of(" \t\n\v\f\r") == 0;
  if (is_blank || digits.starts_with("0x") || digits.starts_with("0X")) {
    is_text_odd_ = true;
    late_score_ = text.starts_with('-') ? -0.0 : 0.0;
  } else {
    size_t used = 0;
    late_score_ = parse_double(text, used);
  }
  return true;
}

bool Audit::score(double score) {
  ++seconds_;
  if (!is_any({kZsetListpack, kZsetZiplist})) return true;
  has_nan_ |= std::isnan(score);
  const bool is_member_after = last_member_ < member_;
  early_order_.add(score, is_member_after);
  late_order_.add(late_score_.value_or(score), is_member_after);
  late_score_.reset();
  return true;
}

bool Audit::is_zset_unsorted() const {
  return (reader_ != ScoreReader::valkey91 && !early_order_.is_ascending()) ||
         (reader_ != ScoreReader::strtod && !late_order_.is_ascending());
}

bool Audit::field(const Text& field) {
  if (type_ >= kStream && !is_any({kHashListpack, kHashExpiring})) return true;
  elements_ += field.is_first() ? 1 : 0;
  is_long_ |= field.total > kPackedValueBytes;
  if (type_ != kHashExpiring) return distinct_.add(field);
  has_field_ = distinct_.hash(field, field_);
  return true;
}

bool Audit::value(const Text& value) {
  seconds_ += value.is_first() ? 1 : 0;
  is_long_ |= value.total > kPackedValueBytes;
  return true;
}

// Expired fields are left out before they can meet others.
bool Audit::expiry(int64_t ms) {
  const bool is_expired = ms != kNoExpiry && ms <= now_ms_;
  return is_expired || !has_field_ || distinct_.add(field_);
}

bool Audit::stream_entry(const StreamEntry& entry) {
  if (!entry.is_deleted && !stream_.has_entry() && read_flaws_ != nullptr) {
    flaws_before_entry_ = read_flaws_->size();
  }
  stream_.entry(entry);
  return true;
}

bool Audit::pending(const Pending& pending) {
  stream_.pending(pending.id);
  return true;
}

bool Audit::owned(const StreamId& id) {
  stream_.owned(id);
  return true;
}

// A flaw of a stream's nodes, the `index`-th of all. Of the first form the first entry is sought
// (streamGetEdgeID), in the order of the nodes' keys.
Defect Audit::kind_in_stream(const Error& flaw, size_t index) const {
  if (flaw.code == Code::blob_count) return Defect::stream_node_elements;
  if (!is_node_code(flaw.code)) return Defect::damage;
  const bool is_sought =
      is_any({kStream}) && (index < flaws_before_entry_ || !stream_.nodes_ascend());
  return is_sought ? Defect::stream_node_first : Defect::stream_node;
}

// A wrong count of a listpack. A sorted set of two members or fewer is sought through by it.
Defect Audit::kind_of_count(const Error& flaw) const {
  constexpr uint64_t kSoughtByCount = 4;
  constexpr int64_t kCountAt = 4;  // the offset of the count
  const uint64_t says = flaw.numbers.found;
  const uint64_t has = flaw.numbers.allowed;
  const bool is_middle = flaw.inner > kCountAt;  // an end mark with more behind it
  if (!has_pairs()) {
    if (says == 0) return Defect::hidden;
    if (is_converted() && has != 0)
      return is_middle ? Defect::hidden_end : Defect::listpack_miscounted;
    return Defect::listpack;
  }
  if (says < 2) return has < 2 ? Defect::listpack_miscounted : Defect::hidden;
  if (has < 2) return Defect::listpack;  // made a value without elements, and kept
  if (is_middle && is_converted()) return Defect::hidden_end;
  const bool is_halved = says / 2 == has / 2 && (is_any({kHashListpack}) || says > kSoughtByCount);
  return is_converted() || is_halved ? Defect::listpack_miscounted : Defect::listpack;
}

// A flaw of a listpack's elements. Where a server counts or converts them, it walks the listpack.
Defect Audit::kind_in_listpack(const Error& flaw) const {
  const bool is_odd = has_pairs() && elements_ != seconds_;
  const bool is_kept = !is_converted();
  if (is_odd && elements_ == 1 && flaw.code == Code::odd_elements) {
    return Defect::listpack_miscounted;  // taken for an empty value
  }
  if (looks_empty() && flaw.code != Code::blob_count) return Defect::hidden;
  const bool is_tiny = flaw.code == Code::blob_count && flaw.numbers.found < 2 && elements_ <= 1;
  if (is_odd && !is_tiny) {
    return is_kept ? Defect::listpack : Defect::listpack_walked;
  }
  switch (flaw.code) {
    case Code::blob_count:
      return kind_of_count(flaw);
    case Code::blob_end: {  // what is behind it is met when the value is read from its end
      const bool is_read_back = is_any({kQuicklist2}) || (is_any({kZsetListpack}) && is_kept);
      if (is_read_back) return Defect::listpack;
      const bool is_last = flaw.numbers.found + 2 == flaw.numbers.allowed;
      return is_last ? Defect::second_end : Defect::hidden_end;
    }
    default:
      return is_counted_ && is_kept ? Defect::listpack : Defect::listpack_walked;
  }
}

Defect Audit::kind_of(const Error& flaw, size_t index) const {
  if (is_header(flaw)) return Defect::damage;
  if (flaw.code == Code::score_exponent) return Defect::score_exponent;
  if (is_any({kStream, kStream2, kStream3})) return kind_in_stream(flaw, index);
  if (!is_listpack_code(flaw.code)) return Defect::damage;
  if (has_listpacks()) return kind_in_listpack(flaw);
  if (!is_any({kHashZipmap, kSetIntset})) return Defect::ziplist;
  return flaw.code == Code::blob_end ? Defect::hidden_end_zipmap : Defect::damage;
}

// The counts of entries and of deleted ones in the same node: if they only are mistaken for each
// other their sum is right, and no more is looked at before 9.1.
void Audit::sort_out_counts(const std::vector<Error>& flaws) {
  for (size_t i = 0; i < flaws.size(); ++i) {
    if (flaws[i].code != Code::stream_node_count && flaws[i].code != Code::stream_node_deleted) {
      continue;
    }
    uint64_t off = 0;
    for (const Error& flaw : flaws) {
      const bool is_count =
          flaw.code == Code::stream_node_count || flaw.code == Code::stream_node_deleted;
      if (is_count && flaw.offset == flaws[i].offset) {
        off += flaw.numbers.found - flaw.numbers.allowed;
      }
    }
    flaws_[i] = off == 0 ? Defect::stream_node_split : Defect::stream_node_count;
  }
}

void Audit::judge_elements() {
  const bool is_converted = this->is_converted();
  if (distinct_.duplicates() != 0) {
    const bool is_lenient = is_any({kSetIntset, kHashListpack, kZsetListpack, kSetListpack}) ||
                            (is_any({kHash}) && !is_long_);
    found_.insert(is_lenient && !is_converted ? Defect::duplicate_packed : Defect::duplicate);
  }
  if (is_text_odd_) {
    found_.insert(reader_ == ScoreReader::any ? Defect::score_text : Defect::score_text_told);
  }
  if (is_text_long_) found_.insert(Defect::score_text_long);
  if (has_nan_) found_.insert(is_converted ? Defect::nan_walked : Defect::nan);
  if (is_unsorted_) found_.insert(is_converted ? Defect::unsorted_walked : Defect::unsorted);
  if (!is_converted && is_zset_unsorted()) found_.insert(Defect::unsorted_zset);
}

bool Audit::finish(const std::vector<Error>& flaws) {
  for (size_t i = 0; i < flaws.size(); ++i) flaws_.push_back(kind_of(flaws[i], i));
  sort_out_counts(flaws);
  if (is_hidden_ && (!has_pairs() || seconds_ != 0)) found_.insert(Defect::hidden);
  if (!distinct_.finish()) return false;
  if (is_any({kStream, kStream2, kStream3})) {
    const auto is_lost = [](Defect d) {
      return d == Defect::damage || d == Defect::stream_node || d == Defect::stream_node_first;
    };
    return stream_.finish(std::none_of(flaws_.begin(), flaws_.end(), is_lost));
  }
  const auto is_told = [](Defect d) {
    return d == Defect::listpack_miscounted || d == Defect::second_end || d == Defect::hidden_end;
  };
  if (std::all_of(flaws_.begin(), flaws_.end(), is_told)) judge_elements();
  return true;
}

bool Audit::looks_empty() const { return is_hidden_ && !has_shown_; }

const Error& Audit::error() const {
  return distinct_.error().ok() ? stream_.error() : distinct_.error();
}

}  // namespace rdb
