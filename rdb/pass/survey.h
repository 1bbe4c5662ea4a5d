// Counts what a file holds while somebody reads it: keys by database, values by type, functions,
// modules, AUX fields. `info`, `check` and `convert` report from one of these.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/file/reader.h"
#include "rdb/file/record.h"
#include "rdb/sets/duplicates.h"
#include "rdb/value/sink.h"

namespace rdb {

// A time at which nothing has expired.
inline constexpr int64_t kNeverExpired = INT64_MIN;

// Idle times in seconds, of which servers keep 24 bits (redis 7.0.15 to valkey 9.1.2, LRU_BITS).
inline constexpr uint64_t kIdleEnd = uint64_t{1} << 24;

// One database. The hint is what RESIZEDB says, which is exact in sound files.
struct Keyspace {
  uint64_t keys = 0;
  uint64_t expires = 0;  // keys with an expiry
  uint64_t expired = 0;  // of these, expired at the time of the survey: a server drops them on load
  uint64_t empty = 0;    // collections without an element: servers from 6.2 on skip them
  uint64_t dropped = 0;  // expired or empty, or both
  uint64_t volatile_items = 0;         // hashes with fields that have an expiry
  uint64_t loaded_volatile_items = 0;  // of these, such that are loaded with one at least
  bool has_hint = false;
  bool has_slots = false;  // AUX fields slot-info, which add up to these
  uint16_t number = 0;     // of those that occurred before
  uint64_t hinted_keys = 0;
  uint64_t hinted_expires = 0;
  uint64_t slot_keys = 0;
  uint64_t slot_expires = 0;

  // Of those that a server loads.
  [[nodiscard]] uint64_t loaded() const { return keys - dropped; }
};

// The first of many things, for a report.
struct Place {
  uint64_t db = 0;
  uint64_t offset = 0;
  KeyName key;
};

struct TypeCount {
  const Type* type = nullptr;
  uint64_t count = 0;
  uint64_t bytes = 0;  // of the values as stored
  Place first;
};

struct ModuleCount {
  std::string name;
  unsigned version = 0;
  uint64_t values = 0;
  uint64_t aux = 0;
  Place first = {};  // of the values
};

struct FunctionLibrary {
  std::string name;
  std::string engine;
  uint64_t bytes = 0;
  bool is_pre_ga = false;
};

struct AuxField {
  std::string name;
  std::string value;  // its first 4 KiB, of the first with that name
  uint64_t bytes = 0;
  uint64_t count = 0;
};

// A count with the place of its first.
struct Sighting {
  uint64_t count = 0;
  Place first;

  void add(const Record& record) {
    if (count++ == 0) first = {record.db, record.offset, record.key};
  }
};

// AUX fields of single keys and their members, which aux() does not list (members.h).
struct KeyAux {
  uint64_t key_times = 0;  // keys with mvcc-tstamp
  uint64_t members = 0;    // that expire
  Sighting keys;           // those whose members they are
  Sighting strays;         // AUX fields about members that belong to no key
  std::string why = {};    // of the first of the strays
};

// Who else takes a payload while it is surveyed.
struct Payload {
  ByteSink* bytes = nullptr;
  Sink* events = nullptr;  // of a deep survey
  std::function<bool()> stays =
      nullptr;  // asked once an entry has passed; if not, it is not counted
};

// The search for keys that occur in more than one of several files, one behind the other.
struct SharedKeys {
  explicit SharedKeys(size_t memory) : seen(memory) {}

  Duplicates seen;
  uint64_t from = 0;  // the place of the first byte of the file that is read
  KeyName first;      // of the keys that occur twice, if it was found at once
};

// One thread; distinct objects are independent.
class Survey {
 public:
  // `now_ms`: the unix time at which keys and fields count as expired.
  // `memory`: what the search for duplicate keys takes before it goes to a temporary file.
  explicit Survey(int64_t now_ms, size_t memory = Duplicates::kMemoryDefault)
      : now_ms_(now_ms), seen_(memory) {}

  // From here on keys are looked for in `keys`, and not found among duplicates().
  void share(SharedKeys& keys) { shared_ = &keys; }

  // From here on no key has expired, as in the base of an append-only file.
  void keep_expired() { now_ms_ = kNeverExpired; }

  // From here on empty collections are keys that are loaded, as up to 6.0; empty() has those that
  // have not expired.
  void keep_empty() { keeps_empty_ = true; }
  [[nodiscard]] bool keeps_empty() const { return keeps_empty_; }

  // Reads the payload of `record`, adds both. With `deep` every element is decoded and so proven,
  // without it values are stepped over and empty ones not noticed, except the plain types'. False:
  // the reader or who takes the payload failed, or error().
  [[nodiscard]] bool add(Reader& reader, const Record& record, bool deep,
                         const Payload& payload = {});

  // After the last record: duplicates() are complete then. False: error().
  [[nodiscard]] bool finish();

  // Reads to the end of the file, and finishes.
  [[nodiscard]] bool add_all(Reader& reader, bool deep);

