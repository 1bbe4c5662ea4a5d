// How salvage puts its files together: records that are to stay, orphans apart, of the records of
// one key that a server would load the first.
#include <algorithm>
#include <map>
#include <utility>

#include "rdb/codec/length.h"
#include "rdb/file/opcode.h"
#include "rdb/file/writer.h"
#include "rdb/stage/salvage.h"
#include "rdb/stage/survey.h"

namespace rdb {
namespace {

std::string select(uint64_t db) {
  char form[kLengthBytes];
  return static_cast<char>(kSelectDb) + std::string(format_length(db, form));
}

// Stops at the first element.
class FirstElement : public Sink {
 public:
  bool item(const Text&) override { return !(found = true); }
  bool member(const Text&) override { return !(found = true); }
  bool field(const Text&) override { return !(found = true); }

  bool found = false;
};

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

// Why servers refuse the library.
bool Salvage::judge_library(const Kept& kept, std::string& why) {
  RandomSource source(file_, kept.from);
  Reader reader(source, options_.reader);
  reader.open_at(header_, kept.from);
  Record record;
  std::string text;
  uint64_t size = 0;
  if (!reader.next(record)) return fail(reader.error());
  const std::string head = record.is_pre_ga ? library_head(record) : "";
  if (!reader.text(text, Libraries::kSourceBytesMax + 1, size)) return fail(reader.error());
  why = libraries_.add(head + text);
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
  if (header_.version >= 5) end.append(8, '\0');
  return splice.add(end) ? drop_duplicates(splice) : fail(splice.error());
}

bool Salvage::drop_duplicates(Splice& splice) {
  const size_t listed_max = options_.memory / 4 / sizeof(Duplicates::Seen);
  Duplicates seen(options_.memory - options_.memory / 4, Spill::default_directory(), listed_max);
  std::map<uint64_t, uint64_t> databases;  // with the number of those before
  splice.seek(0);
  Reader reader(splice, options_.reader);
  if (!reader.open()) return fail(reader.error());
  for (Record record; reader.next(record);) {
    if (record.kind != RecordKind::entry || record.lifetime.is_expired(options_.now_ms)) continue;
    const uint64_t number = databases.try_emplace(record.db, databases.size()).first->second;
    if (number >= kDatabasesMax) {
      return fail({.code = Code::too_many_databases,
                   .numbers = {.found = kDatabasesMax + 1, .allowed = kDatabasesMax}});
    }
    if (!seen.add(number, record.key, record.offset)) return fail(seen.error());
  }
  if (!reader.finished()) return fail(reader.error());
  if (!seen.finish()) return fail(seen.error());
  if (seen.is_list_full()) {
    return fail({.code = Code::too_many_duplicates, .numbers = {.allowed = listed_max}});
  }
  std::vector<Splice::Range> left_out;
  std::optional<uint64_t> first;  // place of the record that stays
  const std::vector<Duplicates::Seen>& all = seen.listed();
  for (size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || !all[i].is_same_key(all[i - 1])) first.reset();
    const auto is_its = [&](const auto& row) { return row.second == all[i].database(); };
    const uint64_t db = std::find_if(databases.begin(), databases.end(), is_its)->first;
    if (!drop_duplicate(splice, all[i].offset, db, first, left_out)) return false;
  }
  std::sort(left_out.begin(), left_out.end(),
            [](const auto& a, const auto& b) { return a.from < b.from; });
  splice.leave_out(left_out);
  return true;
}

// One record of a key that occurs more than once: it stays if it is the first, or not loaded.
bool Salvage::drop_duplicate(Splice& splice, uint64_t offset, uint64_t db,
                             std::optional<uint64_t>& first, std::vector<Splice::Range>& left_out) {
  FirstElement element;
  for (Sink* sink : {static_cast<Sink*>(&element), static_cast<Sink*>(nullptr)}) {
    splice.seek(offset);
    Reader reader(splice, options_.reader);
    reader.open_at(header_, offset);
    Record record;
    if (!reader.next(record)) return fail(reader.error());
    const bool is_read = reader.value(sink);
    if (sink != nullptr) {
      if (can_be_empty(record.type->kind) && !element.found) return true;
      if (first) continue;
      first = splice.origin(offset);
      return true;
    }
    if (!is_read) return fail(reader.error());
    left_out.push_back({.from = offset, .to = reader.pos()});
    Loss loss{.kind = Loss::Kind::duplicate, .from = splice.origin(offset), .has_key = true};
    loss.to = loss.from + (reader.pos() - offset);
    loss.db = db;
    loss.key = record.key;
    loss.type = record.type->name;
    loss.words = "the key is at byte " + std::to_string(*first) + " already";
    --keys_;
    if (&splice == &orphans_) --orphan_keys_;
    if (!lose(std::move(loss))) return false;
  }
  return true;
}

}  // namespace rdb
