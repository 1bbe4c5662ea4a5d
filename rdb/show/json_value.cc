#include "rdb/show/json_value.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "rdb/base/number.h"

namespace rdb {
namespace {

bool is_before(const StreamId& a, const StreamId& b) {
  return a.ms != b.ms ? a.ms < b.ms : a.seq < b.seq;
}

std::string_view item_name(ModuleOpcode opcode) {
  constexpr std::string_view kNames[] = {"end", "sint", "uint", "float", "double", "string"};
  return kNames[static_cast<size_t>(opcode)];
}

// `,"type":"hash","encoding":"hash-listpack","expire_at_ms":` for each row of the table of types.
std::vector<std::string> make_heads() {
  std::vector<std::string> heads;
  for (const Type& type : types()) {
    heads.push_back(",\"type\":\"" + std::string(name(type.kind)) + "\",\"encoding\":\"" +
                    std::string(type.name) + "\",\"expire_at_ms\":");
  }
  return heads;
}

std::string_view head_of(const Type& type) {
  static const std::vector<std::string> heads = make_heads();
  return heads[static_cast<size_t>(&type - types().data())];
}

void gather(std::string& to, const Text& text) {
  if (text.is_first()) to.clear();
  to += text.data;
}

}  // namespace

// `type_name`: that of a module; otherwise the table's.
bool JsonValue::head(std::string_view type_name) {
  const Lifetime& life = record_.lifetime;
  const bool begun =
      json_.open_object() && json_.number("db", record_.db) && json_.bytes("key", record_.key);
  const bool named = type_name.empty() ? json_.members(head_of(*record_.type))
                                       : json_.text("type", type_name) &&
                                             json_.text("encoding", record_.type->name) &&
                                             json_.name("expire_at_ms");
  bool ok = begun && named && (life.expire_ms ? json_.integer(*life.expire_ms) : json_.null());
  if (life.idle_s) ok = ok && json_.number("idle", *life.idle_s);
  if (life.freq) ok = ok && json_.number("freq", *life.freq);
  if (!record_.key_time.empty()) {
    ok = ok && json_.name("aux") && json_.open_array() && json_.open_array() &&
         json_.text(kKeyTimeAux) && json_.text(record_.key_time) && json_.close_array() &&
         json_.close_array();
  }
  return ok && json_.name("value");
}

bool JsonValue::end_line() { return json_.close_object() && json_.end_line(); }

bool JsonValue::begin(const Type& type, uint64_t) {
  type_ = &type;
  expires_ =
      record_.members != nullptr || (type.kind == Kind::hash && type.dialect != Dialect::redis);
  if (type.kind == Kind::module) return true;  // its name comes first
  if (!head()) return false;
  if (type.kind == Kind::string) return true;
  if (type.kind != Kind::stream) return json_.open_array();
  entries_open_ = true;
  return json_.open_object() && json_.name("entries") && json_.open_array();
}

bool JsonValue::end() {
  if (type_->kind == Kind::string) return true;
  if (type_->kind == Kind::module) {
    return !std::exchange(in_module_, false) || (json_.close_array() && json_.close_object());
  }
  if (type_->kind == Kind::stream) {
    return close_group() && json_.close_array() && json_.close_object();
  }
  if (!json_.close_array()) return false;
  if (expiring_.empty()) return true;
  const bool is_hash = type_->kind == Kind::hash;
  if (!json_.name(is_hash ? "field_expire_at_ms" : "member_expire_at_ms") || !json_.open_array()) {
    return false;
  }
  for (const auto& [field, ms] : expiring_) {
    if (!json_.open_array() || !json_.bytes(field) || !json_.integer(ms) || !json_.close_array()) {
      return false;
    }
  }
  return json_.close_array();
}

bool JsonValue::member(const Text& text) {
  if (expires_) gather(name_, text);
  if (type_->kind == Kind::zset && text.is_first() && !json_.open_array()) return false;
  return json_.bytes(text);
}

bool JsonValue::score(double score) { return real(score) && json_.close_array(); }

bool JsonValue::real(double v) {
  char digits[kNumberBytes];
  return json_.ascii(mode_ == BytesMode::latin1 ? format_double_17g(v, digits)
                                                : format_double(v, digits));
}

bool JsonValue::field(const Text& text) {
  if (type_->kind == Kind::stream) return is_hidden_ || json_.bytes(text);
  if (expires_) gather(name_, text);
  if (text.is_first() && !json_.open_array()) return false;
  return json_.bytes(text);
}

bool JsonValue::value(const Text& text) {
  if (type_->kind != Kind::stream) {
    return json_.bytes(text) && (!text.is_last() || json_.close_array());
  }
  if (is_hidden_) return true;
  if (!json_.bytes(text)) return false;
  return --fields_left_ != 0 || (json_.close_array() && json_.close_array());
}

bool JsonValue::expiry(int64_t ms) {
  if (ms == kNoExpiry) return true;
  expiring_.emplace_back(name_, ms);
  return held_.add(sizeof expiring_.back() + name_.size());
}

bool JsonValue::id(const StreamId& id) {
  char digits[kNumberBytes];
  char text[2 * kNumberBytes];
  const std::string_view ms = format_uint64(id.ms, digits);
  size_t size = ms.copy(text, ms.size());
  text[size++] = '-';
  const std::string_view seq = format_uint64(id.seq, digits);
  size += seq.copy(text + size, seq.size());
  return json_.ascii({text, size});
}

bool JsonValue::stream_entry(const StreamEntry& entry) {
  is_hidden_ = entry.is_deleted;
  fields_left_ = entry.fields;
  if (is_hidden_) return true;
  if (!json_.open_array() || !id(entry.id) || !json_.open_array()) return false;
  return entry.fields != 0 || (json_.close_array() && json_.close_array());
}

bool JsonValue::close_entries() {
  if (!entries_open_) return true;
  entries_open_ = false;
  return json_.close_array();
}

bool JsonValue::stream(const Stream& stream) {
  bool ok = close_entries() && json_.number("length", stream.length) && json_.name("last_id") &&
            id(stream.last);
  if (stream.has_history) {
    ok = ok && json_.name("first_id") && id(stream.first) && json_.name("max_deleted_id") &&
         id(stream.max_deleted) && json_.number("entries_added", stream.entries_added);
  } else {
    ok = ok && json_.name("first_id") && json_.null() && json_.name("max_deleted_id") &&
         json_.null() && json_.name("entries_added") && json_.null();
  }
  return ok && json_.name("groups") && json_.open_array();
}

bool JsonValue::group_name(const Text& text) {
  if (text.is_first() && !close_group()) return false;
  gather(name_, text);
  return true;
}

bool JsonValue::group(const Group& group) {
  group_open_ = true;
  owed_.clear();
  consumers_.clear();
  held_.clear();
  is_sorted_ = true;
  const bool ok = json_.open_object() && json_.bytes("name", name_) &&
                  json_.name("last_delivered_id") && id(group.last) && json_.name("entries_read");
  if (!ok) return false;
  const bool is_known = group.has_entries_read && group.entries_read != kUnknown;
  return (is_known ? json_.number(group.entries_read) : json_.null()) && json_.name("consumers") &&
         json_.open_array();
}

bool JsonValue::pending(const Pending& pending) {
  if (!owed_.empty() && !is_before(owed_.back().pending.id, pending.id)) is_sorted_ = false;
  owed_.push_back({pending});
  return held_.add(sizeof(Owed));
}

bool JsonValue::consumer_name(const Text& text) {
  if (text.is_first() && !close_consumer()) return false;
  gather(name_, text);
  return true;
}

bool JsonValue::consumer(const Consumer& consumer) {
  if (consumers_.empty() && !is_sorted_) {
    std::stable_sort(owed_.begin(), owed_.end(), [](const Owed& a, const Owed& b) {
      return is_before(a.pending.id, b.pending.id);
    });
  }
  consumers_.push_back(name_);
  consumer_open_ = true;
  return held_.add(sizeof(std::string) + name_.size()) && json_.open_object() &&
         json_.bytes("name", name_) && json_.integer("seen_time", consumer.seen_ms) &&
         json_.name("active_time") &&
         (consumer.has_active ? json_.integer(consumer.active_ms) : json_.null()) &&
         json_.name("pel") && json_.open_array();
}

JsonValue::Owed* JsonValue::find(const StreamId& id) {
  const auto is_less = [](const Owed& a, const StreamId& b) { return is_before(a.pending.id, b); };
  const auto at = std::lower_bound(owed_.begin(), owed_.end(), id, is_less);
  if (at == owed_.end() || is_before(id, at->pending.id)) return nullptr;
  return &*at;
}

bool JsonValue::owned(const StreamId& id) {
  Owed* const owed = find(id);
  if (!json_.open_array() || !this->id(id)) return false;
  if (owed == nullptr) return json_.null() && json_.null() && json_.close_array();
  owed->consumer = static_cast<uint32_t>(consumers_.size() - 1);
  return json_.integer(owed->pending.delivery_ms) && json_.number(owed->pending.deliveries) &&
         json_.close_array();
}

bool JsonValue::close_consumer() {
  if (!consumer_open_) return true;
  consumer_open_ = false;
  return json_.close_array() && json_.close_object();
}

bool JsonValue::close_group() {
  if (!group_open_) return true;
  group_open_ = false;
  if (!close_consumer() || !json_.close_array() || !json_.name("pel") || !json_.open_array()) {
    return false;
  }
  for (const Owed& owed : owed_) {
    const bool ok =
        json_.open_array() && id(owed.pending.id) &&
        (owed.consumer == kNobody ? json_.null() : json_.bytes(consumers_[owed.consumer])) &&
        json_.integer(owed.pending.delivery_ms) && json_.number(owed.pending.deliveries) &&
        json_.close_array();
    if (!ok) return false;
  }
  return json_.close_array() && json_.close_object();
}

bool JsonValue::module(const ModuleId& id) {
  in_module_ = true;
  return head(id.name()) && json_.open_object() && json_.boolean("module", true) &&
         json_.number("version", id.version()) && json_.name("items") && json_.open_array();
}

bool JsonValue::module_integer(ModuleOpcode opcode, uint64_t v) {
  return json_.open_array() && json_.text(item_name(opcode)) && json_.number(v) &&
         json_.close_array();
}

bool JsonValue::module_real(ModuleOpcode opcode, double v) {
  return json_.open_array() && json_.text(item_name(opcode)) && real(v) && json_.close_array();
}

bool JsonValue::module_string(const Text& text) {
  if (text.is_first() && !(json_.open_array() && json_.text("string"))) return false;
  return json_.bytes(text) && (!text.is_last() || json_.close_array());
}

}  // namespace rdb
