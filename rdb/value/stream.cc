// Streams:
//   <n> (<str node key: u64be ms, u64be seq> <str listpack>)*n
//   <length> <last ms> <last seq>
//   [2, 3: <first ms> <first seq> <max deleted ms> <max deleted seq> <entries added>]
//   <n> ( <str name> <last ms> <last seq> [2, 3: <entries read>]
//         <n> (<16 bytes id> <i64le delivery ms> <delivery count>)*n
//         <n> (<str name> <i64le seen ms> [3: <i64le active ms>] <n> (<16 bytes id>)*n)*n )*n
// A node's listpack:
//   count deleted n field*n 0                    the master entry
//   (flags ms seq ([n] (field value)* | value*) length)*(count + deleted)
// ms and seq are differences to the node key; flag 1 is a tombstone, flag 2 means the fields of the
// master entry. Source: redis 7.2.6 src/t_stream.c, streamValidateListpackIntegrity; src/rdb.c.
#include "rdb/base/bytes.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/real.h"
#include "rdb/value/decode.h"
#include "rdb/value/packed.h"

namespace rdb {
namespace {

constexpr size_t kIdBytes = 16;
enum Flag : int64_t { kDeleted = 1, kSameFields = 2 };

// One node's listpack.
class Node {
 public:
  Node(Decoding& d, const Blob& blob, StreamId key)
      : d_(d), blob_(blob), key_(key), at_(blob.bytes) {}

  bool walk() {
    int64_t count = 0;
    int64_t deleted = 0;
    const uint64_t count_at = at_.offset();
    if (!number(count)) return fail(Code::stream_node_master);
    const uint64_t deleted_at = at_.offset();
    if (!number(deleted) || !size(master_fields_)) return fail(Code::stream_node_master);
    fields_ = at_;
    for (int64_t i = 0; i < master_fields_; ++i) {
      if (!next()) return fail(Code::stream_node_master);
    }
    int64_t zero = -1;
    if (!integer(zero) || zero != 0) return fail(Code::stream_node_master);
    int64_t entries = 0;
    int64_t tombstones = 0;
    while (!is_end()) {
      bool is_deleted = false;
      if (!entry(is_deleted)) return false;
      if (is_lost_) return true;
      ++(is_deleted ? tombstones : entries);
    }
    if (at_.fault().code != Code::ok && !fail_in_blob(d_.in, blob_, at_.fault())) return false;
    if (at_.fault().code != Code::ok && at_.fault().code != Code::blob_count) return true;
    return (entries == count || differ(Code::stream_node_count, count_at, count, entries)) &&
           (tombstones == deleted ||
            differ(Code::stream_node_deleted, deleted_at, deleted, tombstones));
  }

 private:
  bool entry(bool& is_deleted) {
    inner_ = at_.offset();
    int64_t flags = 0;
    int64_t ms = 0;
    int64_t seq = 0;
    int64_t fields = master_fields_;
    if (!integer(flags) || !integer(ms) || !integer(seq)) return fail(Code::stream_entry);
    const bool same = (flags & kSameFields) != 0;
    if (!same && !size(fields)) return fail(Code::stream_entry);
    is_deleted = (flags & kDeleted) != 0;
    const StreamId id{key_.ms + static_cast<uint64_t>(ms), key_.seq + static_cast<uint64_t>(seq)};
    if (!d_.sink->stream_entry({id, is_deleted, static_cast<uint64_t>(fields)})) return false;
    Listpack names = fields_;
    char digits[kNumberBytes];
    for (int64_t i = 0; i < fields; ++i) {
      if (same ? !names.next(scalar_) : !next()) return fail(Code::stream_entry);
      if (!d_.sink->field(Text::whole(scalar_.text(digits)))) return false;
      if (!next()) return fail(Code::stream_entry);
      if (!d_.sink->value(Text::whole(scalar_.text(digits)))) return false;
    }
    const int64_t expected = same ? fields + 3 : 2 * fields + 4;
    int64_t length = 0;
    inner_ = at_.offset();
    if (!integer(length) || length != expected) {
      return fail(Code::stream_entry_end, {.found = static_cast<uint64_t>(length),
                                           .allowed = static_cast<uint64_t>(expected)});
    }
    return true;
  }

  bool next() { return at_.next(scalar_); }

  // Looks ahead; at damage too, which fault() tells.
  bool is_end() {
    Listpack ahead = at_;
    if (ahead.next(scalar_)) return false;
    at_ = ahead;
    return true;
  }

  bool integer(int64_t& v) {
    if (!next()) return false;
    v = scalar_.integer;
    return scalar_.is_integer || parse_int64(scalar_.bytes, v);
  }

  // What is no integer counts as the least, which no node has; only the end of the blob fails.
  bool number(int64_t& v) {
    if (!integer(v)) v = INT64_MIN;
    return at_.fault().code == Code::ok;
  }

  bool size(int64_t& v) { return integer(v) && v >= 0; }

  bool differ(Code code, uint64_t inner, int64_t declared, int64_t seen) {
    inner_ = inner;
    return fail(code, {static_cast<uint64_t>(declared), static_cast<uint64_t>(seen)});
  }

  // Damage of the listpack itself goes before what it made us miss.
  bool fail(Code code, Detail numbers = {}) {
    is_lost_ = true;
    if (at_.fault().code != Code::ok && at_.fault().code != Code::blob_count)
      return fail_in_blob(d_.in, blob_, at_.fault());
    return fail_in_blob(d_.in, blob_, {code, inner_, numbers});
  }

