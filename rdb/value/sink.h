// The events of one value, in the order in which the file has them.
//
//   string  item
//   list    item*; of quicklists (node item*)*
//   set     member*
//   zset    (member [score_text] score)*
//   hash    (field value [expiry])*
//   stream  (stream_node (stream_entry (field value)*)*)* stream
//           (group_name group pending* consumers (consumer_name consumer owned*)*)*
//   module  module (module_integer | module_real | module_string)*; AUX data without the first
//
// each between begin and end. A string event comes in pieces (Text) when the string is long.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/codec/string.h"
#include "rdb/value/type.h"

namespace rdb {

// No number: of entries that a group has read.
inline constexpr uint64_t kUnknown = ~uint64_t{0};

// "no expiry" of a hash field.
inline constexpr int64_t kNoExpiry = -1;

struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  auto operator<=>(const StreamId&) const = default;  // NOLINT(modernize-use-nullptr): no pointer
};

struct StreamEntry {
  StreamId id;
  bool is_deleted = false;  // a tombstone, which no client sees
  uint64_t fields = 0;
};

struct Stream {
  uint64_t length = 0;
  StreamId last;
  // Since RDB type stream-listpacks-2.
  bool has_history = false;
  StreamId first;
  StreamId max_deleted;
  uint64_t entries_added = 0;
  uint64_t groups = 0;
};

struct Group {
  StreamId last;
  bool has_entries_read = false;     // since stream-listpacks-2
  uint64_t entries_read = kUnknown;  // the servers' -1 is kUnknown
  uint64_t pending = 0;
};

struct Pending {
  StreamId id;
  int64_t delivery_ms = 0;
  uint64_t deliveries = 0;
};

struct Consumer {
  int64_t seen_ms = 0;
  bool has_active = false;  // since stream-listpacks-3
  int64_t active_ms = -1;   // -1: never
  uint64_t pending = 0;
};

// Nine characters and a version of 10 bits, in 64 bits (redis 7.2.6 src/module.c).
struct ModuleId {
  uint64_t id = 0;
  [[nodiscard]] std::string name() const;
  [[nodiscard]] unsigned version() const { return id & 1023; }
};

enum class ModuleOpcode : uint8_t { end, sint, uint, real32, real64, string };

// Override what you need; return false to stop. Views live until the function returns.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // `count`: of elements, exact (a hash's fields, a zset's members); of nodes for quicklists and
  // streams; 0 for modules.
  virtual bool begin(const Type&, uint64_t /*count*/) { return true; }
  virtual bool end() { return true; }

  // The next packed blob, whole, before its elements: all kinds but streams.
  virtual bool blob(std::string_view) { return true; }
  virtual bool item(const Text&) { return true; }
  // The next node of a quicklist; plain: its one item is the node.
  virtual bool node(bool /*is_plain*/) { return true; }
  virtual bool member(const Text&) { return true; }
  virtual bool score(double) { return true; }
  // Before a score from a packed blob: the text that it has there, canonical if it is an integer.
  virtual bool score_text(std::string_view) { return true; }
  virtual bool field(const Text&) { return true; }
  virtual bool value(const Text&) { return true; }
  virtual bool expiry(int64_t /*unix_ms or kNoExpiry*/) { return true; }

  // The next node of a stream: its key and, whole, its listpack.
  virtual bool stream_node(const StreamId&, std::string_view /*listpack*/) { return true; }
  virtual bool stream_entry(const StreamEntry&) { return true; }
  virtual bool stream(const Stream&) { return true; }
  virtual bool group_name(const Text&) { return true; }
  virtual bool group(const Group&) { return true; }
  virtual bool pending(const Pending&) { return true; }
  virtual bool consumers(uint64_t /*count*/) { return true; }
  virtual bool consumer_name(const Text&) { return true; }
  virtual bool consumer(const Consumer&) { return true; }
  virtual bool owned(const StreamId&) { return true; }

  virtual bool module(const ModuleId&) { return true; }
  virtual bool module_integer(ModuleOpcode, uint64_t) { return true; }
  virtual bool module_real(ModuleOpcode, double) { return true; }
  virtual bool module_string(const Text&) { return true; }
};

}  // namespace rdb
