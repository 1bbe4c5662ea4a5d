#include "rdb/pass/survey.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "rdb/base/word.h"
#include "rdb/pass/library_head.h"
#include "rdb/value/tee.h"
#include "rdb/value/type_id.h"

namespace rdb {
namespace {

constexpr uint64_t kAuxBytesKept = 4096;
constexpr uint64_t kHeadBytesKept = 4096;  // of a function library: its first line
constexpr std::string_view kSlotInfoName = "slot-info";
constexpr size_t kNamesMax = 1024;  // distinct AUX fields, modules and libraries listed

// Decodes everything, keeps what a report wants to know.
class Counter : public Sink {
 public:
  explicit Counter(int64_t now_ms) : now_ms_(now_ms) {}

  bool item(const Text& text) override { return count(text); }
  bool member(const Text& text) override { return count(text); }
  bool field(const Text& text) override { return count(text); }
  bool expiry(int64_t ms) override {
    if (ms == kNoExpiry) return true;
    ++(ms <= now_ms_ ? expired_fields : expiring_fields);
    return true;
  }
  bool module(const ModuleId& id) override {
    module_id = id;
    return true;
  }

  uint64_t elements = 0;
  uint64_t expired_fields = 0;
  uint64_t expiring_fields = 0;
  ModuleId module_id;

 private:
  bool count(const Text& text) {
    elements += text.is_first() ? 1 : 0;
    return true;
  }

  int64_t now_ms_;
};

// What is in an AUX field slot-info.
struct SlotInfo {
  int slot = 0;
  unsigned long keys = 0;
  unsigned long expires = 0;

