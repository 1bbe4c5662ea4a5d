#include "rdb/compare/content.h"

#include <string>

#include "rdb/file/writer.h"
#include "rdb/server/target.h"

namespace rdb {

ContentForm content_form(const EncodeOptions& options) {
  ContentForm form{.field_expiries = options.has_field_expiries,
                   .stream_history = options.version >= kHasStreamHistory,
                   .stream_activity = options.version >= kHasStreamActivity};
  if (!options.has_field_expiries) form.expired_fields_ms = options.now_ms;
  return form;
}

Sink& RecordHash::begin(const Record& record) {
  kind_ = record.kind;
  if (kind_ == RecordKind::function) {
    library_.source.start();
    if (record.is_pre_ga) library_.source.add(library_head(record));
    return library_;
  }
  db_ = record.db;
  key_ = kind_ == RecordKind::entry ? hash128(record.key) : Hash128{record.module.id, record.when};
  lifetime_ = record.lifetime;
  const bool has_members = has_members_ && kind_ == RecordKind::entry && record.members != nullptr;
  if (!has_members) return value_;
  return members_.emplace(value_, *record.members);
}

Hash128 RecordHash::get() const {
  if (kind_ == RecordKind::function) return library_.source.get();
  const Hash128 value = value_.get();
  if (kind_ != RecordKind::entry) return hash128({key_.low, key_.high, value.low, value.high});
  const bool expires = lifetime_.expire_ms.has_value();
  return hash128({db_, key_.low, key_.high, value.low, value.high, expires ? 1U : 0U,
                  static_cast<uint64_t>(lifetime_.expire_ms.value_or(0))});
}

bool sum_content(Reader& reader, const ContentForm& form, ContentSums& sums) {
  RecordHash hash(form);
  for (Record record; reader.next(record);) {
    if (!RecordHash::counts(record.kind)) continue;
    if (!reader.value(&hash.begin(record))) return false;
    sums.add(record.kind, hash.get());
  }
  return reader.finished();
}

bool Verify::add(Reader& reader) {
  ContentSums found;
  if (!sum_content(reader, carried_.form, found)) return false;
  keys_ += found.keys;
  return compare("functions", found.functions, carried_.sums.functions) &&
         compare("AUX data of modules", found.module_aux, carried_.sums.module_aux);
}

bool Verify::finish() { return error_.ok() && compare("keys", keys_, carried_.sums.keys); }

bool Verify::compare(std::string_view what, const ContentSum& found, const ContentSum& carried) {
  if (found == carried) return true;
  error_.code = Code::output_differs;
  error_.words = std::to_string(found.count) + " " + std::string(what) + " with digest " +
                 to_hex(found.hash) + ", not " + std::to_string(carried.count) + " with " +
                 to_hex(carried.hash);
  return false;
}

}  // namespace rdb
