#include "rdb/carry/convert.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rdb/base/word.h"
#include "rdb/file/opcode.h"

namespace rdb {
namespace {

constexpr size_t kNamesMax = 64;  // of dropped AUX fields, listed

// Binds the target's server to the replication history of the source's.
bool is_replication(std::string_view name) {
  return name == "repl-stream-db" || name == "repl-id" || name == "repl-offset";
}

// True for the AUX field that says that the file is part of an append-only one.
bool is_of_append_only(const Reader& reader, std::string_view name) {
  const bool is_part =
      reader.append_only() != AppendOnly::unsaid && reader.append_only() != AppendOnly::no;
  return is_part && (is_same_word(name, "aof-base") || is_same_word(name, "aof-preamble"));
}

template <typename List, typename T>
bool contains(const List& list, const T& what) {
  return std::find(std::begin(list), std::end(list), what) != std::end(list);
}

// `can_patch`: the header may become another once a value needs it, a hash of KeyDB whose fields
// expire.
EncodeOptions encoding(const ConvertOptions& options, const Header& header, bool can_patch) {
  EncodeOptions out = encoding_for(*options.loading.target, header);
  out.compress = options.compress;
  out.now_ms = options.now_ms;
  out.raises_header = can_patch && options.loading.target->reads_valkey && !out.has_field_expiries;
  out.has_field_expiries = out.has_field_expiries || out.raises_header;
  return out;
}

}  // namespace

Converter::Converter(ConvertOptions options)
    : options_(std::move(options)),
      survey_(options_.keeps_expired ? kNeverExpired : options_.now_ms, options_.memory),
      verdict_(options_.loading, survey_.now_ms(), options_.findings_max) {
  if (options_.refuses_unknown) verdict_.refuse_unknown();
}

bool Converter::run(Reader& reader, Outlet& to, bool stop_at_refusal) {
  source_ = reader.header();
  to.shut_while(options_.joint != nullptr ? options_.joint->is_refused_ : refused_);
  changes_.hints_dropped = !to.can_patch() && options_.loading.target->version >= kHasAux;
  refused_ = is_foreign_ = is_foreign(source_);
  if (file_ != nullptr) mender_.emplace(*file_, source_, options_.loading);
  bool ok = open(to);
  Record record;
  while (ok && !(refused_ && stop_at_refusal) && reader.next(record)) {
    if (!reader.foreign().empty()) refused_ = is_foreign_ = true;
    ok = add(reader, to, record);
  }
  if (!reader.foreign().empty()) refused_ = is_foreign_ = true;
  verdict_.find(findings_);
  accept_undecided(findings_);
  if (!reader.error().ok()) {
    findings_.push_back(from_error(reader.error()));
  } else if (reader.finished() && survey_.finish()) {
    conclude(reader);
    ok = ok && (options_.joint != nullptr || to.finish());
    if (ok && !to.header().empty()) changes_.header = to.header();
  }
  if (!error().ok()) findings_.push_back(from_error(error()));
  if (to.is_raised()) changes_.header = kRaisedHeader;
  write_error_ = to.error();
  bytes_written_ = to.bytes();
  keys_written_ = to.keys();
  find_foreign(reader, survey_, findings_);
  ok = ok && reader.finished() && status(findings_) == Status::ok;
  if (options_.joint != nullptr && !ok) options_.joint->is_refused_ = true;
  return ok;
}

const Error& Converter::error() const {
  if (!survey_.error().ok()) return survey_.error();
  return mender_ && !mender_->error().ok() ? mender_->error() : verdict_.error();
}

// Of several files the first to be read opens the output, with the header of all.
bool Converter::open(Outlet& to) {
  Joint* const joint = options_.joint;
  const Header& header = joint != nullptr ? joint->header_ : source_;
  changes_.header = header_for(*options_.loading.target, header);
  const EncodeOptions form = encoding(options_, header, to.can_patch());
  if (options_.carried != nullptr) {
    options_.carried->form = content_form(form);
    hash_.emplace(options_.carried->form);
  }
  if (joint == nullptr) return to.open(form);
  refused_ = refused_ || joint->is_refused_;
  survey_.share(joint->keys_);
  is_first_ = !std::exchange(joint->is_open_, true);
  return !is_first_ || to.open(form);
}

// The hash of the record, which has begun, takes its events as well.
void Converter::hash(const Record& record, Payload& payload) {
  if (!hash_) return;
  Sink& hash = hash_->begin(record);
  payload.events = payload.events != nullptr ? &hashed_.emplace(*payload.events, hash) : &hash;
}

// So does the verdict.
void Converter::watch(const Reader& reader, const Record& record, Payload& payload) {
  Sink& verdict = verdict_.start(reader, record);
  payload.events =
      payload.events != nullptr ? &judged_.emplace(verdict, *payload.events) : &verdict;
}

// Behind a payload that is written.
void Converter::count_hash(const Record& record) {
  if (hash_) options_.carried->sums.add(record.kind, hash_->get());
}

bool Converter::add(Reader& reader, Outlet& to, Record& record) {
  if (Joint* const joint = options_.joint) {
    joint->is_refused_ = refused_ = joint->is_refused_ || refused_;
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
    case RecordKind::foreign:
      return survey_.add(reader, record, true);
    case RecordKind::stray:
      return stray(reader, record);
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
  if (!take_members(reader, record)) return prove(reader);
  const bool is_damaged = std::binary_search(damaged_.begin(), damaged_.end(), record.offset);
  if (!(is_damaged ? mend(reader, to, record) : carry(reader, to, record, nullptr))) return false;
  if (survey_.duplicates().count != 0) refused_ = true;
  if (options_.loading.target->version >= kHasModules) check_modules(record);
  return true;
}

bool Converter::drop(Reader& reader, const Record& record) {
  dropped_.add(record);
  return prove(reader);
}

// Reads what is left out all the same.
bool Converter::prove(Reader& reader) {
  Sink ignore;
  return reader.value(&ignore);
}

// What stands before the value, as it is to be.
void Converter::prepare(Record& record) {
  if (options_.changes != nullptr && !options_.changes->apply(record)) {
    refuse("unchangeable", options_.changes->refusal(), record);
  }
  if (const uint64_t databases = databases_with_keys(options_.loading); record.db >= databases) {
    const std::string last = std::to_string(databases - 1);
    refuse("database_out_of_range",
           last == "0" ? "the target has database 0 only (--map-db, --databases)"
                       : "the target has databases 0 to " + last + " only (--databases)",
           record);
  }
  if (record.lifetime.idle_s == kNoLength && options_.loading.target->version >= kHasEviction) {
    refuse("no_length", "an idle time of 2^64-1 seconds, which servers cannot read", record);
  }
  if (options_.loading.target->version < kHasEviction &&
      (record.lifetime.idle_s || record.lifetime.freq)) {
    ++changes_.eviction_dropped;
    record.lifetime.idle_s = {};
    record.lifetime.freq = {};
  }
}

// An entry whose value fails the verdict, where that may be lost.
bool Converter::mend(Reader& reader, Outlet& to, const Record& record) {
  Remedy remedy;
  if (!mender_->look(record.offset, remedy)) return false;
  if (remedy.is_lossless(record.type->kind)) {
    ++changes_.values_repaired;
    return carry(reader, to, record, &remedy);
  }
  lose_damaged(record, std::move(remedy.words));
  return reader.value(nullptr);
}

// With `remedy` the value is written as that says.
bool Converter::carry(Reader& reader, Outlet& to, const Record& record, const Remedy* remedy) {
  if (!Encoder::can_encode(*record.type, options_.loading.target->version)) {
    if (!sieve_.start(reader, record, nullptr) || !carry_value(reader, record, {})) return false;
    if (sieve_.is_left_out() || is_foreign_) return true;
    if (record.type->kind == Kind::stream) {
      lose("streams", "servers before 5.0 have no streams", record);
    } else if (record.type->kind == Kind::module) {
      lose("modules", "servers before 4.0 have no module values", record);
    }
    return true;
  }
  const bool has_members = record.members != nullptr || !without_expired_.left_out.empty();
  const bool is_encoded = remedy != nullptr || must_encode(record) || has_members;
  Writer* const writer = to.begin(record);
  if (writer == nullptr) return false;
  const EncodeLosses losses = writer->losses();
  const bool ok = take(reader, record, *writer, is_encoded, remedy);
  if (sieve_.is_left_out() || !reader.flaws().empty()) return ok;
  count_members(record);
  if (losses.expired_hashes == writer->losses().expired_hashes) count_hash(record);
  if (!is_encoded) return ok;
  ++changes_.values_encoded;
  count_losses(losses, writer->losses(), record);
  return ok;
}

// Hands the value, whose writer has begun, to all that want it.
bool Converter::take(Reader& reader, const Record& record, Writer& writer, bool is_encoded,
                     const Remedy* remedy) {
  if (!sieve_.start(reader, record, &writer)) return false;
  Payload payload;
  std::optional<Repair> repair;
  if (is_encoded) payload.events = &writer.sink();
  if (!is_encoded) payload.bytes = &writer.payload();
  through_members(record, payload);
  hash(record, payload);
  without_members(payload);
  if (remedy != nullptr) payload.events = &repair.emplace(*payload.events, *remedy);
  if (remedy == nullptr) watch(reader, record, payload);
  const uint64_t long_lengths = reader.tally()[Form::len64];
  const uint64_t empty_lzf = reader.tally()[Odd::empty_lzf].count;
  const bool ok = carry_value(reader, record, payload) && sieve_.finish();
  if (sieve_.is_left_out()) return ok;
  if (remedy == nullptr && !judge(reader, record, writer, is_encoded)) return false;
  if (const Error& error = writer.encode_error(); !error.ok()) {
    refused_ = true;
    if (status(error.code) == Status::io)
      findings_.push_back(from_error(error));
    else
      refuse(name(error.code), words(error), record);
  }
  if (ok && !is_encoded) check_forms(reader, record, long_lengths, empty_lzf);
  return ok;
}

// Judges the value that has been read.
bool Converter::judge(const Reader& reader, const Record& record, Writer& writer, bool is_encoded) {
  if (!verdict_.judge(reader, record, is_encoded)) return false;
  refused_ = refused_ || verdict_.has_failure();
  if (!reader.flaws().empty()) writer.trim();  // it has got a part of the value
  return true;
}

// Forms in which a value that is copied may be, and which older targets do not read.
void Converter::check_forms(const Reader& reader, const Record& record, uint64_t long_lengths,
                            uint64_t empty_lzf) {
  const Target& target = *options_.loading.target;
  if (target.version < kHasModules && reader.tally()[Form::len64] != long_lengths) {
    refuse("long_length", "the target reads no lengths of 64 bits", record);
  }
  if (!target.is_hardened() && reader.tally()[Odd::empty_lzf].count != empty_lzf) {
    refuse("empty_lzf", "a compressed string without a byte, which the target takes for a bad one",
           record);
  }
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
  if (!holds(*options_.loading.target, source_, *record.type)) return true;
  return record.type->kind != Kind::module && contains(options_.reencode, record.type->kind);
}

void Converter::count_losses(const EncodeLosses& was, const EncodeLosses& now,
                             const Record& record) {
  if (const uint64_t n = now.field_expiries - was.field_expiries; n != 0) {
    lose("field_expiries",
         options_.loading.target->reads_valkey
             ? "fields of a hash of KeyDB expire, and the header of a pipe or a wrapper cannot be "
               "changed to VALKEY080, which that needs; a file's can"
             : "the target has no expiries of hash fields",
         record, n);
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
  const unsigned version = options_.loading.target->version;
  if (version < kHasAux) return false;
  if (aux == "lua") return version >= kHasModules && version < kHasFunctions;
  return contains(kCarried, aux) || (options_.keep_replication_id && is_replication(aux));
}

bool Converter::aux(Reader& reader, Outlet& to, const Record& record) {
  const std::string name(record.name);
  const bool carries = is_carried(name);
  if (carries && name == "lua") {  // as often as it occurs, whole
    Writer* const writer = to.begin(record);
    if (writer == nullptr) return false;
    Payload payload{.bytes = &writer->payload()};
    watch(reader, record, payload);
    return survey_.add(reader, record, true, payload) && judge(reader, record, *writer, false);
  }
  if (!survey_.add(reader, record, true)) return false;
  if (options_.carries_commands && is_of_append_only(reader, name)) {
    Record base = record;
    base.name = "aof-base";
    Writer* const writer = to.begin(base);
    return writer != nullptr && writer->sink().item(Text::whole("1"));
  }
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
  if (options_.loading.target->version < kHasFunctions) {
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
  watch(reader, record, payload);
  // What is judged is what is written, the first line included.
  Record written = record;
  written.is_pre_ga = false;
  if (record.is_pre_ga)
    (void)verdict_.start(reader, record).item(Text::whole(library_head(record)));
  if (!survey_.add(reader, record, true, payload)) return false;
  count_hash(record);
  return judge(reader, written, *writer, false);
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
  if (options_.loading.target->version < kHasModuleAux) {
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
    if (contains(options_.loading.modules, name)) continue;
    refuse("module_missing",
           "the target loads data of module " + name + " only with that module (--modules " + name +
               ")",
           record);
  }
}

}  // namespace rdb
