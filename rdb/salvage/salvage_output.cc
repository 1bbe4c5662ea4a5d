// How salvage puts its files together: records that are to stay, orphans apart, of the records of
// one key that a server would load the first; and the list of what is lost.
#include <utility>

#include "rdb/carry/unique.h"
#include "rdb/codec/length.h"
#include "rdb/file/opcode.h"
#include "rdb/file/record_at.h"
#include "rdb/file/writer.h"
#include "rdb/salvage/salvage.h"

namespace rdb {
namespace {

std::string select(uint64_t db) {
  char form[kLengthBytes];
  return static_cast<char>(kSelectDb) + std::string(format_length(db, form));
}

}  // namespace

// Writes all but the last `left` of the records.
bool Salvage::settle(size_t left) {
  for (; window_.size() > left; window_.pop_front()) {
    if (!write(window_.front())) return false;
  }
  return true;
}

bool Salvage::write(const Kept& kept) {
  using What = Kept::What;
  std::string why;
  if (kept.what == What::function && !judge_library(kept, why)) return false;
  if (!why.empty()) {
    return lose({.kind = Loss::Kind::function,
                 .from = kept.from,
                 .to = kept.to,
                 .words = "function library " + why});
  }
  if (kept.what == What::select) {
    end_orphans(kept.db);
    was_orphan_ = false;
  }
  const bool is_apart = kept.is_orphan && !options_.orphans_db;
  Splice& to = is_apart ? orphans_ : main_;
  if (kept.is_orphan && !was_orphan_) {
    if (is_apart) orphans_from_ = orphans_.pieces();
    last_db_ = kept.db;
    if (!to.add(select(options_.orphans_db.value_or(kept.db)))) return fail(to.error());
  }
  was_orphan_ = was_orphan_ || kept.is_orphan;
  kept.own ? to.add_own(kept.own->from, kept.own->to) : to.add(kept.from, kept.to);
  keys_ += kept.what == What::entry ? 1 : 0;
  functions_ += kept.what == What::function ? 1 : 0;
  undecided_keys_ += is_apart ? 1 : 0;
  orphan_keys_ += kept.is_orphan ? 1 : 0;
  return true;
}

// Why servers refuse the library, if they do. One that is undecided stays.
bool Salvage::judge_library(const Kept& kept, std::string& why) {
  RecordAt again(file_, header_, kept.from, options_.reader);
  std::string text;
  uint64_t size = 0;
  if (!again.is_there) return fail(again.reader.error());
  libraries_.start();
  if (again.record.is_pre_ga) libraries_.add(library_head(again.record));
  LibrarySource source(libraries_);
  if (!again.reader.text(text, 0, size, nullptr, &source)) return fail(again.reader.error());
  LibraryFault fault = libraries_.finish();
  if (fault.severity != Severity::undecided) why = std::move(fault.words);
  return true;
}

// At a SELECTDB of that number. Servers write each database once, by their numbers: between one and
// the next there is no other.
void Salvage::end_orphans(uint64_t next_db) {
  if (undecided_keys_ == 0) return;
  const bool is_next = is_ascending_ && next_db == last_db_ + 1;
  if (is_next) {
    main_.take_from(orphans_, orphans_from_);
    orphan_keys_ -= undecided_keys_;
  }
  undecided_keys_ = 0;
}

bool Salvage::finish(Splice& splice) {
  std::string end(1, static_cast<char>(kEof));
  if (header_.has_checksum()) end.append(kChecksumBytes, '\0');
  return splice.add(end) ? drop_duplicates(splice) : fail(splice.error());
}

bool Salvage::drop_duplicates(Splice& splice) {
  UniqueKeys unique(Keep::first, options_.now_ms, options_.memory, UINT64_MAX);
  RandomSource source(splice);
  Reader reader(source, options_.reader);
  reader.reread_from(splice);
  if (!reader.open() || !unique.add(reader, splice)) {
    return fail(unique.error().ok() ? reader.error() : unique.error());
  }
  if (!unique.finish()) return fail(unique.error());
  const std::vector<uint64_t>& places = unique.left_out();
  if (places.empty()) return true;
  std::vector<Splice::Range> left_out;
  RandomSource again(splice);
  Reader records(again, options_.reader);
  records.reread_from(splice);
  bool ok = records.open();
  for (Record record; ok && left_out.size() != places.size() && records.next(record);) {
    if (record.offset != places[left_out.size()] || !records.value(nullptr)) continue;
    left_out.push_back({.from = record.offset, .to = records.pos()});
    const uint64_t from = splice.origin(record.offset);
    ok = lose(Loss::Kind::duplicate, record, from, from + (records.pos() - record.offset),
              "the key is there already");
    --keys_;
    if (&splice == &orphans_) --orphan_keys_;
  }
  if (!records.error().ok()) return fail(records.error());
  splice.leave_out(left_out);
  return ok;
}

// What the record of a key has lost.
bool Salvage::lose(Loss::Kind kind, const Record& record, uint64_t from, uint64_t to,
                   std::string words) {
  return lose({.kind = kind,
               .from = from,
               .to = to,
               .has_key = true,
               .db = record.db,
               .key = record.key,
               .type = std::string(record.type->name),
               .words = std::move(words)});
}

bool Salvage::lose(Loss loss) {
  if (loss.is_lost()) bytes_lost_ += loss.to - loss.from;
  const uint64_t at = loss.from;
  if (!hold(loss.held())) return false;
  losses_.push_back(std::move(loss));
  if (bytes_lost_ <= options_.loss_max) return true;
  Error error{.code = Code::too_much_lost, .offset = at, .has_offset = true};
  error.numbers = {.found = bytes_lost_, .allowed = options_.loss_max};
  return fail(std::move(error));
}

bool Salvage::hold(uint64_t bytes) {
  return held_.add(bytes) || fail(held_.error("list of losses and databases"));
}

// The count for the database that is read; nullptr: there are too many.
uint64_t* Salvage::keys_of(std::map<uint64_t, uint64_t>& databases) {
  constexpr uint64_t kNodeHeld = 64;
  const auto [at, is_new] = databases.try_emplace(db_, 0);
  return is_new && !hold(kNodeHeld) ? nullptr : &at->second;
}

}  // namespace rdb
