#include "rdb/stage/content.h"

#include "rdb/file/writer.h"

namespace rdb {

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
  return value_;
}

Hash128 RecordHash::get() const {
  if (kind_ == RecordKind::function) return library_.source.get();
  const Hash128 value = value_.get();
  if (kind_ != RecordKind::entry) return hash128({key_.low, key_.high, value.low, value.high});
  const bool expires = lifetime_.expire_ms.has_value();
  return hash128({db_, key_.low, key_.high, value.low, value.high, expires ? 1U : 0U,
                  static_cast<uint64_t>(lifetime_.expire_ms.value_or(0))});
}

}  // namespace rdb
