#include "rdb/salvage/salvage.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/crc64.h"
#include "rdb/base/number.h"
#include "rdb/codec/length.h"
#include "rdb/file/opcode.h"
#include "rdb/file/record_at.h"
#include "rdb/file/writer.h"
#include "rdb/server/findings.h"
#include "rdb/value/tee.h"

namespace rdb {
namespace {

constexpr size_t kWindow = 4;  // records that may turn out to be misread
constexpr size_t kZeros = 6;   // two records of an empty key with an empty value

// What is assumed where the header cannot be read: it reads the most.
const Header kNoHeader{.text = "VALKEY080", .dialect = Dialect::valkey, .version = 80, .offset = 0};

// Writes behind what others have set aside.
class Append : public ByteSink {
 public:
  explicit Append(SpillSink& to) : to_(to) {}
  [[nodiscard]] bool write(std::string_view bytes) override {
    return to_.write(bytes) || fail(to_.error());
  }

 private:
  SpillSink& to_;
};

// Whether it is an AUX field between an expiry and the key of that, and so a part of its record.
bool is_within_entry(const Reader& reader, const Record& record) {
  return record.kind == RecordKind::aux && reader.is_in_entry();
}

// Whether a run of them stands in what is text otherwise.
bool has_zeros(std::string_view key) {
  constexpr std::string_view kRun("\0\0\0\0", 4);
  const auto is_text = [](char c) { return static_cast<uint8_t>(c) >= 0x20 || c == '\0'; };
  return key.find(kRun) != std::string_view::npos &&
         key.find_first_not_of('\0') != std::string_view::npos &&
         std::all_of(key.begin(), key.end(), is_text);
}

}  // namespace

std::string_view name(Loss::Kind kind) {
  constexpr std::string_view kNames[] = {
      "header", "value",    "framing",  "corrected", "repaired", "duplicate", "database",
      "module", "function", "commands", "foreign",   "expiry",   "checksum"};
  return kNames[static_cast<size_t>(kind)];
}

Salvage::Salvage(RandomAccess& file, SalvageOptions options)
    : file_(file),
      options_(std::move(options)),
      loadable_({Scrutiny::none, Scrutiny::shallow, Scrutiny::deep, Scrutiny::always,
                 scrutiny_of(options_.loading)}),
      libraries_(options_.loading),
      held_(options_.reader.held_max) {
  options_.reader.verify_checksum = options_.reader.drains = false;
  options_.reader.verify_framing = false;
  options_.reader.takes_foreign = options_.reader.takes_strays = true;
}

bool Salvage::run() {
  if (!open()) return false;
  Step step = Step::again;
  while (step == Step::again) step = scan();
  if (step == Step::failed || !settle(0)) return false;
  end_orphans(0);
  if (!finish(main_) || !finish(orphans_)) return false;
  if (!file_.error().ok()) return fail(file_.error());
  std::sort(losses_.begin(), losses_.end(), [](const Loss& a, const Loss& b) {
    return std::tie(a.from, a.to, a.kind) < std::tie(b.from, b.to, b.kind);
  });
  return true;
}

bool Salvage::open() {
  Error error;
  if (!read_header(error) || !prove(error)) return false;
  if (is_foreign(header_)) {
    return fail({.code = Code::foreign_version, .words = header_.text + " is not taken apart"});
  }
  resync_.emplace(file_, header_, options_.reader, databases_of(options_.loading));
  // What Redict calls RDB 12 is RDB 11; without its AUX fields that could not be told.
  const std::string text(header_.product == Product::redict ? kOpenHeader : header_.text);
  if (error.ok()) return main_.add(text) && orphans_.add(text);
  for (const Type& type : types()) resync_->saw(type.id);
  resync_->saw(kExpire);
  at_ = resync_->find(0);
  if (at_ == file_.size()) return fail(error);
  is_whole_ = false;
  is_orphaned_ = true;
  return lose({.kind = Loss::Kind::header, .from = 0, .to = at_, .words = words(error)}) &&
         main_.add(text) && orphans_.add(text);
}

// Of the file, or what is assumed where it cannot be read: `error` says why.
bool Salvage::read_header(Error& error) {
  RandomSource source(file_);
  Reader reader(source, options_.reader);
  const bool is_open = reader.open();
  error = reader.error();
  if (status(error.code) == Status::io || error.code == Code::empty_file) return fail(error);
  header_ = is_open ? reader.header() : kNoHeader;
  at_ = reader.pos();
  return true;
}

// Compares the checksum with the bytes: where reading ends if nothing is wrong, or at the end of
// the file.
bool Salvage::prove(Error& error) {
  RandomSource source(file_);
  Reader reader(source, options_.reader);
  Record record;
  for (bool ok = reader.open(); ok; ok = reader.next(record)) {
  }
  if (ends_input(reader.error())) return fail(reader.error());
  is_proven_ = reader.checksum() == Checksum::verified;
  if (is_proven_) return true;
  if (!prove(file_.size(), error)) return false;
  const bool is_done = is_proven_ || !reader.finished() || reader.end() == file_.size();
  return is_done || prove(reader.end(), error);
}

// The checksum may be the last of the first `size` bytes.
bool Salvage::prove(uint64_t size, Error& error) {
  if (size < header_.offset + kChecksumBytes) return true;
  const uint64_t end = size - kChecksumBytes;
  RandomSource source(file_, header_.offset, end);
  uint64_t crc = 0;
  std::string piece(kPieceBytes, '\0');
  for (size_t got = 1; got != 0; crc = crc64(crc, {piece.data(), got})) {
    if (!source.read(piece.data(), piece.size(), got)) return fail(source.error());
  }
  const std::string trailer = file_.bytes_at(end, kChecksumBytes);
  if (trailer.size() != kChecksumBytes) return fail(file_.error());
  const auto recorded = load_le<uint64_t>(trailer.data());
  is_proven_ = header_.has_checksum() && recorded == crc;
  is_changed_ = header_.has_checksum() && recorded != crc && recorded != 0;
  if (recorded == crc || recorded == 0) return true;
  const std::optional<Burst> burst = find_burst(recorded ^ crc, end - header_.offset);
  const bool is_ours = burst && (is_changed_ || burst->at < header_.text.size());
  return !is_ours || (correct(header_.offset + burst->at, burst->bytes()) && read_header(error));
}

// Puts right all that is wrong: the bytes there are to be xored with these.
bool Salvage::correct(uint64_t at, const std::string& wrong) {
  is_proven_ = true;
  is_changed_ = false;
  const std::string there = file_.bytes_at(at, wrong.size());
  std::string right = there;
  for (size_t i = 0; i < right.size(); ++i) right[i] = static_cast<char>(right[i] ^ wrong[i]);
  file_.patch(at, right);
  return lose({.kind = Loss::Kind::corrected,
               .from = at,
               .to = at + right.size(),
               .words = to_hex(there) + " stands for " + to_hex(right) +
                        ", as the checksum tells; put right"});
}

// Reads on from at_ until that is the end or has to begin anew.
Salvage::Step Salvage::scan() {
  RandomSource source(file_, is_whole_ ? 0 : at_);
  Reader reader(source, options_.reader);
  reader.reread_from(file_);
  if (!is_whole_) reader.open_at(header_, at_);
  if (is_whole_ && !reader.open()) return fail(reader.error()) ? Step::next : Step::failed;
  uint64_t selects = 0;
  for (Record record; reader.next(record);) {
    if (reader.opcodes()[kSelectDb].count != selects) {
      selects = reader.opcodes()[kSelectDb].count;
      is_ascending_ = is_ascending_ && (record.db > db_ || found_.empty());
      is_orphaned_ = false;
      db_ = record.db;
      Kept gap{.from = at_, .to = record.offset, .what = Kept::What::select, .db = db_};
      if (keep(gap) == Step::failed) return Step::failed;
    }
    const Step step = this->record(reader, record);
    if (step != Step::next) return step;
    if (!is_within_entry(reader, record)) at_ = reader.pos();
    if (!take_apart(reader)) return Step::failed;
  }
  if (!take_apart(reader)) return Step::failed;
  if (reader.finished()) return at_end(reader);
  if (!passes(reader.error())) {
    return fail(reader.error()) ? Step::next : Step::failed;
  }
  const uint64_t from = std::max(reader.record_offset(), at_);
  return lose_framing(from, resync_->find(from + 1), words(reader.error()), &reader.error());
}

// False: the file has opcodes of another product, which may belong to the keys behind them.
bool Salvage::take_apart(const Reader& reader) {
  for (const ForeignNote& note : reader.foreign()) {
    if (!note.item->is_opcode) continue;
    return fail({.code = Code::foreign_opcode,
                 .offset = note.offset,
                 .numbers = {.found = note.item->id, .allowed = header_.version},
                 .words = std::string(note.item->name) + " of " +
                          std::string(name(reader.header().product)),
                 .has_offset = true});
  }
  return true;
}

// What cannot be carried, since no server or no key would take it.
Salvage::Step Salvage::leave_out(const Reader& reader, const Record& record) {
  Loss loss{.kind = Loss::Kind::expiry, .from = record.offset, .to = reader.pos()};
  loss.has_key = record.kind == RecordKind::foreign || record.is_late;
  loss.db = db_;
  loss.key = record.key;
  loss.words = record.why;
  if (record.kind == RecordKind::foreign) {
    loss.kind = Loss::Kind::foreign;
    loss.type = record.item->name;
    loss.words = "only " + std::string(name(reader.header().product)) + " reads that type";
    ++found_[db_];
  } else if (record.is_late) {
    loss.type = record.type->name;
  }
  return lose(std::move(loss)) ? Step::next : Step::failed;
}

Salvage::Step Salvage::record(Reader& reader, Record& record) {
  Kept kept{.from = record.offset};
  Sink proof;
  switch (record.kind) {
    case RecordKind::entry:
      record.db = db_;
      if (record.offset < at_) {  // others stand between
        record.offset = at_;
        if (!lose(Loss::Kind::framing, record, at_, at_,
                  "what stands before a key, such as its expiry, is apart from it")) {
          return Step::failed;
        }
      }
      return entry(reader, record);
    case RecordKind::function:
      kept.what = Kept::What::function;
      break;
    case RecordKind::hint: {  // they are made anew
      uint64_t* const hinted = keys_of(hints_);
      if (hinted != nullptr && !is_orphaned_) *hinted += record.keys;
      return hinted != nullptr ? Step::next : Step::failed;
    }
    case RecordKind::slot_info:
    case RecordKind::slot_import:
      return Step::next;  // nor are these carried
    case RecordKind::foreign:
    case RecordKind::stray:
      return leave_out(reader, record);
    default:
      break;
  }
  if (!reader.value(&proof)) return bad_value(reader.error(), record.offset);
  kept.to = reader.pos();
  if (is_within_entry(reader, record)) return Step::next;
  if (record.kind == RecordKind::module_aux && !has_module(record.module)) {
    const bool ok = lose({.kind = Loss::Kind::module,
                          .from = kept.from,
                          .to = kept.to,
                          .words = "AUX data of module " + record.module.name()});
    return ok ? Step::next : Step::failed;
  }
  return keep(kept);
}

Salvage::Step Salvage::entry(Reader& reader, Record& record) {
  Kept kept{.from = record.offset, .what = Kept::What::entry, .db = db_};
  kept.is_orphan = is_orphaned_;
  Evidence evidence;
  const std::string_view key = record.key;
  kept.bits = resync_->weigh(reader, record, evidence, &loadable_.start(*record.type));
  if (!loadable_.error().ok()) return fail(loadable_.error()) ? Step::next : Step::failed;
  if (!reader.error().ok()) return bad_value(reader.error(), record.offset);
  kept.to = reader.pos();
  kept.is_sealed = evidence.is_sealed() || (is_whole_ && evidence.is_fluent());
  kept.value_bits = std::max(evidence.bits(), 0);
  const bool is_empty = evidence.size() == 0;
  const std::string zeros(kZeros, '\0');
  kept.may_be_zeros = is_empty || key.ends_with('\0');
  if (is_empty && kept.to - kept.from == kZeros / 2 &&
      (file_.bytes_at(kept.from, kZeros) == zeros || is_changed_)) {
    return lose_framing(kept.from, resync_->find(kept.from + 1), "zeros");
  }
  uint64_t* const found = keys_of(found_);
  if (found == nullptr) return Step::failed;
  ++*found;
  if (has_zeros(key) && !is_proven_) {
    const bool ok = lose(Loss::Kind::value, record, kept.from, kept.to, "zeros stand in the key");
    return ok ? Step::next : Step::failed;
  }
  resync_->saw(record.type->id);
  if (evidence.module().id != 0) resync_->saw(evidence.module());
  resync_->saw_bits(kept.bits);
  if (record.lifetime.idle_s) resync_->saw(kIdle);
  if (record.lifetime.freq) resync_->saw(kFreq);
  return take_value(record, evidence.module(), kept) ? keep(kept) : Step::failed;
}

// What becomes of a value that decodes; one that is not to be kept gets no extent.
bool Salvage::take_value(const Record& record, const ModuleId& module, Kept& kept) {
  Remedy remedy;
  if (!loadable_.judge(remedy)) return fail(loadable_.error());
  if (record.lifetime.idle_s == kNoLength) {
    remedy.is_sound = false;
    remedy.words += remedy.words.empty() ? "" : ", ";
    remedy.words += "an idle time that servers cannot read left out";
  }
  Loss::Kind kind = Loss::Kind::value;
  if (db_ >= databases_with_keys(options_.loading) && !is_orphaned_) {
    kind = Loss::Kind::database;
    remedy.words = "the target has databases 0 to " +
                   std::to_string(databases_with_keys(options_.loading) - 1) +
                   " only (--databases)";
  } else if (record.type->kind == Kind::module && !has_module(module)) {
    kind = Loss::Kind::module;
    remedy.words = "value of module " + module.name() + " (--modules)";
  } else if (remedy.is_sound) {
    return true;
  } else if (!find_left_out(record.offset, remedy)) {
    return false;
  } else if (remedy.is_repairable) {
    return repair(record, remedy, kept) &&
           lose(Loss::Kind::repaired, record, kept.from, kept.to, remedy.words);
  }
  return lose(kind, record, kept.from, std::exchange(kept.to, kept.from), remedy.words);
}

// The elements that the remedy wants to leave out, by reading the record there once more.
bool Salvage::find_left_out(uint64_t at, Remedy& remedy) {
  if (!remedy.leaves_out || !remedy.is_repairable) return true;
  RecordAt again(file_, header_, at, options_.reader);
  Unfit unfit;
  if (again.is_there && again.reader.value(&unfit) && unfit.finish(remedy)) return true;
  if (!again.reader.error().ok()) return fail(again.reader.error());
  if (!unfit.error().ok()) return fail(unfit.error());
  remedy.is_repairable = false;
  return true;
}

// The record with its value as the remedy wants it, behind a SELECTDB, set aside.
bool Salvage::repair(const Record& record, const Remedy& remedy, Kept& kept) {
  RecordAt again(file_, header_, record.offset, options_.reader);
  if (!again.is_there) return fail({.code = Code::read_failed, .words = "it has changed"});
  if (again.record.lifetime.idle_s == kNoLength) again.record.lifetime.idle_s.reset();
  again.record.db = is_orphaned_ ? options_.orphans_db.value_or(db_) : db_;
  const uint64_t from = own_.size();
  Append sink(own_);
  EncodeOptions encoding{.now_ms = INT64_MIN};
  encoding.has_field_expiries = header_.dialect == Dialect::valkey;
  Writer writer(sink, encoding);
  const bool is_begun = writer.begin(again.record);
  Repair repaired(writer.sink(), remedy);
  if (is_begun && again.reader.value(&repaired) && writer.flush() && copy_members(again, sink)) {
    kept.own = {.from = from, .to = own_.size()};
    return true;
  }
  for (const Error* error : {&writer.error(), &writer.encode_error(), &again.reader.error()}) {
    if (!error->ok()) return fail(*error);
  }
  return false;
}

// The expiries of members that stand behind a value that has been read.
bool Salvage::copy_members(const RecordAt& of, ByteSink& to) {
  uint64_t left = of.record.members != nullptr ? of.record.members->bytes() : 0;
  while (left != 0) {
    const uint64_t at = of.reader.pos() - left;
    const std::string piece = file_.bytes_at(at, std::min<uint64_t>(left, kPieceBytes));
    if (piece.empty()) return fail(file_.error());
    if (!to.write(piece)) return fail(to.error());
    left -= piece.size();
  }
  return true;
}

// A value that does not decode.
Salvage::Step Salvage::bad_value(const Error& error, uint64_t from) {
  if (!passes(error)) return fail(error) ? Step::next : Step::failed;
  RecordAt again(file_, header_, from, options_.reader);
  const bool is_framed = again.is_there && again.reader.value(nullptr);
  const uint64_t to = again.reader.pos();
  if (!is_framed || !(is_proven_ || resync_->follow(to, Resync::kConvincing).is_convincing())) {
    return lose_framing(from, resync_->find(from + 1), words(error), &error);
  }
  if (again.is_entry()) ++found_[db_];
  Loss loss{.from = from,
            .to = to,
            .has_key = error.has_key,
            .db = db_,
            .key = error.key,
            .type = error.type,
            .words = words(error)};
  at_ = to;
  is_whole_ = false;
  return lose(std::move(loss)) ? Step::again : Step::failed;
}

// At an end mark, which is the right one if the file ends there, too.
Salvage::Step Salvage::at_end(const Reader& reader) {
  const uint64_t end = reader.end();
  const Tail& tail = reader.tail();
  const bool is_verified = is_whole_ && reader.checksum() == Checksum::verified;
  const bool is_known_tail = tail.kind == Tail::Kind::eof_mark || tail.kind == Tail::Kind::commands;
  if (tail.size != 0 && !is_verified && !is_known_tail) {
    const uint64_t mark = end - (1 + (header_.has_checksum() ? kChecksumBytes : 0));
    const uint64_t next = resync_->find(mark + 1);
    if (next < file_.size()) return lose_framing(mark, next, "an end mark that is none");
    const std::string why = "behind an end mark, and no records are found in them";
    if (!lose({.kind = Loss::Kind::framing, .from = end, .to = file_.size(), .words = why})) {
      return Step::failed;
    }
  }
  bool ok = reader.framing_error().ok() || lose({.kind = Loss::Kind::framing,
                                                 .from = end,
                                                 .to = end,
                                                 .words = words(reader.framing_error())});
  if (tail.kind == Tail::Kind::commands) {
    ok = ok && lose({.kind = Loss::Kind::commands,
                     .from = tail.offset,
                     .to = file_.size(),
                     .words = "append-only commands, which are not carried"});
  }
  if (is_whole_ && reader.checksum() == Checksum::wrong) {
    ok = ok && lose({.kind = Loss::Kind::checksum,
                     .from = header_.offset,
                     .to = end,
                     .words = "the checksum is that of other bytes: what is read is not proven"});
  }
  return ok ? Step::end : Step::failed;
}

Salvage::Step Salvage::keep(const Kept& kept) {
  if (kept.to > kept.from) window_.push_back(kept);
  return settle(kWindow) ? Step::next : Step::failed;
}

bool Salvage::has_module(const ModuleId& id) const {
  const auto& names = options_.loading.modules;
  return std::find(names.begin(), names.end(), id.name()) != names.end();
}

// Returns whether salvage goes on after what cannot be read, and remembers the first limit.
bool Salvage::passes(const Error& error) {
  if (error.code == Code::too_large && limit_.ok()) limit_ = error;
  return !ends_input(error);
}

bool Salvage::fail(Error error) {
  if (error_.ok()) error_ = std::move(error);
  return false;
}

}  // namespace rdb
