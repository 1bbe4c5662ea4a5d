#include "rdb/carry/carry.h"

#include <string>

#include "rdb/server/findings.h"
#include "rdb/server/target.h"

namespace rdb {
namespace {

Error no_place(std::string_view what, const Record& record, unsigned version) {
  Error error{
      .code = Code::not_loadable,
      .words = std::string(what) + " cannot be held by RDB version " + std::to_string(version)};
  error.has_offset = true;
  error.offset = record.offset;
  if (record.kind != RecordKind::entry) return error;
  error.has_key = true;
  error.db = record.db;
  error.key = record.key;
  error.type = record.type->name;
  return error;
}

// What the version has no place for, or nothing. Leaves out what is no data.
std::string_view find_unplaced(const Record& record, unsigned version) {
  if (record.kind == RecordKind::function && version < kHasFunctions) return "a function library";
  if (record.kind == RecordKind::module_aux && version < kHasModuleAux)
    return "AUX data of modules";
  const bool is_entry = record.kind == RecordKind::entry;
  return is_entry && !Encoder::can_encode(*record.type, version) ? "a value of this type" : "";
}

std::string_view find_loss(const EncodeLosses& losses) {
  if (losses.field_expiries != 0) return "the expiry of a hash field";
  if (losses.stream_histories != 0) return "the counters of a stream or group";
  return losses.stream_activities != 0 ? "the activity of a consumer" : "";
}

bool is_left_out(Record& record, unsigned version) {
  if (version < kHasEviction) {
    record.lifetime.idle_s = {};
    record.lifetime.freq = {};
  }
  return record.kind == RecordKind::hint || record.kind == RecordKind::slot_info ||
         record.kind == RecordKind::slot_import ||
         (record.kind == RecordKind::aux && version < kHasAux);
}

Error carry_record(Reader& from, Record& record, Writer& to) {
  const unsigned version = to.options().version;
  if (is_left_out(record, version)) return {};
  if (const std::string_view what = find_unplaced(record, version); !what.empty()) {
    return no_place(what, record, version);
  }
  const bool is_done = to.begin(record) && from.value(&to.sink());
  if (!from.error().ok()) return from.error();
  if (!from.flaws().empty()) return from.flaws().front();
  if (!to.encode_error().ok()) return to.encode_error();
  if (!to.error().ok()) return to.error();
  if (!is_done) return {.code = Code::write_failed, .words = "the value has not been taken"};
  const std::string_view lost = find_loss(to.losses());
  return lost.empty() ? Error{} : no_place(lost, record, version);
}

}  // namespace

Error carry(Reader& from, Writer& to) {
  if (is_foreign(from.header())) {
    return {.code = Code::foreign_version,
            .words = "header " + from.header().text + " is of a format that is not carried"};
  }
  if (!to.header()) return to.error();
  for (Record record; from.next(record);) {
    if (Error error = carry_record(from, record, to); !error.ok()) return error;
  }
  if (!from.finished()) return from.error();
  if (from.tail().kind == Tail::Kind::commands) {
    return {.code = Code::not_loadable,
            .words = std::to_string(from.tail().size) +
                     " bytes of append-only commands follow the snapshot and are not carried"};
  }
  return to.finish() ? Error{} : to.error();
}

}  // namespace rdb
