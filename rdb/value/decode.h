// Walks one value of an RDB file: the functions that the table of types names.
//
// With a Sink every string is opened, every packed blob walked to its end mark and every element
// handed over; that is a full validation even when the sink ignores all of it. Without one only
// the extent of the value is found: strings and blobs are stepped over unopened.
#pragma once

#include "rdb/codec/string.h"
#include "rdb/value/sink.h"
#include "rdb/value/type.h"

namespace rdb {

struct Decoding {
  Input& in;
  StringReader& strings;
  const Type& type;
  Sink* sink;  // nullptr: extents only
};

// plain.cc
bool decode_string(Decoding& d);
bool decode_list(Decoding& d);
bool decode_set(Decoding& d);
bool decode_zset_text(Decoding& d);
bool decode_zset_binary(Decoding& d);
bool decode_hash(Decoding& d);
bool decode_hash_expiring(Decoding& d);
bool decode_hash_metadata(Decoding& d);
bool decode_hash_metadata_pre_ga(Decoding& d);

// packed.cc
bool decode_list_ziplist(Decoding& d);
bool decode_set_intset(Decoding& d);
bool decode_set_listpack(Decoding& d);
bool decode_zset_ziplist(Decoding& d);
bool decode_zset_listpack(Decoding& d);
bool decode_hash_zipmap(Decoding& d);
bool decode_hash_ziplist(Decoding& d);
bool decode_hash_listpack(Decoding& d);
bool decode_hash_listpack_ex(Decoding& d);
bool decode_hash_listpack_ex_pre_ga(Decoding& d);

// quicklist.cc
bool decode_quicklist(Decoding& d);
bool decode_quicklist_2(Decoding& d);

// stream.cc
bool decode_stream_1(Decoding& d);
bool decode_stream_2(Decoding& d);
bool decode_stream_3(Decoding& d);

// module.cc
bool decode_module(Decoding& d);
// The payload of module AUX: items without the module.
bool decode_module_aux(Decoding& d);

}  // namespace rdb