  [[nodiscard]] const std::map<uint64_t, Keyspace>& databases() const { return databases_; }
  [[nodiscard]] std::vector<const TypeCount*> types() const;  // those that occur, by id
  [[nodiscard]] const std::vector<ModuleCount>& modules() const { return modules_; }
  [[nodiscard]] const std::vector<FunctionLibrary>& functions() const { return functions_; }
  [[nodiscard]] const std::vector<AuxField>& aux() const { return aux_; }
  [[nodiscard]] const AuxField* find_aux(std::string_view name) const;
  [[nodiscard]] const KeyAux& key_aux() const { return key_aux_; }
  // Keys of the database without an expiry, members of which have one.
  [[nodiscard]] uint64_t member_expires(uint64_t db) const {
    const auto at = member_expires_.find(db);
    return at == member_expires_.end() ? 0 : at->second;
  }
  [[nodiscard]] uint64_t keys() const { return keys_; }
  [[nodiscard]] const Sighting& empty() const { return empty_; }
  [[nodiscard]] const Sighting& expired() const { return expired_; }
  [[nodiscard]] const Sighting& expired_fields() const { return expired_fields_; }
  // Idle times from kIdleEnd on; the first of them, in seconds.
  [[nodiscard]] const Sighting& idle_wraps() const { return idle_wraps_; }
  [[nodiscard]] uint64_t first_idle_wrap_s() const { return first_idle_wrap_s_; }
  // The largest number of keys or expiries in an AUX field slot-info.
  [[nodiscard]] uint64_t slot_hint_max() const { return slot_hint_max_; }
  // The most keys of which a RESIZEDB tells behind a key of its database that is loaded; and the
  // most with an expiry, behind such a one.
  [[nodiscard]] uint64_t late_keys_max() const { return late_keys_max_; }
  [[nodiscard]] uint64_t late_expires_max() const { return late_expires_max_; }
  // AUX fields slot-info that are not three numbers.
  [[nodiscard]] const Sighting& bad_slot_info() const { return bad_slot_info_; }
  [[nodiscard]] uint64_t function_count() const { return function_count_; }
  // Keys that occur more than once in their database and would all be loaded; looked for with
  // `deep` only. The place is the first where a key stands for the second time; without the key
  // where finish() found it. The key has been at duplicate_offset() before.
  [[nodiscard]] const Sighting& duplicates() const { return duplicates_; }
  [[nodiscard]] bool duplicate_has_key() const { return duplicate_has_key_; }
  [[nodiscard]] uint64_t duplicate_offset() const { return seen_.first_offset(); }
  // Whether the place in duplicates() is that of this key.
  [[nodiscard]] bool is_duplicate(std::string_view key) const { return seen_.second().is_key(key); }
  // Of the temporary file.
  [[nodiscard]] const Error& error() const { return seen_.error(); }

  [[nodiscard]] int64_t now_ms() const { return now_ms_; }

 private:
  bool add_entry(Reader& reader, const Record& record, bool deep, const Payload& payload);
  bool add_foreign(Reader& reader, const Record& record);
  void add_members(const Record& key, uint64_t members);
  void add_stray(const Record& record);
  bool add_aux(Reader& reader, const Record& record, const Payload& payload);
  bool add_slot_info(Reader& reader, const Record& record, const std::string& text);
  bool add_function(Reader& reader, const Record& record, const Payload& payload);
  bool add_module_aux(Reader& reader, const Record& record, const Payload& payload);
  bool add_key(const Record& record, const Keyspace& database);
  void add_idle(const Record& record);
  bool add_hint(Reader& reader, const Record& record);
  Keyspace* database(Reader& reader, uint64_t db) {
    return current_ != nullptr && current_db_ == db ? current_ : other_database(reader, db);
  }
  Keyspace* other_database(Reader& reader, uint64_t db);
  ModuleCount& module(const ModuleId& id);

  int64_t now_ms_;
  bool keeps_empty_ = false;
  std::map<uint64_t, Keyspace> databases_;
  Keyspace* current_ = nullptr;
  uint64_t current_db_ = 0;
  std::array<TypeCount, 256> types_;
  std::vector<ModuleCount> modules_;
  std::vector<FunctionLibrary> functions_;
  uint64_t function_count_ = 0;
  std::vector<AuxField> aux_;
  KeyAux key_aux_;
  std::map<uint64_t, uint64_t> member_expires_;  // of databases that have some
  bool last_expires_ = false;                    // the key before
  bool last_has_members_ = false;
  uint64_t keys_ = 0;
  Sighting empty_;
  Sighting expired_;
  Sighting expired_fields_;
  Sighting idle_wraps_;
  uint64_t first_idle_wrap_s_ = 0;
  Sighting bad_slot_info_;
  uint64_t slot_hint_max_ = 0;
  uint64_t late_keys_max_ = 0;
  uint64_t late_expires_max_ = 0;
  Sighting duplicates_;
  bool duplicate_has_key_ = false;
  Duplicates seen_;
  SharedKeys* shared_ = nullptr;
  std::string text_;
};

// Whether there may be values of that kind without an element, which servers from 6.2 on skip.
[[nodiscard]] bool can_be_empty(Kind kind);

}  // namespace rdb