  // As servers do (valkey 8.0.1 src/rdb.c).
  bool parse(const std::string& text) {
    return std::sscanf(text.c_str(), "%i,%lu,%lu", &slot, &keys, &expires) == 3;
  }
};

// The counts of plain types are in front of them, so that no value need be opened to see an empty
// one.
bool is_plain(uint8_t id) { return id <= 5; }

}  // namespace

bool can_be_empty(Kind kind) {
  return kind == Kind::list || kind == Kind::set || kind == Kind::zset || kind == Kind::hash;
}

bool Survey::add(Reader& reader, const Record& record, bool deep, const Payload& payload) {
  switch (record.kind) {
    case RecordKind::entry:
      return add_entry(reader, record, deep, payload);
    case RecordKind::aux:
      return add_aux(reader, record, payload);
    case RecordKind::function:
      return add_function(reader, record, payload);
    case RecordKind::module_aux:
      return add_module_aux(reader, record, payload);
    case RecordKind::hint:
      return add_hint(reader, record);
    case RecordKind::foreign:
      return add_foreign(reader, record);
    case RecordKind::stray:
      add_stray(record);
      return true;
    default:
      return true;
  }
}

bool Survey::add_all(Reader& reader, bool deep) {
  Record record;
  while (reader.next(record)) {
    if (!add(reader, record, deep)) return false;
  }
  return reader.finished() && finish();
}

bool Survey::finish() {
  if (!seen_.finish()) return false;
  duplicates_.count = seen_.count();
  if (duplicate_has_key_ || duplicates_.count == 0) return true;
  duplicates_.first.offset = seen_.second().offset;
  for (const auto& [db, keyspace] : databases_) {
    if (keyspace.number == seen_.second().database()) duplicates_.first.db = db;
  }
  return true;
}

bool Survey::add_entry(Reader& reader, const Record& record, bool deep, const Payload& payload) {
  Keyspace* const database = this->database(reader, record.db);
  if (database == nullptr) return false;
  const uint64_t from = reader.pos();
  Counter counter(now_ms_);
  const Kind kind = record.type->kind;
  const bool open = deep || kind == Kind::module;
  Sink nothing;
  Tee both(counter, payload.events != nullptr ? *payload.events : nothing);
  Sink& sink = payload.events != nullptr ? static_cast<Sink&>(both) : counter;
  if (!reader.value(open ? &sink : nullptr, payload.bytes)) return false;
  if (payload.stays && !payload.stays()) return true;
  const uint64_t bytes = reader.pos() - from;

  ++keys_;
  ++database->keys;
  TypeCount& type = types_[record.type->id];
  if (type.count++ == 0) {
    type.type = record.type;
    type.first = {record.db, record.offset, record.key};
  }
  type.bytes += bytes;
  key_aux_.key_times += record.key_time.empty() ? 0 : 1;
  last_expires_ = record.lifetime.expire_ms.has_value();
  last_has_members_ = false;
  if (record.members != nullptr) add_members(record, record.members->size());
  bool is_dropped = false;
  if (record.lifetime.expire_ms) {
    ++database->expires;
    if (record.lifetime.is_expired(now_ms_)) {
      ++database->expired;
      expired_.add(record);
      is_dropped = true;
    }
  }
  const bool is_void = !reader.flaws().empty();  // then what was seen of it tells nothing
  const bool is_empty =
      !is_void && (open ? counter.elements == 0 : is_plain(record.type->id) && bytes == 1);
  if (is_empty && can_be_empty(kind)) {
    if (!keeps_empty_ || !is_dropped) empty_.add(record);
    if (!keeps_empty_) ++database->empty;
    is_dropped |= !keeps_empty_;
  }
  if (is_dropped) ++database->dropped;
  if (record.type->id == kHashExpiring) {
    const bool is_volatile = !open || counter.expired_fields + counter.expiring_fields != 0;
    if (is_volatile) ++database->volatile_items;
    if (!is_dropped && (!open || counter.expiring_fields != 0)) ++database->loaded_volatile_items;
  }
  add_idle(record);
  if (deep && !is_dropped && !add_key(record, *database)) return false;
  if (counter.expired_fields != 0) expired_fields_.add(record);
  if (kind == Kind::module) {
    ModuleCount& module = this->module(counter.module_id);
    if (module.values++ == 0) module.first = {record.db, record.offset, record.key};
  }
  return true;
}

// Counted for the database alone, so that the hints about it are right.
bool Survey::add_foreign(Reader& reader, const Record& record) {
  Keyspace* const database = this->database(reader, record.db);
  if (database == nullptr) return false;
  ++database->keys;
  database->expires += record.lifetime.expire_ms ? 1 : 0;
  key_aux_.key_times += record.key_time.empty() ? 0 : 1;
  return true;
}

// Of a key that has some, at the first of them.
void Survey::add_members(const Record& key, uint64_t members) {
  key_aux_.members += members;
  if (std::exchange(last_has_members_, true)) return;
  key_aux_.keys.add(key);
  if (!last_expires_) ++member_expires_[key.db];
}

void Survey::add_stray(const Record& record) {
  if (record.is_late) {
    add_members(record, 1);
    return;
  }
  if (key_aux_.strays.count == 0) key_aux_.why = record.why;
  key_aux_.strays.add(record);
}

bool Survey::add_key(const Record& record, const Keyspace& database) {
  if (shared_ != nullptr) {
    // A database is its own number; those above are beyond the limit of the target.
    if (record.db >= kDatabasesMax) return true;
    const bool had_none = shared_->seen.count() == 0;
    if (!shared_->seen.add(record.db, record.key, shared_->from + record.offset)) return false;
    if (had_none && shared_->seen.count() != 0) shared_->first = record.key;
    return true;
  }
  if (!seen_.add(database.number, record.key, record.offset)) return false;
  if (seen_.count() == 0 || duplicate_has_key_) return true;
  duplicate_has_key_ = true;
  duplicates_.add(record);
  return true;
}

void Survey::add_idle(const Record& record) {
  if (!record.lifetime.idle_s || *record.lifetime.idle_s < kIdleEnd) return;
  if (idle_wraps_.count == 0) first_idle_wrap_s_ = *record.lifetime.idle_s;
  idle_wraps_.add(record);
}

bool Survey::add_aux(Reader& reader, const Record& record, const Payload& payload) {
  const auto same = [&](const AuxField& field) { return field.name == record.name; };
  const auto found = std::find_if(aux_.begin(), aux_.end(), same);
  AuxField field;
  field.name = record.name.substr(0, kAuxBytesKept);
  field.count = 1;
  if (!reader.text(field.value, kAuxBytesKept, field.bytes, payload.bytes, payload.events)) {
    return false;
  }
  if (is_same_word(field.name, kSlotInfoName) && !add_slot_info(reader, record, field.value))
    return false;
  if (found != aux_.end()) {
    ++found->count;
  } else if (aux_.size() < kNamesMax) {
    aux_.push_back(std::move(field));
  }
  return true;
}

bool Survey::add_slot_info(Reader& reader, const Record& record, const std::string& text) {
  SlotInfo info;
  if (!info.parse(text)) {
    if (bad_slot_info_.count++ == 0) bad_slot_info_.first.offset = record.offset;
    return true;
  }
  Keyspace* const database = this->database(reader, record.db);
  if (database == nullptr) return false;
  database->has_slots = true;
  database->slot_keys += info.keys;
  database->slot_expires += info.expires;
  slot_hint_max_ = std::max<uint64_t>({slot_hint_max_, info.keys, info.expires});
  return true;
}

bool Survey::add_function(Reader& reader, const Record& record, const Payload& payload) {
  FunctionLibrary library;
  library.is_pre_ga = record.is_pre_ga;
  library.name = record.is_pre_ga ? record.name : "";
  library.engine = record.is_pre_ga ? record.engine : "";
  if (!reader.text(text_, kHeadBytesKept, library.bytes, payload.bytes, payload.events))
    return false;
  if (!record.is_pre_ga) (void)parse_library_head(text_, library.engine, library.name);
  ++function_count_;
  if (functions_.size() < kNamesMax) functions_.push_back(std::move(library));
  return true;
}

bool Survey::add_module_aux(Reader& reader, const Record& record, const Payload& payload) {
  ++module(record.module).aux;
  Sink ignore;
  return reader.value(payload.events != nullptr ? payload.events : &ignore, payload.bytes);
}

bool Survey::add_hint(Reader& reader, const Record& record) {
  Keyspace* const database = this->database(reader, record.db);
  if (database == nullptr) return false;
  database->has_hint = true;
  database->hinted_keys += record.keys;
  database->hinted_expires += record.expires;
  if (database->loaded() != 0) late_keys_max_ = std::max(late_keys_max_, record.keys);
  if (database->expires > database->expired) {
    late_expires_max_ = std::max(late_expires_max_, record.expires);
  }
  return true;
}

Keyspace* Survey::other_database(Reader& reader, uint64_t db) {
  if (databases_.size() == kDatabasesMax && !databases_.contains(db)) {
    reader.fail(Code::too_many_databases, {.found = kDatabasesMax + 1, .allowed = kDatabasesMax});
    return nullptr;
  }
  current_db_ = db;
  const Keyspace fresh{.number = static_cast<uint16_t>(databases_.size())};
  current_ = &databases_.try_emplace(db, fresh).first->second;
  return current_;
}

ModuleCount& Survey::module(const ModuleId& id) {
  const std::string name = id.name();
  const unsigned version = id.version();
  for (ModuleCount& module : modules_) {
    if (module.name == name && module.version == version) return module;
  }
  if (modules_.size() == kNamesMax) return modules_.back();
  modules_.push_back({.name = name, .version = version});
  return modules_.back();
}

std::vector<const TypeCount*> Survey::types() const {
  std::vector<const TypeCount*> out;
  for (const TypeCount& type : types_) {
    if (type.count != 0) out.push_back(&type);
  }
  return out;
}

const AuxField* Survey::find_aux(std::string_view name) const {
  for (const AuxField& field : aux_) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace rdb
