#include "rdb/value/encode_set.h"

#include <algorithm>
#include <vector>

namespace rdb {

bool SetEncoder::begin(const Type& type, uint64_t count) {
  count_ = count;
  integers_.clear();
  packed_.clear();
  form_ = Form::intset;
  is_listpack_source_ = type.id == kSetListpack;
  if (count == 0 || count > kSetIntsetEntries) return spill();
  if (!is_listpack_source_ || context_.options.version < kHasSetListpack) return true;
  form_ = Form::listpack;
  return count <= kSetListpackEntries || spill();
}

bool SetEncoder::member(const Text& text) {
  if (form_ == Form::intset) {
    int64_t v = 0;
    if (text.is_last() && parse_packed_integer(text.data, v)) {
      integers_.add(v);
      return true;
    }
    if (!leave_intset(text.total)) return false;
  }
  const bool is_long = !is_listpack_source_ && text.total > kPackedValueBytes;
  const bool is_full = packed_.count() >= kSetListpackEntries;
  if (form_ == Form::listpack && (is_long || is_full) && !spill()) return false;
  if (form_ == Form::plain) return context_.text(context_.out, text);
  packed_.add(text.data);
  return true;
}

// At the first member that is no integer (valkey 8.0.1 src/t_set.c, setTypeConvertAndExpand).
bool SetEncoder::leave_intset(uint64_t next_bytes) {
  const bool fits = integers_.count() < kSetListpackEntries && next_bytes <= kPackedValueBytes &&
                    context_.options.version >= kHasSetListpack;
  const bool has_duplicates = pack_integers();
  form_ = Form::listpack;
  return (fits && !has_duplicates) || spill();
}

// The integers in the order of an intset. True: some occur twice, on which servers stop, or which
// older ones ignore; that is theirs to decide, so all of them stay.
bool SetEncoder::pack_integers() {
  std::vector<int64_t> values = integers_.values();
  std::sort(values.begin(), values.end());
  for (const int64_t value : values) packed_.add_integer(value);
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

// The members so far, and all that follow, in plain form.
bool SetEncoder::spill() {
  form_ = Form::plain;
  char digits[kNumberBytes];
  return context_.begin(kSet) && write_length(context_.out, count_) &&
         move_all(packed_, [&](const Scalar& member) {
           return context_.string(context_.out, member.text(digits));
         });
}

bool SetEncoder::end() {
  if (form_ == Form::plain) return true;
  const bool is_intset = form_ == Form::intset;
  if (is_intset && pack_integers()) return spill();
  return context_.begin(is_intset ? kSetIntset : kSetListpack) &&
         context_.string(context_.out, is_intset ? integers_.finish() : packed_.finish());
}

}  // namespace rdb
