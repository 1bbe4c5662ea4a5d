#include "rdb/stage/dump.h"

#include "rdb/base/number.h"
#include "rdb/pass/library_head.h"
#include "rdb/stage/json_value.h"

namespace rdb {
namespace {

constexpr uint64_t kTextBytesMax = uint64_t{512} << 20;  // AUX values and libraries, held whole

}  // namespace

bool Dump::add(Reader& reader, const Record& record) {
  if (record.kind == RecordKind::module_aux) return print_module_aux(reader, record);
  if (record.kind != RecordKind::entry) return add_header(reader, record);
  if (!print_header(reader)) return false;
  JsonValue value(json_, mode_, record);
  if (record.members == nullptr) return reader.value(&value) && value.end_line();
  MemberSink members(value, *record.members);
  return reader.value(&members) && value.end_line();
}

bool Dump::finish(const Reader& reader) { return print_header(reader); }

bool Dump::add_header(Reader& reader, const Record& record) {
  uint64_t size = 0;
  if (record.kind == RecordKind::aux) {
    Field& field = aux_.emplace_back();
    field.name = record.name;
    return reader.text(field.value, kTextBytesMax, size);
  }
  if (record.kind != RecordKind::function) return true;
  Library& library = functions_.emplace_back();
  if (!reader.text(library.code, kTextBytesMax, size)) return false;
  if (record.is_pre_ga) {
    library.name = record.name;
    library.engine = record.engine;
  } else {
    parse_library_head(library.code, library.engine, library.name);
  }
  return true;
}

bool Dump::print_header(const Reader& reader) {
  if (has_header_ && aux_.empty() && functions_.empty()) return true;
  has_header_ = true;
  bool ok = json_.open_object() && json_.boolean("header", true) &&
            json_.text("format", reader.header().text) && json_.name("aux") && json_.open_array();
  for (const Field& field : aux_) {
    ok = ok && json_.open_array() && json_.bytes(field.name) && json_.bytes(field.value) &&
         json_.close_array();
  }
  ok = ok && json_.close_array() && json_.name("functions") && json_.open_array();
  for (const Library& library : functions_) {
    ok = ok && json_.open_object() && json_.bytes("library_name", library.name) &&
         json_.bytes("engine", library.engine) && json_.bytes("library_code", library.code) &&
         json_.close_object();
  }
  aux_.clear();
  functions_.clear();
  return ok && json_.close_array() && json_.close_object() && json_.end_line();
}

bool Dump::print_module_aux(Reader& reader, const Record& record) {
  JsonValue value(json_, mode_, record);
  return print_header(reader) && json_.open_object() && json_.boolean("header", true) &&
         json_.name("module_aux") && json_.open_object() &&
         json_.text("module", record.module.name()) &&
         json_.number("version", record.module.version()) && json_.number("when", record.when) &&
         json_.name("items") && json_.open_array() && reader.value(&value) && json_.close_array() &&
         json_.close_object() && json_.close_object() && json_.end_line();
}

}  // namespace rdb
