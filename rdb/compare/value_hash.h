// The hash of what a value holds, whatever its encoding: of its kind and the sum, modulo 2^128, of
// the hashes of its elements, each with its name (member, field, position, id …) and value. What a
// form does not tell is what servers derive; a zero's sign does not count in a sorted set that
// servers since 7.0 pack, since they drop it there; tombstones do not count.
#pragma once

#include <cstdint>
#include <optional>

#include "rdb/base/hash128.h"
#include "rdb/value/sink.h"
#include "rdb/value/text_hash.h"

namespace rdb {

// What counts of a value. All does by default.
struct ContentForm {
  bool field_expiries = true;
  bool stream_history = true;   // what a stream once held and its groups have read
  bool stream_activity = true;  // when consumers were last active
  // Fields that have expired by this time are not there.
  std::optional<int64_t> expired_fields_ms = {};
  bool keydb_expiries = true;  // of the members of a value (rdb/file/members.h)
};

// What an element is, and so its name.
enum class Part : uint8_t {
  item,           // position
  member,         // hash
  field,          // hash
  entry,          // id
  last_id,        // of a stream
  length,         // of a stream
  first,          // of a stream
  max_deleted,    // of a stream
  added,          // of a stream
  group,          // hash
  consumer,       // hash of that and that of its group
  pending,        // hash of the id and that of its group
  owner,          // the same
  module,         // none
  member_expiry,  // hash of the member of a set or a sorted set
};

// One value after another; one thread.
class ValueHash : public Sink {
 public:
  explicit ValueHash(const ContentForm& form) : form_(form) {}

  // Of the value that has passed.
  [[nodiscard]] Hash128 get() const;
  // Of the value that has passed: no element counted, though there may be some that do not count.
  [[nodiscard]] bool is_empty() const { return elements_ == 0; }
  // There were fields, and all have expired.
  [[nodiscard]] bool is_expired() const { return is_empty() && has_expired_; }

  bool begin(const Type& type, uint64_t count) override;
  bool end() override;
  bool item(const Text& text) override;
  bool member(const Text& text) override;
  bool score(double score) override;
  bool field(const Text& text) override;
  bool value(const Text& text) override;
  bool expiry(int64_t ms) override;
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override;
  bool group_name(const Text& text) override;
  bool group(const Group& group) override;
  bool pending(const Pending& pending) override;
  bool consumer_name(const Text& text) override;
  bool consumer(const Consumer& consumer) override;
  bool owned(const StreamId& id) override;
  bool module(const ModuleId& id) override;
  bool module_integer(ModuleOpcode opcode, uint64_t v) override;
  bool module_real(ModuleOpcode opcode, double v) override;
  bool module_string(const Text& text) override;

 protected:
  // Every element, once it is complete.
  virtual bool element(Part /*part*/, const Hash128& /*name*/, const Hash128& /*value*/) {
    return true;
  }

 private:
  bool add(Part part, const Hash128& name, const Hash128& value = {});
  bool settle();

  ContentForm form_;
  Kind kind_ = Kind::string;
  uint64_t elements_ = 0;
  Hash128 sum_;  // but for scores of -0, which are in both of these:
  Hash128 minus_zeros_;
  Hash128 zeros_;          // without the sign
  bool is_small_ = false;  // a sorted set that servers pack
  TextHash text_;
  Hash128 name_;   // of the member or field that is read
  Hash128 value_;  // of the field or entry
  bool has_expired_ = false;
  bool is_open_ = false;  // a field or an entry that may go on
  // streams
  Hash128 entry_;
  bool is_deleted_ = false;
  StreamId first_;
  Stream stream_;
  Hash128 group_;
  Hash128 consumer_;
};

}  // namespace rdb
