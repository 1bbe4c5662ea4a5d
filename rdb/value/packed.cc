// Values that are one packed blob: cursors (Listpack, Ziplist, Zipmap, Intset) times shapes (items,
// members, pairs, scores). The extended listpack of Redis 7.4 has triples of field, value, expiry,
// after `<i64le>`, the least expiry, except in its pre-release form.
// Source: redis 7.2.6 and 7.4.1 src/rdb.c, rdbLoadObject.
#include "rdb/value/packed.h"

#include "rdb/codec/intset.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/real.h"
#include "rdb/codec/ziplist.h"
#include "rdb/codec/zipmap.h"
#include "rdb/value/decode.h"

namespace rdb {
namespace {

using Event = bool (Sink::*)(const Text&);

// One element a time, all by the same event.
template <Event event>
struct Each {
  static constexpr uint64_t kPer = 1;
  template <Cursor C>
  static bool walk(Sink& sink, C& cursor, uint64_t& elements) {
    return each_element(cursor, elements,
                        [&](std::string_view text) { return (sink.*event)(Text::whole(text)); });
  }
};

// `kPer` elements at a time, the i-th by take(sink, i, text).
template <uint64_t per, bool (*take)(Sink&, uint64_t, std::string_view)>
struct Grouped {
  static constexpr uint64_t kPer = per;
  template <Cursor C>
  static bool walk(Sink& sink, C& cursor, uint64_t& elements) {
    uint64_t i = 0;
    return each_element(cursor, elements, [&](std::string_view text) {
      const uint64_t now = i;
      i = now + 1 == per ? 0 : now + 1;
      return take(sink, now, text);
    });
  }
};

bool take_pair(Sink& sink, uint64_t i, std::string_view text) {
  return i == 0 ? sink.field(Text::whole(text)) : sink.value(Text::whole(text));
}

bool take_score(Sink& sink, uint64_t i, std::string_view text) {
  if (i == 0) return sink.member(Text::whole(text));
  return sink.score_text(text) && sink.score(parse_packed_score(text));
}

bool take_expiring(Sink& sink, uint64_t i, std::string_view text) {
  if (i != 2) return take_pair(sink, i, text);
  int64_t expiry = 0;
  return sink.expiry(parse_int64(text, expiry) && expiry != 0 ? expiry : kNoExpiry);
}

using Items = Each<&Sink::item>;
using Members = Each<&Sink::member>;
using Pairs = Grouped<2, take_pair>;
using Scores = Grouped<2, take_score>;
using Expiring = Grouped<3, take_expiring>;

// By the header or, where that does not tell, by a walk. At damage, which the walk that follows
// will name, it is of no use.
template <Cursor C>
uint64_t count_of(C cursor) {
  if (cursor.count() != kCountUnknown) return cursor.count();
  uint64_t elements = 0;
  for (Scalar element; cursor.next(element);) ++elements;
  return elements;
}

template <Cursor C, typename Shape>
bool decode_packed(Decoding& d) {
  if (d.sink == nullptr) return d.strings.skip();
  Blob blob;
  if (!d.strings.blob(blob, C::judge_head)) return false;
  if (blob.is_void) return true;
  if (!d.sink->blob(blob.bytes)) return false;
  C cursor(blob.bytes);
  if (!d.sink->begin(d.type, count_of(cursor) / Shape::kPer)) return false;
  if (blob.fault.code != Code::ok) return fail_in_blob(d.in, blob, blob.fault);
  uint64_t elements = 0;
  if (!Shape::walk(*d.sink, cursor, elements)) return false;
  if (cursor.fault().code != Code::ok) return fail_in_blob(d.in, blob, cursor.fault());
  if (elements % Shape::kPer != 0) {
    return fail_in_blob(d.in, blob, {Code::odd_elements, 0, {.found = elements}});
  }
  return d.sink->end();
}

}  // namespace

bool fail_in_blob(Input& in, const Blob& blob, const Fault& fault) {
  return in.flaw({.code = fault.code,
                  .offset = blob.offset,
                  .inner = static_cast<int64_t>(fault.inner),
                  .numbers = fault.numbers,
                  .has_offset = true});
}

bool decode_list_ziplist(Decoding& d) { return decode_packed<Ziplist, Items>(d); }
bool decode_set_intset(Decoding& d) { return decode_packed<Intset, Members>(d); }
bool decode_set_listpack(Decoding& d) { return decode_packed<Listpack, Members>(d); }
bool decode_zset_ziplist(Decoding& d) { return decode_packed<Ziplist, Scores>(d); }
bool decode_zset_listpack(Decoding& d) { return decode_packed<Listpack, Scores>(d); }
bool decode_hash_zipmap(Decoding& d) { return decode_packed<Zipmap, Pairs>(d); }
bool decode_hash_ziplist(Decoding& d) { return decode_packed<Ziplist, Pairs>(d); }
bool decode_hash_listpack(Decoding& d) { return decode_packed<Listpack, Pairs>(d); }

bool decode_hash_listpack_ex(Decoding& d) {
  return d.in.skip(8) && decode_packed<Listpack, Expiring>(d);
}

bool decode_hash_listpack_ex_pre_ga(Decoding& d) { return decode_packed<Listpack, Expiring>(d); }

}  // namespace rdb
