#include "rdb/value/encode_hash.h"

namespace rdb {
namespace {

void gather(std::string& to, const Text& text) {
  if (text.is_first()) to.clear();
  to += text.data;
}

}  // namespace

bool HashEncoder::begin(const Type& type, uint64_t count) {
  count_ = count;
  kept_ = 0;
  is_counted_ = false;
  packed_.clear();
  if (type.id == kHashExpiring && type.dialect == Dialect::valkey) {
    form_ = context_.options.has_field_expiries ? Form::expiring : Form::stripped;
    if (form_ == Form::stripped) return true;
    return context_.begin(kHashExpiring) && write_length(context_.out, count);
  }
  // What comes as a ziplist or listpack stays packed however long its elements are.
  is_plain_source_ = type.id == kHash || type.id == kHashZipmap;
  form_ = Form::packed;
  return (count != 0 && count <= kHashEntries) || spill();
}

bool HashEncoder::field(const Text& text) {
  if (form_ != Form::stripped) return element(text);
  gather(field_, text);
  return true;
}

bool HashEncoder::value(const Text& text) {
  if (form_ != Form::stripped) return element(text);
  gather(value_, text);
  return true;
}

bool HashEncoder::element(const Text& text) {
  const bool is_long = is_plain_source_ && text.total > kPackedValueBytes;
  if (form_ == Form::packed && is_long && !spill()) return false;
  if (form_ != Form::packed) return context_.text(context_.out, text);
  packed_.add(text.data);
  return true;
}

// The elements so far, and all that follow, in plain form.
bool HashEncoder::spill() {
  form_ = Form::plain;
  char digits[kNumberBytes];
  return context_.begin(kHash) && write_length(context_.out, count_) &&
         move_all(packed_, [&](const Scalar& element) {
           return context_.string(context_.out, element.text(digits));
         });
}

bool HashEncoder::expiry(int64_t ms) {
  if (form_ == Form::expiring) return context_.out.le(ms);
  if (form_ != Form::stripped) return true;
  if (ms != kNoExpiry && ms <= context_.options.now_ms) {
    ++context_.losses.expired_fields;
    return true;
  }
  if (ms != kNoExpiry) ++context_.losses.field_expiries;
  return keep_field();
}

// Packed while it fits, then plain, counted as it is written.
bool HashEncoder::keep_field() {
  const bool is_long = field_.size() > kPackedValueBytes || value_.size() > kPackedValueBytes;
  if (!is_counted_ && (is_long || kept_ == kHashEntries)) {
    is_counted_ = true;
    char digits[kNumberBytes];
    const auto take = [&](const Scalar& element) {
      return context_.string(counted_.body(), element.text(digits));
    };
    counted_.begin(kHash);
    if (!move_all(packed_, take)) return false;
  }
  ++kept_;
  if (is_counted_) {
    Output& body = counted_.body();
    return context_.string(body, field_) && context_.string(body, value_);
  }
  packed_.add(field_);
  packed_.add(value_);
  return true;
}

bool HashEncoder::end() {
  const bool is_packed = form_ == Form::packed || (form_ == Form::stripped && kept_ != 0);
  if (is_packed && !is_counted_) return context_.packed(kHashListpack, kHashZiplist, packed_);
  if (form_ != Form::stripped) return true;
  if (kept_ != 0) return counted_.finish(kept_);
  if (count_ == 0) return spill();
  ++context_.losses.expired_hashes;
  return true;
}

}  // namespace rdb
