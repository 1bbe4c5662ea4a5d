// Values that stand element by element in the file:
//   string  <str>                            list, set  <n> <str>*n
//   zset    <n> (<str> <score text>)*n       zset-2     <n> (<str> <f64le>)*n
//   hash    <n> (<str> <str>)*n
//   hash-2  <n> (<str> <str> <i64le>)*n      expiry in unix ms, -1 = none (valkey 9.1)
//   hash-metadata         <i64le min> <n> (<ttl> <str> <str>)*n   ttl 0 = none, else ttl + min - 1
//   hash-metadata-pre-ga  <n> (<expiry ms, 0 = none> <str> <str>)*n
// Source: redis 7.2.6 and 7.4.1, valkey 8.0.1 src/rdb.c, rdbLoadObject.
#include <cmath>

#include "rdb/codec/real.h"
#include "rdb/value/decode.h"

namespace rdb {
namespace {

using Event = bool (Sink::*)(const Text&);

bool pass(Decoding& d, Event event) {
  return d.strings.pass([&](const Text& text) { return (d.sink->*event)(text); });
}

// <n> <str>*(n * strings), stepped over.
bool skip_strings(Decoding& d, uint64_t strings) {
  uint64_t n = 0;
  if (!read_length(d.in, n)) return false;
  for (; n != 0; --n) {
    for (uint64_t i = 0; i < strings; ++i) {
      if (!d.strings.skip()) return false;
    }
  }
  return true;
}

bool decode_sequence(Decoding& d, Event event) {
  if (d.sink == nullptr) return skip_strings(d, 1);
  uint64_t n = 0;
  if (!read_length(d.in, n) || !d.sink->begin(d.type, n)) return false;
  for (; n != 0; --n) {
    if (!pass(d, event)) return false;
  }
  return d.sink->end();
}

bool read_score(Input& in, double& score) {
  const uint64_t at = in.pos();
  if (!read_double(in, score)) return false;
  return !std::isnan(score) || in.flaw({.code = Code::nan_score, .offset = at, .has_offset = true});
}

bool decode_scores(Decoding& d, bool (*read)(Input&, double&)) {
  uint64_t n = 0;
  if (!read_length(d.in, n)) return false;
  if (d.sink != nullptr && !d.sink->begin(d.type, n)) return false;
  for (; n != 0; --n) {
    if (d.sink != nullptr ? !pass(d, &Sink::member) : !d.strings.skip()) return false;
    double score = 0;
    if (!read(d.in, score)) return false;
    if (d.sink != nullptr && !d.sink->score(score)) return false;
  }
  return d.sink == nullptr || d.sink->end();
}

bool field_and_value(Decoding& d) {
  if (d.sink == nullptr) return d.strings.skip() && d.strings.skip();
  return pass(d, &Sink::field) && pass(d, &Sink::value);
}

// <n> (<ttl> <str> <str>)*n; a ttl of 0 is none, any other is turned into unix ms by `base`. A
// damaged file may make that wrap, so it is done without signs.
bool decode_metadata(Decoding& d, uint64_t base) {
  uint64_t n = 0;
  if (!read_length(d.in, n)) return false;
  if (d.sink != nullptr && !d.sink->begin(d.type, n)) return false;
  for (; n != 0; --n) {
    uint64_t ttl = 0;
    if (!read_length(d.in, ttl) || !field_and_value(d)) return false;
    const auto expiry = static_cast<int64_t>(ttl + base);
    if (d.sink != nullptr && !d.sink->expiry(ttl == 0 ? kNoExpiry : expiry)) return false;
  }
  return d.sink == nullptr || d.sink->end();
}

}  // namespace

bool decode_string(Decoding& d) {
  if (d.sink == nullptr) return d.strings.skip();
  return d.sink->begin(d.type, 1) && pass(d, &Sink::item) && d.sink->end();
}

bool decode_list(Decoding& d) { return decode_sequence(d, &Sink::item); }

bool decode_set(Decoding& d) { return decode_sequence(d, &Sink::member); }

bool decode_zset_text(Decoding& d) { return decode_scores(d, read_text_score); }

bool decode_zset_binary(Decoding& d) { return decode_scores(d, read_score); }

bool decode_hash(Decoding& d) {
  if (d.sink == nullptr) return skip_strings(d, 2);
  Sink& sink = *d.sink;
  uint64_t n = 0;
  if (!read_length(d.in, n) || !sink.begin(d.type, n)) return false;
  for (; n != 0; --n) {
    if (!pass(d, &Sink::field) || !pass(d, &Sink::value)) return false;
  }
  return sink.end();
}

bool decode_hash_expiring(Decoding& d) {
  uint64_t n = 0;
  if (!read_length(d.in, n)) return false;
  if (d.sink != nullptr && !d.sink->begin(d.type, n)) return false;
  for (; n != 0; --n) {
    if (!field_and_value(d)) return false;
    const uint64_t at = d.in.pos();
    int64_t expiry = kNoExpiry;
    if (!read_int64(d.in, expiry)) return false;
    if (expiry < kNoExpiry) {
      if (!d.in.flaw({.code = Code::bad_field_expiry, .offset = at, .has_offset = true}))
        return false;
    }
    if (d.sink != nullptr && !d.sink->expiry(expiry)) return false;
  }
  return d.sink == nullptr || d.sink->end();
}

bool decode_hash_metadata(Decoding& d) {
  int64_t minimum = 0;
  return read_int64(d.in, minimum) && decode_metadata(d, static_cast<uint64_t>(minimum) - 1);
}

bool decode_hash_metadata_pre_ga(Decoding& d) { return decode_metadata(d, 0); }

}  // namespace rdb
