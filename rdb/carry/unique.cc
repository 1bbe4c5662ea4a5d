#include "rdb/carry/unique.h"

#include <algorithm>
#include <utility>

#include "rdb/base/limits.h"
#include "rdb/file/record_at.h"
#include "rdb/pass/survey.h"

namespace rdb {
namespace {

// Stops at the first element.
class FirstElement : public Sink {
 public:
  bool item(const Text&) override { return !(found = true); }
  bool member(const Text&) override { return !(found = true); }
  bool field(const Text&) override { return !(found = true); }

  bool found = false;
};

// A damaged value is not empty: whoever carries it will find out.
bool is_empty(RecordAt& entry) {
  if (!can_be_empty(entry.record.type->kind)) return false;
  FirstElement first;
  return entry.reader.value(&first) && !first.found;
}

}  // namespace

UniqueKeys::UniqueKeys(Keep keep, int64_t now_ms, size_t memory, uint64_t records_max)
    : keep_(keep),
      now_ms_(now_ms),
      records_max_(records_max),
      seen_(memory - memory / 4),
      repeated_(memory / 4) {
  seen_.list_into(repeated_);
}

bool UniqueKeys::add(Reader& reader, RandomAccess& file, Selection* selection, Changes* changes) {
  files_.push_back({.bytes = &file,
                    .header = reader.header(),
                    .from = end_,
                    .selection = selection,
                    .changes = changes,
                    .left_out = {}});
  Record record;
  while (reader.next(record)) {
    if (!takes(reader, record) || record.lifetime.is_expired(now_ms_)) continue;
    const uint64_t number = databases_.try_emplace(record.db, databases_.size()).first->second;
    if (number >= kDatabasesMax) {
      return reader.fail(Code::too_many_databases,
                         {.found = kDatabasesMax + 1, .allowed = kDatabasesMax});
    }
    if (!seen_.add(number, record.key, end_ + record.offset)) return fail(seen_.error());
  }
  end_ += reader.pos();
  return reader.finished();
}

// Whether the record is a key that is carried, and makes it what it will be.
bool UniqueKeys::takes(Reader& reader, Record& record) {
  const File& file = files_.back();
  if (record.kind == RecordKind::aux && file.changes != nullptr) {
    constexpr uint64_t kBytesMax = 64;  // of what changes look at: a time
    std::string value;
    uint64_t bytes = 0;
    if (reader.text(value, kBytesMax, bytes)) file.changes->apply_aux(record.name, value);
  }
  if (record.kind != RecordKind::entry) return false;
  if (file.selection != nullptr) {
    if (!file.selection->takes(record)) return false;
    const uint64_t from = reader.pos();
    if (!reader.value(nullptr) || !file.selection->takes_size(reader.pos() - from)) return false;
  }
  return file.changes == nullptr || file.changes->apply(record);
}

bool UniqueKeys::finish() {
  if (!seen_.finish()) return fail(seen_.error());
  if (!repeated_.finish()) return fail(repeated_.error());
  Group group;
  Duplicates::Seen seen;
  uint64_t before = 0;
  uint64_t records = 0;
  for (bool has = true;;) {
    if (!repeated_.next(seen, has)) return fail(repeated_.error());
    if (!has) break;
    if (seen.offset == std::exchange(before, seen.offset)) continue;  // listed twice
    if (++records > records_max_) {
      return fail(
          {.code = Code::too_many_duplicates, .numbers = {.found = 0, .allowed = records_max_}});
    }
    if (!settle(seen, group)) return false;
  }
  for (File& file : files_) std::sort(file.left_out.begin(), file.left_out.end());
  return true;
}

// Records whose keys have the same hash come one after the other, by their place.
bool UniqueKeys::settle(const Duplicates::Seen& seen, Group& group) {
  const bool is_first = group.first.offset == 0 || !seen.is_same_key(group.first);
  if (is_first) group = {.first = seen, .key = {}};
  std::string key;
  bool is_loaded = false;
  if (!read_again(seen, is_first ? group.key : key, is_loaded)) return false;
  if (!is_first && key != group.key) {
    const auto is_its = [&](const auto& row) { return row.second == seen.database(); };
    return fail({.code = Code::same_hash,
                 .offset = seen.offset - file_of(seen.offset).from,
                 .has_offset = true,
                 .has_key = true,
                 .db = std::find_if(databases_.begin(), databases_.end(), is_its)->first,
                 .key = key});
  }
  if (!is_loaded) return true;
  const uint64_t before = std::exchange(group.loaded_last, seen.offset);
  if (before != 0) leave_out(keep_ == Keep::first ? seen.offset : before);
  return true;
}

void UniqueKeys::leave_out(uint64_t place) {
  File& file = file_of(place);
  file.left_out.push_back(place - file.from);
}

bool UniqueKeys::read_again(const Duplicates::Seen& seen, std::string& key, bool& is_loaded) {
  const File& file = file_of(seen.offset);
  RecordAt again(*file.bytes, file.header, seen.offset - file.from);
  const bool is_entry =
      again.is_entry() && (file.changes == nullptr || file.changes->apply(again.record));
  if (!again.source.error().ok()) return fail(again.source.error());
  if (!is_entry || !seen.is_key(again.record.key)) {
    return fail({.code = Code::read_failed, .words = "it has changed meanwhile"});
  }
  key = again.record.key;
  is_loaded = !is_empty(again);
  return true;
}

UniqueKeys::File& UniqueKeys::file_of(uint64_t place) {
  const auto is_behind = [place](const File& file) { return file.from > place; };
  return *(std::find_if(files_.begin(), files_.end(), is_behind) - 1);
}

bool UniqueKeys::fail(Error error) {
  error_ = std::move(error);
  return false;
}

}  // namespace rdb
