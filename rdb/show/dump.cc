#include "rdb/show/dump.h"

#include "rdb/base/number.h"
#include "rdb/pass/library_head.h"
#include "rdb/show/json_value.h"

namespace rdb {
namespace {

// Prints a function library, whose first line has what is printed before it.
class LibraryMembers : public Sink {
 public:
  // `record` must outlive it.
  LibraryMembers(Json& json, const Record& record) : json_(json), record_(record) {}

  bool item(const Text& text) override {
    constexpr size_t kLineMax = size_t{1} << 20;
    if (has_head_) return json_.bytes(text);
    head_ += text.data;
    const bool has_line = head_.find('\n') != head_.npos || head_.size() >= kLineMax;
    if (!record_.is_pre_ga && !has_line && !text.is_last()) return true;
    has_head_ = true;
    return print_head() && json_.bytes(Text{head_, 0, text.total});
  }

 private:
  bool print_head() {
    std::string engine(record_.engine);
    std::string name(record_.name);
    if (!record_.is_pre_ga) parse_library_head(head_, engine, name);
    return json_.bytes("library_name", name) && json_.bytes("engine", engine) &&
           json_.name("library_code");
  }

  Json& json_;
  const Record& record_;
  std::string head_;
  bool has_head_ = false;
};

// Prints a string.
class Member : public Sink {
 public:
  explicit Member(Json& json) : json_(json) {}
  bool item(const Text& text) override { return json_.bytes(text); }

 private:
  Json& json_;
};

}  // namespace

bool Dump::add(Reader& reader, const Record& record) {
  is_in_record_ = true;
  if (!print(reader, record)) return false;
  is_in_record_ = false;
  return true;
}

bool Dump::break_off() {
  if (open_ != Open::none && !is_in_record_) return close_header();
  return !json_.is_in_line() || json_.end_line();
}

bool Dump::print(Reader& reader, const Record& record) {
  switch (record.kind) {
    case RecordKind::module_aux:
      return print_module_aux(reader, record);
    case RecordKind::aux:
      return add_aux(reader, record);
    case RecordKind::function:
      return add_library(reader, record);
    case RecordKind::entry:
      break;
    default:
      return true;
  }
  if (!finish(reader)) return false;
  return add_entry(reader, record);
}

bool Dump::add_entry(Reader& reader, const Record& record) {
  JsonValue value(json_, mode_, record, held_max_);
  bool is_read = false;
  if (record.members == nullptr) {
    is_read = reader.value(&value);
  } else {
    MemberSink members(value, *record.members);
    is_read = reader.value(&members);
  }
  if (is_read) return value.end_line();
  if (!value.held().is_over() || !reader.error().ok()) return false;
  return reader.fail(value.held().error(record.type->kind == Kind::stream ? "consumer group"
                                                                          : "list of expiries"));
}

bool Dump::finish(const Reader& reader) {
  if (has_header_ && open_ == Open::none) return true;
  return begin_header(reader) && close_header();
}

bool Dump::add_aux(Reader& reader, const Record& record) {
  if (open_ == Open::functions && !close_header()) return false;
  Member value(json_);
  return begin_header(reader) && json_.open_array() && json_.bytes(record.name) &&
         reader.value(&value) && json_.close_array();
}

bool Dump::add_library(Reader& reader, const Record& record) {
  LibraryMembers members(json_, record);
  return begin_header(reader) && begin_functions() && json_.open_object() &&
         reader.value(&members) && json_.close_object();
}

// A header line, unless one is open.
bool Dump::begin_header(const Reader& reader) {
  if (open_ != Open::none) return true;
  has_header_ = true;
  open_ = Open::aux;
  return json_.open_object() && json_.boolean("header", true) &&
         json_.text("format", reader.header().text) && json_.name("aux") && json_.open_array();
}

bool Dump::begin_functions() {
  if (open_ == Open::functions) return true;
  open_ = Open::functions;
  return json_.close_array() && json_.name("functions") && json_.open_array();
}

bool Dump::close_header() {
  const bool ok = begin_functions();
  open_ = Open::none;
  return ok && json_.close_array() && json_.close_object() && json_.end_line();
}

bool Dump::print_module_aux(Reader& reader, const Record& record) {
  JsonValue value(json_, mode_, record, held_max_);
  return finish(reader) && json_.open_object() && json_.boolean("header", true) &&
         json_.name("module_aux") && json_.open_object() &&
         json_.text("module", record.module.name()) &&
         json_.number("version", record.module.version()) && json_.number("when", record.when) &&
         json_.name("items") && json_.open_array() && reader.value(&value) && json_.close_array() &&
         json_.close_object() && json_.close_object() && json_.end_line();
}

}  // namespace rdb
