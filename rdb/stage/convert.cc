#include "rdb/stage/convert.h"

#include <algorithm>
#include <utility>

#include "rdb/file/opcode.h"

namespace rdb {
namespace {

constexpr size_t kNamesMax = 64;  // of dropped AUX fields, listed
constexpr uint64_t kFunctionBytesMax = uint64_t{512} << 20;

// AUX fields that say where the data come from and mean the same to every server.
bool is_carried(std::string_view name) {
  constexpr std::string_view kCarried[] = {"redis-ver", "valkey-ver", "redis-bits", "ctime",
                                           "used-mem"};
  return std::find(std::begin(kCarried), std::end(kCarried), name) != std::end(kCarried);
}

// Binds the target's server to the replication history of the source's.
bool is_replication(std::string_view name) {
  return name == "repl-stream-db" || name == "repl-id" || name == "repl-offset";
}

}  // namespace

Converter::Converter(ConvertOptions options)
    : options_(std::move(options)), survey_(options_.now_ms, options_.memory) {}

bool Converter::run(Reader& reader, ByteSink& to, bool stop_at_refusal) {
  Writer writer(to);
  changes_.header = header_for(*options_.target, reader.header());
  changes_.has_hints = to.is_seekable();
  refused_ = is_foreign_ = is_foreign(reader.header());
  bool ok = writer.header(changes_.header);
  Record record;
  while (ok && !(refused_ && stop_at_refusal) && reader.next(record)) {
    ok = add(reader, writer, record);
  }
  if (!reader.error().ok()) {
    findings_.push_back(from_error(reader.error()));
  } else if (reader.finished() && survey_.finish()) {
    conclude(reader);
    ok = ok && (refused_ || writer.finish());
  }
  if (!survey_.error().ok()) findings_.push_back(from_error(survey_.error()));
  write_error_ = writer.error();
  bytes_written_ = writer.pos();
  find_foreign(reader, survey_, findings_);
  return ok && reader.finished() && status(findings_) == Status::ok;
}

bool Converter::add(Reader& reader, Writer& writer, const Record& record) {
  switch (record.kind) {
    case RecordKind::entry:
      return entry(reader, writer, record);
    case RecordKind::aux:
      return aux(reader, writer, record);
    case RecordKind::function:
      return function(reader, writer, record);
    case RecordKind::module_aux:
      return module_aux(reader, writer, record);
    case RecordKind::hint:
      return survey_.add(reader, record, true);
    case RecordKind::slot_info:
      ++changes_.slot_hints_dropped;
      return true;
    case RecordKind::slot_import:
      ++changes_.slot_imports_dropped;
      return true;
  }
  return true;
}

bool Converter::entry(Reader& reader, Writer& writer, const Record& record) {
  if (std::binary_search(left_out_.begin(), left_out_.end(), record.offset)) {
    return drop(reader, record);
  }
  check_entry(record);
  const bool write = !refused_;
  if (write && !writer.begin(record)) return false;
  if (!survey_.add(reader, record, true, write ? &writer.payload() : nullptr)) return false;
  if (survey_.duplicates().count != 0) refused_ = true;
  check_modules(record);
  return true;
}

bool Converter::drop(Reader& reader, const Record& record) {
  dropped_.add(record);
  Sink ignore;  // it is proven all the same
  return reader.value(&ignore);
}

bool Converter::aux(Reader& reader, Writer& writer, const Record& record) {
  const std::string name(record.name);
  if (!survey_.add(reader, record, true)) return false;
  if (is_carried(name) || (options_.keep_replication_id && is_replication(name))) {
    const AuxField* const field = survey_.find_aux(name);
    const bool is_whole = field != nullptr && field->value.size() == field->bytes;
    if (is_whole && field->count == 1) return refused_ || writer.aux(name, field->value);
  }
  if (name == "lua") {
    ++changes_.scripts_dropped;
    return true;
  }
  auto& names = changes_.aux_dropped;
  if (names.size() < kNamesMax && std::find(names.begin(), names.end(), name) == names.end()) {
    names.push_back(name);
  }
  return true;
}

bool Converter::function(Reader& reader, Writer& writer, const Record& record) {
  if (options_.target->version < 10) {
    refuse("functions", "the target has no functions", record);
  }
  if (refused_) return survey_.add(reader, record, true);
  if (!record.is_pre_ga) {
    return writer.begin_function() && survey_.add(reader, record, true, &writer.payload());
  }
  // redis 7.0.15 src/rdb.c, rdbFunctionLoad, translates the same way.
  std::string source =
      "#!" + std::string(record.engine) + " name=" + std::string(record.name) + "\n";
  FunctionLibrary library{std::string(record.name), std::string(record.engine), 0, true};
  if (!reader.text(text_, kFunctionBytesMax, library.bytes)) return false;
  survey_.add_library(std::move(library));
  ++changes_.functions_rewritten;
  return writer.function(source + text_);
}

bool Converter::module_aux(Reader& reader, Writer& writer, const Record& record) {
  const bool write = !refused_;
  if (write && !writer.begin_module_aux(record.module, record.when)) return false;
  if (!survey_.add(reader, record, true, write ? &writer.payload() : nullptr)) return false;
  check_modules(record);
  return true;
}

void Converter::check_entry(const Record& record) {
  if (!holds(*options_.target, *record.type) && record.type->dialect != Dialect::redis_ce) {
    refuse("type_too_new",
           "the target does not read values of type " + std::string(record.type->name), record);
  }
  if (record.db >= options_.databases) {
    refuse("database_out_of_range",
           "the target has databases 0 to " + std::to_string(options_.databases - 1) +
               " only (--databases)",
           record);
  }
}

// Modules are known by their types once a value or their AUX data have been read.
void Converter::check_modules(const Record& record) {
  if (is_foreign_) return;  // no module would help
  const auto& modules = survey_.modules();
  for (; modules_checked_ < modules.size(); ++modules_checked_) {
    const std::string& name = modules[modules_checked_].name;
    const auto& known = options_.modules;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    refuse("module_missing",
           "the target loads data of module " + name + " only with that module (--modules " + name +
               ")",
           record);
  }
}

void Converter::refuse(std::string_view name, std::string words, const Record& record) {
  refused_ = true;
  for (Finding& finding : findings_) {
    if (finding.words != words) continue;
    ++finding.count;
    return;
  }
  Finding finding;
  finding.stage = Stage::format;
  finding.severity = Severity::refuses;
  finding.status = Status::unexpected;
  finding.name = name;
  finding.words = std::move(words);
  finding.has_place = true;
  finding.offset = record.offset;
  if (record.kind == RecordKind::entry) {
    finding.has_db = finding.has_key = true;
    finding.db = record.db;
    finding.key = record.key;
  }
  findings_.push_back(std::move(finding));
}

// What is known at the end of the file.
void Converter::conclude(const Reader& reader) {
  changes_.expiries_to_ms = reader.opcodes()[kExpire].count;
  changes_.checksum_added = reader.checksum() != Checksum::verified;
  find_oddities(reader, findings_);
  find_tail(reader, findings_);
  for (Finding& finding : findings_) {
    if (finding.name != "expiries_swapped") continue;
    finding.severity = Severity::refuses;
    finding.status = Status::unexpected;
    refused_ = true;
  }
  find_duplicates(survey_, findings_);
  refused_ = refused_ || survey_.duplicates().count != 0;
  find_left_out(dropped_, findings_);
  find_drops(survey_, findings_);
}

}  // namespace rdb
