#include "rdb/file/writer.h"

#include <utility>

#include "rdb/codec/length.h"
#include "rdb/codec/string.h"
#include "rdb/file/opcode.h"

namespace rdb {
namespace {

constexpr unsigned kHasChecksum = 5;
constexpr unsigned kHasHints = 7;
constexpr unsigned kHasLongLengths = 8;

}  // namespace

std::string library_head(const Record& record) {
  return "#!" + std::string(record.engine) + " name=" + std::string(record.name) + "\n";
}

// Puts the first line before the code.
class Writer::LibrarySink : public Sink {
 public:
  LibrarySink(Output& out, std::string head) : out_(out), head_(std::move(head)) {}

  bool item(const Text& text) override {
    const bool is_ready =
        !text.is_first() || (write_length(out_, head_.size() + text.total) && out_.write(head_));
    return is_ready && out_.write(text.data);
  }

 private:
  Output& out_;
  std::string head_;
};

Writer::Writer(ByteSink& to, const EncodeOptions& options, size_t buffer_bytes)
    : out_(to, buffer_bytes), options_(options), encoder_(out_, *this, options) {}

Writer::~Writer() = default;

bool Writer::aux(std::string_view name, std::string_view value) {
  return out_.byte(kAux) && write_string(out_, name, false) && write_string(out_, value, false);
}

bool Writer::begin(const Record& record) {
  record_ = record;
  library_ = nullptr;
  switch (record.kind) {
    case RecordKind::aux:
      return out_.byte(kAux) && write_string(out_, record.name, false);
    case RecordKind::function:
      if (record.is_pre_ga) {
        library_ = std::make_unique<LibrarySink>(out_, library_head(record));
      }
      return out_.byte(kFunction2);
    case RecordKind::module_aux:
      return out_.byte(kModuleAux) && write_length(out_, record.module.id) &&
             write_length(out_, static_cast<uint64_t>(ModuleOpcode::uint)) &&
             write_length(out_, record.when);
    default:
      return true;
  }
}

ByteSink& Writer::payload() {
  if (record_.kind == RecordKind::entry) (void)start(*record_.type);  // out_ keeps the error
  return out_;
}

Sink& Writer::sink() {
  if (library_) return *library_;
  if (record_.kind == RecordKind::entry) return encoder_.sink(*record_.type);
  const uint8_t type = record_.kind == RecordKind::module_aux ? 7 : 0;
  return encoder_.sink(*find_type(Dialect::redis, type));
}

// Everything before the value of an entry. Other records have begun before their payload.
bool Writer::start(const Type& type) {
  if (record_.kind != RecordKind::entry) return true;
  has_valkey_types_ = has_valkey_types_ || type.dialect == Dialect::valkey;
  if ((database_ == nullptr || record_.db != db_) && !select(record_.db)) return false;
  ++keys_;
  ++database_->keys;
  is_raised_ = is_raised_ || (options_.raises_header && type.dialect == Dialect::valkey);
  return lifetime(record_.lifetime) && out_.byte(type.id) && write_string(out_, record_.key, false);
}

bool Writer::lifetime(const Lifetime& lifetime) {
  if (lifetime.expire_ms) {
    ++database_->expires;
    if (!out_.byte(kExpireMs) || !out_.le(*lifetime.expire_ms)) return false;
  }
  if (lifetime.idle_s && !(out_.byte(kIdle) && write_length(out_, *lifetime.idle_s))) return false;
  return !lifetime.freq || (out_.byte(kFreq) && out_.byte(*lifetime.freq));
}

bool Writer::select(uint64_t db) {
  if (!out_.byte(kSelectDb) || !write_length(out_, db)) return false;
  db_ = db;
  const bool is_new = !databases_.contains(db);
  held_.is_new = is_new;
  database_ = &databases_[db];
  if (!is_new || options_.version < kHasHints || !out_.can_patch()) return true;
  if (!out_.byte(kResizeDb)) return false;
  database_->hint_offset = out_.pos();
  return out_.write(hint({}));
}

// Both counts of RESIZEDB in a form whose size does not depend on them, so that they can be
// patched.
std::string Writer::hint(const Database& database) const {
  char form[kLengthBytes];
  std::string out;
  for (const uint64_t n : {database.keys, database.expires}) {
    out += options_.version < kHasLongLengths ? format_length_32(static_cast<uint32_t>(n), form)
                                              : format_length_64(n, form);
  }
  return out;
}

bool Writer::hold() {
  held_ = {.is_on = true,
           .database = database_,
           .counts = database_ != nullptr ? *database_ : Database{},
           .db = db_,
           .keys = keys_,
           .is_raised = is_raised_};
  return out_.hold();
}

bool Writer::keep() {
  held_.is_on = false;
  return out_.keep();
}

void Writer::settle() {
  if (!std::exchange(held_.is_on, false)) return;
  out_.resume();
  if (held_.is_new) databases_.erase(db_);
  database_ = held_.database;
  if (database_ != nullptr) *database_ = held_.counts;
  db_ = held_.db;
  keys_ = held_.keys;
  is_raised_ = held_.is_raised;
}

bool Writer::header() {
  if (options_.has_field_expiries && !options_.raises_header) {
    header_ = "VALKEY080";
  } else {
    header_ = (options_.version < 10 ? "REDIS000" : "REDIS00") + std::to_string(options_.version);
  }
  return out_.write(header_);
}

// The types of REDIS0011 alone are under the header of Valkey: that of Redis says the same.
bool Writer::lower_header() {
  constexpr std::string_view kLower = "REDIS0011";
  const bool is_due = prefers_redis_ && !has_valkey_types_ && header_.starts_with("VALKEY");
  if (!is_due || !out_.can_patch()) return true;
  const std::string was = std::exchange(header_, kLower);
  return out_.patch(0, was, kLower);
}

bool Writer::finish() {
  if (encoder_.is_open() && encode_error().ok()) {
    error_ = {.code = Code::write_failed, .words = "the last value has begun and not ended"};
    return false;
  }
  if (!lower_header()) return false;
  for (const auto& [db, database] : databases_) {
    if (database.hint_offset == 0) continue;
    if (!out_.patch(database.hint_offset, hint({}), hint(database))) return false;
  }
  if (is_raised_) {
    if (!out_.patch(0, kOpenHeader, kRaisedHeader)) return false;
    header_ = kRaisedHeader;
  }
  if (!out_.byte(kEof)) return false;
  return (options_.version < kHasChecksum || out_.le(out_.crc())) && out_.flush();
}

}  // namespace rdb