  Decoding& d_;
  const Blob& blob_;
  StreamId key_;
  Listpack at_;
  Listpack fields_{std::string_view{}};  // stands at the first field of the master entry
  Scalar scalar_;
  int64_t master_fields_ = 0;
  uint64_t inner_ = 0;
  bool is_lost_ = false;  // no more entries can be told
};

StreamId load_id(const char* from) {
  return {load_be<uint64_t>(from), load_be<uint64_t>(from + 8)};
}

bool read_raw_id(Input& in, StreamId& id) {
  if (!in.need(kIdBytes)) return false;
  id = load_id(in.cursor());
  in.advance(kIdBytes);
  return true;
}

bool read_id(Input& in, StreamId& id) { return read_length(in, id.ms) && read_length(in, id.seq); }

bool decode_node(Decoding& d) {
  const uint64_t at = d.in.pos();
  Blob blob;
  const JudgeHead judge_key = [](std::string_view, uint64_t size) {
    return Fault{Code::stream_node_key, 0, {.found = size, .allowed = kIdBytes}};
  };
  if (!d.strings.blob(blob, judge_key)) return false;
  if (blob.is_void) return d.strings.skip();
  if (blob.bytes.size() != kIdBytes) {
    const uint64_t size =
        blob.fault.code == Code::ok ? blob.bytes.size() : blob.fault.numbers.found;
    return d.in.flaw({.code = Code::stream_node_key,
                      .offset = at,
                      .numbers = {size, kIdBytes},
                      .has_offset = true}) &&
           d.strings.skip();
  }
  const StreamId key = load_id(blob.bytes.data());
  if (d.sink == nullptr) return d.strings.skip();
  if (!d.strings.blob(blob, Listpack::judge_head)) return false;
  if (blob.is_void) return true;
  if (blob.fault.code != Code::ok) return fail_in_blob(d.in, blob, blob.fault);
  const Listpack listpack(blob.bytes);
  if (listpack.fault().code == Code::ok && listpack.is_empty()) {
    return fail_in_blob(d.in, blob, {Code::stream_node_empty});
  }
  return d.sink->stream_node(key, blob.bytes) && Node(d, blob, key).walk();
}

bool decode_consumer(Decoding& d, bool has_active) {
  Consumer consumer;
  consumer.has_active = has_active;
  const auto name = [&](const Text& text) { return d.sink->consumer_name(text); };
  if (d.sink != nullptr ? !d.strings.pass(name) : !d.strings.skip()) return false;
  if (!read_int64(d.in, consumer.seen_ms)) return false;
  if (has_active && !read_int64(d.in, consumer.active_ms)) return false;
  if (!read_length(d.in, consumer.pending)) return false;
  if (d.sink != nullptr && !d.sink->consumer(consumer)) return false;
  for (uint64_t n = consumer.pending; n != 0; --n) {
    StreamId id;
    if (!read_raw_id(d.in, id)) return false;
    if (d.sink != nullptr && !d.sink->owned(id)) return false;
  }
  return true;
}

bool decode_group(Decoding& d, int form) {
  Group group;
  group.has_entries_read = form >= 2;
  const auto name = [&](const Text& text) { return d.sink->group_name(text); };
  if (d.sink != nullptr ? !d.strings.pass(name) : !d.strings.skip()) return false;
  if (!read_id(d.in, group.last)) return false;
  if (form >= 2 && !read_length(d.in, group.entries_read)) return false;
  if (!read_length(d.in, group.pending)) return false;
  if (d.sink != nullptr && !d.sink->group(group)) return false;
  for (uint64_t n = group.pending; n != 0; --n) {
    Pending pending;
    if (!read_raw_id(d.in, pending.id) || !read_int64(d.in, pending.delivery_ms) ||
        !read_length(d.in, pending.deliveries)) {
      return false;
    }
    if (d.sink != nullptr && !d.sink->pending(pending)) return false;
  }
  uint64_t consumers = 0;
  if (!read_length(d.in, consumers)) return false;
  if (d.sink != nullptr && !d.sink->consumers(consumers)) return false;
  for (; consumers != 0; --consumers) {
    if (!decode_consumer(d, form >= 3)) return false;
  }
  return true;
}

bool decode_stream(Decoding& d, int form) {
  const uint64_t at = d.in.pos();
  uint64_t nodes = 0;
  if (!read_length(d.in, nodes)) return false;
  if (d.sink != nullptr && !d.sink->begin(d.type, nodes)) return false;
  for (uint64_t n = nodes; n != 0; --n) {
    if (!decode_node(d)) return false;
  }
  Stream stream;
  stream.has_history = form >= 2;
  if (!read_length(d.in, stream.length) || !read_id(d.in, stream.last)) return false;
  if (form >= 2 && (!read_id(d.in, stream.first) || !read_id(d.in, stream.max_deleted) ||
                    !read_length(d.in, stream.entries_added))) {
    return false;
  }
  if (stream.length != 0 && nodes == 0 &&
      !d.in.flaw({.code = Code::stream_without_nodes,
                  .offset = at,
                  .numbers = {.found = stream.length},
                  .has_offset = true})) {
    return false;
  }
  if (!read_length(d.in, stream.groups)) return false;
  if (d.sink != nullptr && !d.sink->stream(stream)) return false;
  for (uint64_t n = stream.groups; n != 0; --n) {
    if (!decode_group(d, form)) return false;
  }
  return d.sink == nullptr || d.sink->end();
}

}  // namespace

bool decode_stream_1(Decoding& d) { return decode_stream(d, 1); }
bool decode_stream_2(Decoding& d) { return decode_stream(d, 2); }
bool decode_stream_3(Decoding& d) { return decode_stream(d, 3); }

}  // namespace rdb
