// Lists in nodes:
//   list-quicklist    <n> <str ziplist>*n
//   list-quicklist-2  <n> (<container> <str>)*n   container 1: the string is one element (plain),
//                                                 2: it is a listpack of elements (packed)
// Source: redis 7.2.6 src/rdb.c, rdbLoadObject; valkey 8.0.1 likewise.
#include "rdb/codec/listpack.h"
#include "rdb/codec/ziplist.h"
#include "rdb/value/decode.h"
#include "rdb/value/packed.h"

namespace rdb {
namespace {

enum : uint64_t { kPlain = 1, kPacked = 2 };

template <Cursor C>
bool decode_node(Decoding& d) {
  if (d.sink == nullptr) return d.strings.skip();
  Blob blob;
  if (!d.strings.blob(blob, C::judge_head) || !d.sink->node(false)) return false;
  if (blob.is_void) return true;
  if (!d.sink->blob(blob.bytes)) return false;
  if (blob.fault.code != Code::ok) return fail_in_blob(d.in, blob, blob.fault);
  C cursor(blob.bytes);
  uint64_t elements = 0;
  const auto take = [&](std::string_view text) { return d.sink->item(Text::whole(text)); };
  if (!each_element(cursor, elements, take)) return false;
  return cursor.fault().code == Code::ok || fail_in_blob(d.in, blob, cursor.fault());
}

bool decode_plain_node(Decoding& d) {
  if (d.sink == nullptr) return d.strings.skip();
  const uint64_t at = d.in.pos();
  if (!d.sink->node(true)) return false;
  return d.strings.pass([&](const Text& text) {
    if (text.total != 0) return d.sink->item(text);
    return d.in.flaw({.code = Code::empty_plain_node, .offset = at, .has_offset = true});
  });
}

bool decode_any_node(Decoding& d) {
  const uint64_t at = d.in.pos();
  uint64_t container = 0;
  if (!read_length(d.in, container)) return false;
  if (container == kPlain) {
    d.in.tally.count(Form::node_plain);
    return decode_plain_node(d);
  }
  if (container == kPacked) {
    d.in.tally.count(Form::node_packed);
    return decode_node<Listpack>(d);
  }
  return d.in.flaw({.code = Code::bad_container,
                    .offset = at,
                    .numbers = {.found = container},
                    .has_offset = true}) &&
         d.strings.skip();
}

bool decode_nodes(Decoding& d, bool (*decode)(Decoding&)) {
  uint64_t n = 0;
  if (!read_length(d.in, n)) return false;
  if (d.sink != nullptr && !d.sink->begin(d.type, n)) return false;
  for (; n != 0; --n) {
    if (!decode(d)) return false;
  }
  return d.sink == nullptr || d.sink->end();
}

}  // namespace

bool decode_quicklist(Decoding& d) { return decode_nodes(d, decode_node<Ziplist>); }

bool decode_quicklist_2(Decoding& d) { return decode_nodes(d, decode_any_node); }

}  // namespace rdb
