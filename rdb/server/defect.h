// THE table of what can be wrong with a value behind its framing, and what servers do about it.
// Source: valkey 7.2.7, 8.0.1, 8.1.1 and 9.1.2 src/rdb.c, rdbLoadObject, and what they and redis
// 6.0.16, 6.2.16, 7.0.15 and 7.2.6 do with the mutants of tests/mutate.
#pragma once

#include <cstdint>
#include <string_view>

namespace rdb {

// What a server does because of it, the worst first.
enum class Severity : uint8_t {
  refuses,    // does not load the file: it stops, crashes or hangs
  breaks,     // loads it, and dies or answers wrongly when the key is read
  undecided,  // one of the above or below: what it does could not be found out
  drops,      // leaves something out
  accepts,    // loads it; odd, or worth knowing
  differs,    // loads it; it is not what the file itself or somebody else expects
};

// How closely a server looks at what it loads.
enum class Scrutiny : uint8_t {
  none,     // up to 6.0: not at all
  shallow,  // ziplists, zipmaps and plain values in full, of listpacks and intsets the header
  deep,     // with sanitize-dump-payload yes: every element
  always,   // valkey 9.1: the same, and more of streams and scores
};

enum class Defect : uint8_t {
  damage,                // whatever every loader from 6.2 on looks at
  score_exponent,        // without digits, in a score that is text: up to the C library
  ziplist,               // entries of a ziplist
  listpack,              // elements of a listpack
  listpack_walked,       // the same in one that loading converts or counts
  listpack_miscounted,   // its count alone, in one that loading converts
  hidden_end,            // an end mark in the middle, behind as many as it should have
  second_end,            // the same, with nothing between it and the end
  hidden_end_zipmap,     // the same in a zipmap
  hidden,                // a listpack says that it is empty, and is not
  duplicate,             // an element occurs twice, and loading looks
  duplicate_packed,      // the same where it only looks if it checks deeply
  unsorted,              // members of an intset, which is kept as it is
  unsorted_walked,       // the same in one that loading converts
  nan,                   // a score in a packed sorted set, which is kept as it is
  nan_walked,            // the same in one that loading converts
  score_text,            // of a packed sorted set: one that 9.1 reads otherwise than the others
  score_text_told,       // the same where it is known which of them reads it
  score_text_long,       // the same: one that overruns the buffer of servers up to 6.0
  unsorted_zset,         // a packed sorted set that is kept as it is
  stream_node,           // entries of a stream
  stream_node_first,     // the same where loading looks for the first entry
  stream_node_elements,  // the count of elements of their listpack
  stream_node_count,     // of entries, deleted ones included
  stream_node_split,     // of entries and of deleted ones, each for itself
  stream_length,
  stream_order,    // the ids of entries
  stream_last_id,  // below that of the last entry
  stream_node_twice,
  stream_nodes_unsorted,  // by their keys, by which servers sort them
  group_twice,
  consumer_twice,
  pending_twice,    // in a group, or for a consumer
  pending_unknown,  // a consumer's, not the group's
  pending_unowned,  // a group's, no consumer's
  pending_shared,   // two consumers'
};

// A stable identifier for programs, e.g. "duplicate_element".
[[nodiscard]] std::string_view name(Defect defect);
[[nodiscard]] std::string_view words(Defect defect);
[[nodiscard]] Severity severity(Defect defect, Scrutiny scrutiny);

}  // namespace rdb
