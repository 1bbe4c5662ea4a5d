#include "rdb/show/explain.h"

#include <algorithm>

#include "rdb/base/bytes.h"
#include "rdb/file/record_at.h"
#include "rdb/show/explain_walk.h"

namespace rdb {
namespace {

// What is assumed where the header cannot be read: it reads the most.
const Header kNoHeader{.text = "", .dialect = Dialect::redis, .version = 11, .offset = 0};

Error checksum_error(const Reader& reader, RandomAccess& file) {
  const uint64_t at = reader.end() - kChecksumBytes;
  const std::string recorded = file.bytes_at(at, kChecksumBytes);
  return {
      .code = Code::checksum_mismatch,
      .offset = at,
      .numbers = {.found = load_le<uint64_t>(recorded.data()), .allowed = reader.checksum_value()},
      .has_offset = true};
}

}  // namespace

struct Explainer::Wanted {
  std::optional<uint64_t> offset;
  std::string_view key;
  std::optional<uint64_t> db;
};

Explainer::Explainer(RandomAccess& file, ReaderOptions options) : file_(file), options_(options) {
  options_.verify_checksum = false;
  options_.takes_foreign = options_.takes_strays = true;
}

bool Explainer::find(uint64_t offset, std::optional<uint64_t> db) {
  return find(Wanted{.offset = offset, .key = {}, .db = db});
}

bool Explainer::find(std::string_view key, std::optional<uint64_t> db) {
  return find(Wanted{.offset = {}, .key = key, .db = db});
}

bool Explainer::find(const Wanted& wanted) {
  RandomSource source(file_);
  Reader reader(source, options_);
  reader.reread_from(file_);
  const bool is_open = reader.open();
  header_ = is_open ? reader.header() : kNoHeader;
  wanted_ = wanted.offset.value_or(0);
  if (!is_open) return at_damage(reader, wanted, 0);
  if (wanted.offset && wanted_ < reader.pos()) return settle(What::header, 0, 0);
  uint64_t from = reader.pos();
  for (Record record; reader.next(record); from = reader.pos()) {
    const bool is_key = !wanted.offset && record.kind == RecordKind::entry &&
                        record.key == wanted.key && wanted.db.value_or(record.db) == record.db;
    if (is_key) return settle(What::record, record.offset, record.db);
    if (!reader.value(nullptr)) break;
    if (wanted.offset && wanted_ < reader.pos()) {
      return settle(What::record, wanted_ < record.offset ? from : record.offset, record.db);
    }
    // An empty blob at the end of a record has the offset of the next.
    if (wanted.offset && wanted_ == reader.pos() &&
        settle(What::record, record.offset, record.db) && !damage_.ok() &&
        damage_.offset == wanted_) {
      return true;
    }
  }
  return reader.finished() ? at_end(reader, wanted, from) : at_damage(reader, wanted, from);
}

bool Explainer::at_end(const Reader& reader, const Wanted& wanted, uint64_t from) {
  if (!wanted.offset) return true;
  tail_ = reader.tail();
  checksum_ = reader.checksum_value();
  if (wanted_ < reader.end()) {
    if (!settle(What::record, from, reader.db())) return false;
    if (reader.checksum() == Checksum::wrong) damage_ = checksum_error(reader, file_);
    return true;
  }
  what_ = What::nothing;
  if (wanted_ - reader.end() < tail_.size) return settle(What::tail, reader.end(), 0);
  return true;
}

// The record that cannot be read is the one looked for, or a guess is behind it.
bool Explainer::at_damage(const Reader& reader, const Wanted& wanted, uint64_t from) {
  const Error& error = reader.error();
  if (!wanted.offset || ends_input(error)) {
    error_ = error;
    return false;
  }
  const bool is_open = !header_.text.empty();
  const uint64_t begin = is_open ? std::max(reader.record_offset(), from) : 0;
  const bool is_foreign = status(error.code) == Status::foreign;  // which has read to the end
  const uint64_t reached = is_foreign ? error.offset : std::max(reader.pos(), error.offset);
  if (wanted_ < begin) return settle(What::record, from, reader.db());
  if (wanted_ <= reached) return settle(is_open ? What::record : What::header, begin, reader.db());
  if (wanted_ >= file_.size()) return true;
  lost_ = error;
  return settle(What::record, wanted_, wanted.db.value_or(0));
}

bool Explainer::settle(What what, uint64_t from, uint64_t db) {
  what_ = what;
  from_ = to_ = from;
  db_ = db;
  if (what == What::record) look_for_damage();
  return error_.ok();
}

// Decodes the record as everybody does.
void Explainer::look_for_damage() {
  RecordAt at(file_, header_, from_, options_);
  if (at.is_entry() && wanted_ < at.record.offset + file_.size()) {
    key_ = at.record.key;
    type_ = at.record.type;
  }
  Sink proof;
  const bool is_read = at.is_there && at.reader.value(&proof);
  end_ = is_read && at.is_entry() ? at.reader.pos() : 0;
  damage_ = at.reader.error();
  if (ends_input(damage_)) error_ = damage_;
  if (damage_.has_key) damage_.db = db_;
}

bool Explainer::explain(Annotations& to) {
  switch (what_) {
    case What::nothing:
      return true;
    case What::header:
      return explain_header(to);
    case What::tail:
      return explain_tail(to);
    case What::record:
      break;
  }
  return explain_record(to);
}

bool Explainer::explain_header(Annotations& to) {
  RandomSource source(file_);
  Reader reader(source, options_);
  if (!reader.open()) damage_ = reader.error();
  Notes notes(file_, damage_, is_all_, to);
  to_ = damage_.ok() ? reader.pos() : std::min<uint64_t>(file_.size(), 9);
  const uint64_t magic = damage_.ok() ? header_.offset : damage_.offset;
  if (magic != 0 && !notes.add(0, magic, "framing of a capture")) return false;
  const std::string words =
      damage_.ok() ? header_.text + ": RDB version " + std::to_string(header_.version) : "header";
  return notes.add(magic, std::max(to_, magic), words) && notes.tell_damage();
}

bool Explainer::explain_tail(Annotations& to) {
  constexpr std::string_view kWords[] = {"", "mark that ends a capture", "append-only commands",
                                         "bytes that servers ignore"};
  to_ = from_ + tail_.size;
  Notes notes(file_, damage_, is_all_, to);
  return notes.add(from_, to_, std::string(kWords[static_cast<size_t>(tail_.kind)]));
}

bool Explainer::explain_record(Annotations& to) {
  Notes notes(file_, damage_, is_all_, to);
  Walker walker(file_, header_, from_, notes, options_.held_max);
  if (checksum_) walker.expect(*checksum_);
  bool ok = true;
  do ok = walker.unit();
  while (ok && !walker.is_at_end() && (walker.pos() <= wanted_ || walker.pos() < end_));
  to_ = walker.pos();
  const bool is_reached = !ok || damage_.offset < to_;
  if (is_reached) (void)notes.tell_damage();
  if (!notes.is_told()) damage_ = {};
  if (!file_.error().ok()) error_ = file_.error();
  return error_.ok() && !notes.is_stopped();
}

}  // namespace rdb
