#include "rdb/carry/damaged.h"

#include "rdb/file/record_at.h"
#include "rdb/server/verdict.h"

namespace rdb {

bool DamagedValues::add(Reader& reader, Selection* selection, Changes* changes) {
  Verdict verdict(loading_, now_ms_, 0);
  verdict.refuse_unknown();
  for (Record record; reader.next(record);) {
    if (record.kind != RecordKind::entry) continue;
    if (selection != nullptr && !selection->takes(record)) continue;
    if (changes != nullptr) (void)changes->apply(record);  // a refusal is met again
    verdict.forget();
    if (!reader.value(&verdict.start(reader, record))) break;
    if (!verdict.judge(reader, record, true)) {
      error_ = verdict.error();
      return false;
    }
    if (!verdict.has_failure()) continue;
    if (offsets_.size() == listed_max_) {
      error_ = {.code = Code::too_many_damaged};
      error_.numbers.allowed = listed_max_;
      return false;
    }
    offsets_.push_back(record.offset);
  }
  if (status(reader.error().code) == Status::io) error_ = reader.error();
  return error_.ok();
}

bool Mender::look(uint64_t offset, Remedy& remedy) {
  constexpr ReaderOptions kTolerant{.tolerates_flaws = true};
  RecordAt seen(file_, header_, offset, kTolerant);
  if (!seen.is_entry()) {
    error_ = {.code = Code::read_failed, .words = "it has changed"};
    return false;
  }
  const bool is_read = seen.reader.value(&loadable_.start(*seen.record.type));
  if (is_read && !seen.reader.flaws().empty()) {
    remedy = {.is_sound = false, .is_repairable = false};
    remedy.words = words(seen.reader.flaws().front());
    return true;
  }
  if (!is_read || !loadable_.judge(remedy)) {
    error_ = is_read ? loadable_.error() : seen.reader.error();
    return false;
  }
  if (remedy.is_sound) {
    remedy.is_repairable = false;
    remedy.words = "what the value holds once a server has loaded it is not known";
  }
  if (!remedy.is_lossless(seen.record.type->kind) || !remedy.leaves_out) return true;
  RecordAt again(file_, header_, offset, kTolerant);
  Unfit unfit;
  if (again.is_there && again.reader.value(&unfit) && unfit.finish(remedy)) return true;
  if (!again.reader.error().ok()) error_ = again.reader.error();
  if (!unfit.error().ok()) error_ = unfit.error();
  remedy.is_repairable = false;
  return error_.ok();
}

}  // namespace rdb
