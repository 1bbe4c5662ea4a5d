#include "rdb/compare/value_hash.h"

#include <bit>
#include <cmath>

#include "rdb/value/encode.h"
#include "rdb/value/stream_history.h"

namespace rdb {
namespace {

uint64_t bits(int64_t v) { return static_cast<uint64_t>(v); }

Hash128 name_of(const StreamId& id) { return {id.seq, id.ms}; }

// A thing within another.
Hash128 within(const Hash128& outer, const Hash128& inner) {
  return hash128({outer.low, outer.high, inner.low, inner.high});
}

Hash128 hash_of(Part part, const Hash128& name, const Hash128& value) {
  return hash128({static_cast<uint64_t>(part), name.low, name.high, value.low, value.high});
}

}  // namespace

Hash128 ValueHash::get() const {
  Hash128 sum = sum_;
  sum += is_small_ ? zeros_ : minus_zeros_;
  return hash128({static_cast<uint64_t>(kind_), sum.low, sum.high});
}

bool ValueHash::add(Part part, const Hash128& name, const Hash128& value) {
  sum_ += hash_of(part, name, value);
  return element(part, name, value);
}

bool ValueHash::begin(const Type& type, uint64_t count) {
  kind_ = type.kind;
  elements_ = 0;
  sum_ = minus_zeros_ = zeros_ = {};
  is_small_ = kind_ == Kind::zset && count <= kZsetEntries;
  is_open_ = is_deleted_ = has_expired_ = false;
  first_ = kNoFirstEntry;
  return true;
}

bool ValueHash::end() { return settle(); }

bool ValueHash::item(const Text& text) {
  if (!text_.add(text)) return true;
  return add(Part::item, {elements_++, 0}, text_.get());
}

bool ValueHash::member(const Text& text) {
  if (!text_.add(text)) return true;
  ++elements_;
  if (kind_ == Kind::set) return add(Part::member, text_.get());
  is_small_ = is_small_ && text.total <= kPackedValueBytes;
  name_ = text_.get();
  return true;
}

bool ValueHash::score(double score) {
  const Hash128 value{std::bit_cast<uint64_t>(score), 0};
  if (score != 0 || !std::signbit(score)) return add(Part::member, name_, value);
  minus_zeros_ += hash_of(Part::member, name_, value);
  zeros_ += hash_of(Part::member, name_, {});
  return element(Part::member, name_, is_small_ ? Hash128{} : value);
}

// Of a hash or of a stream's entry.
bool ValueHash::field(const Text& text) {
  if (is_deleted_) return true;
  if (kind_ == Kind::hash && !settle()) return false;
  if (!text_.add(text)) return true;
  name_ = text_.get();
  return true;
}

bool ValueHash::value(const Text& text) {
  if (is_deleted_ || !text_.add(text)) return true;
  if (kind_ == Kind::stream) {
    value_ = within(value_, within(name_, text_.get()));
    return true;
  }
  value_ = text_.get();
  is_open_ = true;
  return true;
}

bool ValueHash::expiry(int64_t ms) {
  if (ms == kNoExpiry) return true;
  if (kind_ != Kind::hash) {
    return !form_.field_expiries || add(Part::member_expiry, text_.get(), {bits(ms), 1});
  }
  if (form_.expired_fields_ms && ms <= *form_.expired_fields_ms) {
    is_open_ = false;
    has_expired_ = true;
  }
  if (form_.field_expiries) value_ = within(value_, {bits(ms), 1});
  return true;
}

// Ends the field or the entry that is open.
bool ValueHash::settle() {
  if (!is_open_) return true;
  is_open_ = false;
  if (kind_ == Kind::hash) ++elements_;
  return add(kind_ == Kind::hash ? Part::field : Part::entry, kind_ == Kind::hash ? name_ : entry_,
             value_);
}

bool ValueHash::stream_entry(const StreamEntry& entry) {
  if (!settle()) return false;
  is_deleted_ = entry.is_deleted;
  if (is_deleted_) return true;
  if (first_ == kNoFirstEntry) first_ = entry.id;
  entry_ = name_of(entry.id);
  value_ = {};
  is_open_ = true;
  return true;
}

bool ValueHash::stream(const Stream& stream) {
  if (!settle()) return false;
  stream_ = stream;
  if (!stream.has_history) derive_history(stream_, first_);
  if (!add(Part::last_id, {}, name_of(stream.last)) || !add(Part::length, {}, {stream.length, 0})) {
    return false;
  }
  if (!form_.stream_history) return true;
  const StreamId first = stream.length != 0 ? stream_.first : StreamId{};
  return add(Part::first, {}, name_of(first)) &&
         add(Part::max_deleted, {}, name_of(stream_.max_deleted)) &&
         add(Part::added, {}, {stream_.entries_added, 0});
}

bool ValueHash::group_name(const Text& text) {
  if (text_.add(text)) group_ = text_.get();
  return true;
}

bool ValueHash::group(const Group& group) {
  const uint64_t read =
      group.has_entries_read ? group.entries_read : entries_read(stream_, group.last);
  const Hash128 id = name_of(group.last);
  return add(Part::group, group_, hash128({id.low, id.high, form_.stream_history ? read : 0}));
}

bool ValueHash::pending(const Pending& pending) {
  return add(Part::pending, within(group_, name_of(pending.id)),
             {bits(pending.delivery_ms), pending.deliveries});
}

bool ValueHash::consumer_name(const Text& text) {
  if (text_.add(text)) consumer_ = text_.get();
  return true;
}

bool ValueHash::consumer(const Consumer& consumer) {
  const int64_t active = consumer.has_active ? consumer.active_ms : consumer.seen_ms;
  return add(Part::consumer, within(group_, consumer_),
             {bits(consumer.seen_ms), form_.stream_activity ? bits(active) : 0});
}

bool ValueHash::owned(const StreamId& id) {
  return add(Part::owner, within(group_, name_of(id)), consumer_);
}

bool ValueHash::module(const ModuleId& id) { return add(Part::module, {}, {id.id, 0}); }

bool ValueHash::module_integer(ModuleOpcode opcode, uint64_t v) {
  return add(Part::item, {elements_++, static_cast<uint64_t>(opcode)}, {v, 0});
}

bool ValueHash::module_real(ModuleOpcode opcode, double v) {
  return module_integer(opcode, std::bit_cast<uint64_t>(v));
}

bool ValueHash::module_string(const Text& text) {
  if (!text_.add(text)) return true;
  return add(Part::item, {elements_++, static_cast<uint64_t>(ModuleOpcode::string)}, text_.get());
}

}  // namespace rdb
