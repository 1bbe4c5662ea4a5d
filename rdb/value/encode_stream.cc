#include "rdb/value/encode_stream.h"

#include <compare>

#include "rdb/value/stream_history.h"

namespace rdb {
namespace {

constexpr size_t kIdBytes = 16;

}  // namespace

bool StreamEncoder::begin(const Type&, uint64_t count) {
  const unsigned version = context_.options.version;
  form_ = version >= kHasSetListpack ? 3 : version >= kHasListpacks ? 2 : 1;
  has_first_ = false;
  first_ = kNoFirstEntry;
  return context_.begin(form_ == 3   ? kStream3
                        : form_ == 2 ? kStream2
                                     : kStream) &&
         write_length(context_.out, count);
}

bool StreamEncoder::stream_node(const StreamId& key, std::string_view listpack) {
  return write_length(context_.out, kIdBytes) && write_raw_id(key) &&
         context_.string(context_.out, listpack);
}

bool StreamEncoder::stream_entry(const StreamEntry& entry) {
  if (entry.is_deleted || has_first_) return true;
  has_first_ = true;
  first_ = entry.id;
  return true;
}

bool StreamEncoder::stream(const Stream& stream) {
  stream_ = stream;
  if (!stream.has_history || form_ == 1) derive_history(stream_, first_);
  const bool is_derived = stream.max_deleted == stream_.max_deleted &&
                          stream.entries_added == stream_.entries_added &&
                          (stream.first == stream_.first || stream.length == 0);
  if (stream.has_history && !is_derived) ++context_.losses.stream_histories;
  if (!write_length(context_.out, stream.length) || !write_id(stream.last)) return false;
  if (form_ >= 2 && !(write_id(stream_.first) && write_id(stream_.max_deleted) &&
                      write_length(context_.out, stream_.entries_added))) {
    return false;
  }
  return write_length(context_.out, stream.groups);
}

bool StreamEncoder::group_name(const Text& text) { return context_.text(context_.out, text); }

bool StreamEncoder::group(const Group& group) {
  if (!write_id(group.last)) return false;
  const uint64_t derived = entries_read(stream_, group.last);
  const uint64_t read = group.has_entries_read ? group.entries_read : derived;
  if (form_ >= 2) {
    if (!write_length(context_.out, read)) return false;
  } else if (read != derived) {
    ++context_.losses.stream_histories;
  }
  return write_length(context_.out, group.pending);
}

bool StreamEncoder::pending(const Pending& pending) {
  return write_raw_id(pending.id) && context_.out.le(pending.delivery_ms) &&
         write_length(context_.out, pending.deliveries);
}

bool StreamEncoder::consumers(uint64_t count) { return write_length(context_.out, count); }

bool StreamEncoder::consumer_name(const Text& text) { return context_.text(context_.out, text); }

bool StreamEncoder::consumer(const Consumer& consumer) {
  const int64_t active = consumer.has_active ? consumer.active_ms : consumer.seen_ms;
  if (!context_.out.le(consumer.seen_ms)) return false;
  if (form_ >= 3) {
    if (!context_.out.le(active)) return false;
  } else if (active != consumer.seen_ms) {
    ++context_.losses.stream_activities;
  }
  return write_length(context_.out, consumer.pending);
}

bool StreamEncoder::owned(const StreamId& id) { return write_raw_id(id); }

bool StreamEncoder::write_id(const StreamId& id) {
  return write_length(context_.out, id.ms) && write_length(context_.out, id.seq);
}

bool StreamEncoder::write_raw_id(const StreamId& id) {
  return context_.out.be(id.ms) && context_.out.be(id.seq);
}

}  // namespace rdb
