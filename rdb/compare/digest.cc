#include "rdb/compare/digest.h"

#include "rdb/base/limits.h"
#include "rdb/value/tee.h"

namespace rdb {

DigestRules Digest::rules(const Header& header) const {
  DigestRules rules = digest_rules(header, options_.now_ms);
  if (options_.target == nullptr) return rules;
  rules.has_fpconv_scores = options_.target->version >= kHasFpconvScores;
  if (!options_.as_loaded) return rules;
  rules.now_ms = options_.now_ms;
  rules.drops_zero_signs = options_.target->version >= kDropsZeroSigns;
  return rules;
}

ContentForm Digest::form() const {
  ContentForm form;
  if (options_.as_loaded) form.expired_fields_ms = options_.now_ms;
  form.keydb_expiries = !options_.as_loaded;  // no target reads them
  return form;
}

// Whether a server holds an entry that has loaded it.
bool Digest::is_there(const Record& record, bool is_empty) const {
  if (!options_.as_loaded) return true;
  if (record.lifetime.is_expired(options_.now_ms)) return false;
  return !is_empty || !can_be_empty(record.type->kind) || options_.target->keeps_empty();
}

Digest::Hashes& Digest::hashes(const Header& header) {
  if (!hashes_) hashes_ = std::make_unique<Hashes>(form(), rules(header));
  return *hashes_;
}

bool Digest::run(Reader& reader) {
  for (Record record; reader.next(record);) {
    if (!add(reader, record)) return false;
  }
  return reader.finished();
}

bool Digest::add(Reader& reader, const Record& record) {
  Hashes& hashes = this->hashes(reader.header());
  if (record.kind != RecordKind::entry) {
    if (record.kind == RecordKind::slot_import) has_slot_import_ = true;
    if (!RecordHash::counts(record.kind)) return true;
    if (!reader.value(&hashes.content.begin(record))) return false;
    content_.add(record.kind, hashes.content.get());
    return true;
  }
  Sink& content = hashes.content.begin(record);
  if (options_.redis) hashes.redis.start(record, true);
  Tee both(content, hashes.redis);
  Sink* const sink = !options_.redis    ? &content
                     : options_.content ? static_cast<Sink*>(&both)
                                        : &hashes.redis;
  if (!reader.value(sink)) return false;
  const bool is_empty =
      options_.content ? hashes.content.value().is_empty() : hashes.redis.is_empty();
  if (!is_there(record, is_empty)) return true;
  if (databases_.size() == kDatabasesMax && !databases_.contains(record.db)) {
    return reader.fail(Code::too_many_databases,
                       {.found = kDatabasesMax + 1, .allowed = kDatabasesMax});
  }
  const Hash128 hash = options_.content ? hashes.content.get() : Hash128{};
  content_.add(record.kind, hash);
  Database& database = databases_[record.db];
  database.content.add(hash);
  if (record.lifetime.expire_ms) ++database.expires;
  if (options_.redis) dataset_.add(record.db, hashes.redis.finish());
  add_doubts(record, hashes.redis);
  return true;
}

void Digest::add_doubts(const Record& record, const KeyDigest& hash) {
  if (record.type->kind == Kind::module) modules_.add(record);
  if (options_.redis && hash.is_unsorted()) unsorted_.add(record);
  if (record.members != nullptr) members_.add(record);
}

std::optional<Digest::Key> Digest::find(Reader& reader, uint64_t db, std::string_view key) {
  Hashes& hashes = this->hashes(reader.header());
  std::optional<Key> found;
  for (Record record; reader.next(record);) {
    if (record.kind != RecordKind::entry || record.db != db || record.key != key || found) continue;
    hashes.redis.start(record, false);
    Tee both(hashes.content.begin(record), hashes.redis);
    if (!reader.value(&both)) return {};
    if (!is_there(record, hashes.redis.is_empty())) continue;
    add_doubts(record, hashes.redis);
    found = {hashes.content.get(), hashes.redis.finish()};
  }
  if (!reader.finished()) return {};
  return found;
}

std::map<uint64_t, Digest::Database> Digest::databases() const {
  std::map<uint64_t, Database> out = databases_;
  if (!options_.redis) return out;
  for (auto& [db, found] : out) found.redis = dataset_.get(db);
  return out;
}

}  // namespace rdb
