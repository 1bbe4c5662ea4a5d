#include "rdb/stage/convert.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rdb/file/opcode.h"

namespace rdb {
namespace {

constexpr size_t kNamesMax = 64;  // of dropped AUX fields, listed

// Binds the target's server to the replication history of the source's.
bool is_replication(std::string_view name) {
  return name == "repl-stream-db" || name == "repl-id" || name == "repl-offset";
}

template <typename List, typename T>
bool contains(const List& list, const T& what) {
  return std::find(std::begin(list), std::end(list), what) != std::end(list);
}

EncodeOptions encoding(const ConvertOptions& options, const Header& header) {
  EncodeOptions out = encoding_for(*options.target, header);
  out.compress = options.compress;
  out.now_ms = options.now_ms;
  return out;
}

}  // namespace

Converter::Converter(ConvertOptions options)
    : options_(std::move(options)),
      survey_(options_.keeps_expired ? kNeverExpired : options_.now_ms, options_.memory) {}

bool Converter::run(Reader& reader, Outlet& to, bool stop_at_refusal) {
  source_ = reader.header();
  to.shut_while(options_.joint != nullptr ? options_.joint->is_refused_ : refused_);
  changes_.hints_dropped = !to.can_patch() && options_.target->version >= kHasAux;
  refused_ = is_foreign_ = is_foreign(source_);
  bool ok = open(to);
  Record record;
  while (ok && !(refused_ && stop_at_refusal) && reader.next(record)) {
    ok = add(reader, to, record);
  }
  if (!reader.error().ok()) {
    findings_.push_back(from_error(reader.error()));
  } else if (reader.finished() && survey_.finish()) {
    conclude(reader);
    ok = ok && (options_.joint != nullptr || to.finish());
  }
  if (!survey_.error().ok()) findings_.push_back(from_error(survey_.error()));
  write_error_ = to.error();
  bytes_written_ = to.bytes();
  keys_written_ = to.keys();
  find_foreign(reader, survey_, findings_);
  ok = ok && reader.finished() && status(findings_) == Status::ok;
  if (options_.joint != nullptr && !ok) options_.joint->is_refused_ = true;
  return ok;
}

// Of several files the first to be read opens the output, with the header of all.
bool Converter::open(Outlet& to) {
  Joint* const joint = options_.joint;
  const Header& header = joint != nullptr ? joint->header_ : source_;
  changes_.header = header_for(*options_.target, header);
  const EncodeOptions form = encoding(options_, header);
  if (options_.carried != nullptr) {
    options_.carried->form = content_form(form);
    hash_.emplace(options_.carried->form);
  }
  if (joint == nullptr) return to.open(changes_.header, form);
  refused_ = refused_ || joint->is_refused_;
  survey_.share(joint->keys_);
  is_first_ = !std::exchange(joint->is_open_, true);
  return !is_first_ || to.open(changes_.header, form);
}

// The hash of the record, which has begun, takes its events as well.
void Converter::hash(const Record& record, Payload& payload) {
  if (!hash_) return;
  Sink& hash = hash_->begin(record);
  payload.events = payload.events != nullptr ? &hashed_.emplace(*payload.events, hash) : &hash;
}

// Behind a payload that is written.
void Converter::count_hash(const Record& record) {
  if (hash_) options_.carried->sums.add(record.kind, hash_->get());
}

bool Converter::add(Reader& reader, Outlet& to, Record& record) {
  if (Joint* const joint = options_.joint) {
    joint->is_refused_ = joint->is_refused_ || refused_;
    if (record.kind != RecordKind::aux && !joint->write_functions(to)) return false;
  }
  switch (record.kind) {
    case RecordKind::entry:
      return entry(reader, to, record);
    case RecordKind::aux:
      return aux(reader, to, record);
    case RecordKind::function:
      return function(reader, to, record);
    case RecordKind::module_aux:
      return module_aux(reader, to, record);
    case RecordKind::hint:  // the writer counts itself
      return true;
    case RecordKind::slot_info:
      ++changes_.slot_hints_dropped;
      return true;
    case RecordKind::slot_import:
      ++changes_.slot_imports_dropped;
      return true;
  }
  return true;
}

bool Converter::entry(Reader& reader, Outlet& to, Record& record) {
  if (std::binary_search(left_out_.begin(), left_out_.end(), record.offset)) {
    return drop(reader, record);
  }
  if (options_.selection != nullptr && !options_.selection->takes(record)) {
    return reader.value(nullptr);
  }
  prepare(record);
  if (!carry(reader, to, record)) return false;
  if (survey_.duplicates().count != 0) refused_ = true;
  if (options_.target->version >= kHasModules) check_modules(record);
  return true;
}

bool Converter::drop(Reader& reader, const Record& record) {
  dropped_.add(record);
  Sink ignore;  // it is proven all the same
  return reader.value(&ignore);
}

// What stands before the value, as it is to be.
void Converter::prepare(Record& record) {
  if (options_.changes != nullptr && !options_.changes->apply(record)) {
    refuse("unchangeable", options_.changes->refusal(), record);
  }
  if (record.db >= options_.databases) {
    const std::string last = std::to_string(options_.databases - 1);
    refuse("database_out_of_range",
           last == "0" ? "the target has database 0 only (--map-db, --databases)"
                       : "the target has databases 0 to " + last + " only (--databases)",
           record);
  }
  if (options_.target->version < kHasEviction && (record.lifetime.idle_s || record.lifetime.freq)) {
    ++changes_.eviction_dropped;
    record.lifetime.idle_s = {};
    record.lifetime.freq = {};
  }
}

bool Converter::carry(Reader& reader, Outlet& to, const Record& record) {
  if (!Encoder::can_encode(*record.type, options_.target->version)) {
    if (!sieve_.start(record, nullptr) || !carry_value(reader, record, {})) return false;
    if (sieve_.is_left_out() || is_foreign_) return true;
    if (record.type->kind == Kind::stream) {
      lose("streams", "servers before 5.0 have no streams", record);
    } else if (record.type->kind == Kind::module) {
      lose("modules", "servers before 4.0 have no module values", record);
    }
    return true;
  }
  const uint64_t long_lengths = reader.tally()[Form::len64];
  const bool is_encoded = must_encode(record);
  Writer* const writer = to.begin(record);
  if (writer == nullptr) return false;
  const EncodeLosses losses = writer->losses();
  if (!sieve_.start(record, writer)) return false;
  Payload payload;
  if (is_encoded) payload.events = &writer->sink();
  if (!is_encoded) payload.bytes = &writer->payload();
  hash(record, payload);
  const bool ok = carry_value(reader, record, payload) && sieve_.finish();
  if (const Error& error = writer->encode_error(); !error.ok()) {
    refused_ = true;
    if (status(error.code) == Status::io)
      findings_.push_back(from_error(error));
    else
      refuse(name(error.code), words(error), record);
  }
  if (sieve_.is_left_out()) return ok;
  if (losses.expired_hashes == writer->losses().expired_hashes) count_hash(record);
  if (is_encoded) {
    ++changes_.values_encoded;
    count_losses(losses, writer->losses(), record);
  } else if (options_.target->version < kHasModules &&
             reader.tally()[Form::len64] != long_lengths) {
    refuse("long_length", "the target reads no lengths of 64 bits", record);
  }
  return ok;
}

bool Converter::carry_value(Reader& reader, const Record& record, const Payload& payload) {
  const bool ok = survey_.add(reader, record, true, sieve_.through(payload));
  if (sieve_.is_dropped_module()) ++changes_.module_data_dropped;
  if (ok && sieve_.is_dropped_empty()) {
    find("empty_dropped", "collections without an element, of which the target would make keys",
         record, 1)
        .severity = Severity::drops;
  }
  return ok;
}

bool Converter::must_encode(const Record& record) const {
  if (!holds(*options_.target, source_, *record.type)) return true;
  return record.type->kind != Kind::module && contains(options_.reencode, record.type->kind);
}

void Converter::count_losses(const EncodeLosses& was, const EncodeLosses& now,
                             const Record& record) {
  if (const uint64_t n = now.field_expiries - was.field_expiries; n != 0) {
    lose("field_expiries", "the target has no expiries of hash fields", record, n);
  }
  if (now.expired_hashes != was.expired_hashes) {
    find("expired_hashes", "all fields of the hash have expired, it is left out", record, 1)
        .severity = Severity::drops;
  }
  if (const uint64_t n = now.stream_histories - was.stream_histories; n != 0) {
    lose("stream_history",
         "servers before 7.0 do not know what a stream once held and a group has read", record, n);
  }
  if (const uint64_t n = now.stream_activities - was.stream_activities; n != 0) {
    lose("stream_activity", "servers before 7.2 do not know when a consumer was last active",
         record, n);
  }
}

// AUX fields that say where the data come from and mean the same to every server.
bool Converter::is_carried(std::string_view aux) const {
  constexpr std::string_view kCarried[] = {"redis-ver", "valkey-ver", "redis-bits", "ctime",
                                           "used-mem"};
  const unsigned version = options_.target->version;
  if (version < kHasAux) return false;
  if (aux == "lua") return version >= kHasModules && version < kHasFunctions;
  return contains(kCarried, aux) || (options_.keep_replication_id && is_replication(aux));
}

bool Converter::aux(Reader& reader, Outlet& to, const Record& record) {
  const std::string name(record.name);
  const bool carries = is_carried(name);
  if (carries && name == "lua") {  // as often as it occurs, whole
    Writer* const writer = to.begin(record);
    return writer != nullptr && survey_.add(reader, record, true, {.bytes = &writer->payload()});
  }
  if (!survey_.add(reader, record, true)) return false;
  if (carries && !is_first_) return true;  // those of the first file are written
  const AuxField* const field = survey_.find_aux(name);
  if (carries && field != nullptr && field->value.size() == field->bytes && field->count == 1) {
    std::string value = field->value;
    if (options_.changes != nullptr) options_.changes->apply_aux(name, value);
    Writer* const writer = to.begin(record);
    return writer != nullptr && writer->sink().item(Text::whole(value));
  }
  if (name == "lua") {
    ++changes_.scripts_dropped;
  } else if (changes_.aux_dropped.size() < kNamesMax && !contains(changes_.aux_dropped, name)) {
    changes_.aux_dropped.push_back(name);
  }
  return true;
}

bool Converter::function(Reader& reader, Outlet& to, const Record& record) {
  if (options_.drop_functions) {
    ++changes_.functions_dropped;
    return reader.value(nullptr);
  }
  if (options_.target->version < kHasFunctions) {
    lose("functions", "servers before 7.0 have no functions", record);
    return survey_.add(reader, record, true);
  }
  if (record.is_pre_ga) ++changes_.functions_rewritten;
  if (options_.joint != nullptr) return join(reader, to, record);
  Writer* const writer = to.begin(record);
  if (writer == nullptr) return false;
  Payload payload;
  if (!record.is_pre_ga) payload.bytes = &writer->payload();
  if (record.is_pre_ga) payload.events = &writer->sink();
  hash(record, payload);
  if (!survey_.add(reader, record, true, payload)) return false;
  count_hash(record);
  return true;
}

// What may be in another of several files, too.
bool Converter::join(Reader& reader, Outlet& to, const Record& record) {
  Joint& joint = *options_.joint;
  std::string why;
  if (record.kind == RecordKind::function) {
    if (!survey_.add(reader, record, true, {.events = &joint.begin_function(record)}) ||
        !joint.settle_function(why) || !joint.write_functions(to)) {
      return false;
    }
    if (!why.empty()) refuse("function_conflict", why, record);
    return true;
  }
  Payload payload{.bytes = &joint.begin_bytes()};
  hash(record, payload);
  const size_t before = joint.module_aux_.size();
  if (!survey_.add(reader, record, true, payload) || !joint.settle_module_aux(record, to, why)) {
    return false;
  }
  if (joint.module_aux_.size() != before) count_hash(record);
  if (!why.empty()) refuse("module_aux_conflict", why, record);
  check_modules(record);
  return true;
}

bool Converter::module_aux(Reader& reader, Outlet& to, const Record& record) {
  if (contains(options_.dropped_modules, record.module.name())) {
    ++changes_.module_data_dropped;
    return reader.value(nullptr);
  }
  if (options_.target->version < kHasModuleAux) {
    lose("modules", "servers before 5.0 have no AUX data of modules", record);
    return survey_.add(reader, record, true);
  }
  if (options_.joint != nullptr) return join(reader, to, record);
  Writer* const writer = to.begin(record);
  if (writer == nullptr) return false;
  Payload payload{.bytes = &writer->payload()};
  hash(record, payload);
  if (!survey_.add(reader, record, true, payload)) return false;
  count_hash(record);
  check_modules(record);
  return true;
}

// Modules are known by their types once a value or their AUX data have been read.
void Converter::check_modules(const Record& record) {
  if (is_foreign_) return;  // no module would help
  const auto& modules = survey_.modules();
  for (; modules_checked_ < modules.size(); ++modules_checked_) {
    const std::string& name = modules[modules_checked_].name;
    if (contains(options_.modules, name)) continue;
    refuse("module_missing",
           "the target loads data of module " + name + " only with that module (--modules " + name +
               ")",
           record);
  }
}

void Converter::refuse(std::string_view name, std::string words, const Record& record) {
  refused_ = true;
  Finding& finding = find(name, std::move(words), record, 1);
  finding.severity = Severity::refuses;
  finding.status = Status::unexpected;
}

void Converter::lose(std::string_view loss, std::string words, const Record& record,
                     uint64_t count) {
  if (!contains(options_.allowed_losses, loss)) {
    refused_ = true;
    words += " (--allow-loss " + std::string(loss) + ")";
  }
  Finding& finding = find(loss, std::move(words), record, count);
  finding.severity = Severity::drops;
  finding.status = contains(options_.allowed_losses, loss) ? Status::ok : Status::unexpected;
}

// The finding with these words, counted once more, or a new one with the place of its first.
Finding& Converter::find(std::string_view name, std::string words, const Record& record,
                         uint64_t count) {
  for (Finding& finding : findings_) {
    if (finding.words != words) continue;
    finding.count += count;
    return finding;
  }
  Finding& finding = findings_.emplace_back();
  finding.stage = Stage::format;
  finding.name = name;
  finding.words = std::move(words);
  finding.count = count;
  finding.has_place = true;
  finding.offset = record.offset;
  if (record.kind == RecordKind::entry) {
    finding.has_db = finding.has_key = true;
    finding.db = record.db;
    finding.key = record.key;
  }
  return finding;
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
  if (options_.selection != nullptr && !options_.allow_empty) find_unmatched();
}

// A selection that takes nothing is a mistake, and so is a pattern.
void Converter::find_unmatched() {
  const auto add = [this](std::string_view name, std::string words) {
    Finding& finding = findings_.emplace_back();
    finding.stage = Stage::counts;
    finding.severity = Severity::accepts;
    finding.status = Status::negative;
    finding.name = name;
    finding.words = std::move(words) + " (--allow-empty)";
    refused_ = true;
  };
  for (const NamePattern& pattern : options_.selection->patterns()) {
    if (pattern.matched != 0 || pattern.excludes) continue;
    add("pattern_unmatched",
        std::string(pattern.option) + " " + quoted(pattern.text) + " matches no key");
  }
  if (options_.selection->left_out() != 0 && survey_.keys() == 0) {
    add("nothing_selected", "no key is selected");
  }
}

}  // namespace rdb
