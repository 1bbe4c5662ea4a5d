#include "rdb/server/judgement.h"

#include <algorithm>
#include <utility>

#include "rdb/file/opcode.h"

namespace rdb {

Judgement::Judgement(const Loading& loading, JudgementOptions options)
    : loading_(loading),
      options_(std::move(options)),
      placement_(loading, options_.slots),
      survey_(options_.now_ms, options_.memory),
      verdict_(loading, options_.now_ms, options_.findings_max) {
  if (loading.target != nullptr && loading.target->keeps_empty()) survey_.keep_empty();
}

ReaderOptions Judgement::reader_options(ReaderOptions wanted) const {
  wanted.tolerates_flaws = options_.opens_values;
  wanted.takes_foreign = wanted.takes_strays = true;
  return wanted;
}

bool Judgement::read(Reader& reader) {
  for (Record record; reader.next(record);) {
    if (reader.append_only() == AppendOnly::preamble) keep_expired();
    if (loading_.is_cluster) placement_.add(record);
    if (!add(reader, record)) return false;
  }
  return reader.finished() && survey_.finish();
}

void Judgement::keep_expired() {
  survey_.keep_expired();
  verdict_.keep_expired();
}

bool Judgement::add(Reader& reader, const Record& record) {
  if (!options_.opens_values || !verdict_.judges(record)) {
    return survey_.add(reader, record, options_.opens_values);
  }
  const bool is_read =
      survey_.add(reader, record, true, {.events = &verdict_.start(reader, record)});
  return verdict_.judge(reader, record) && is_read;
}

const Error& Judgement::error(const Reader& reader) const {
  if (!survey_.error().ok()) return survey_.error();
  return verdict_.error().ok() ? reader.error() : verdict_.error();
}

std::vector<Finding> Judgement::findings(const Reader& reader, const Error& failed,
                                         RandomAccess* bytes) const {
  std::vector<Finding> out;
  verdict_.find(out);
  if (!failed.ok()) {
    out.push_back(from_error(failed));
    if (failed.code == Code::too_many_databases && loading_.target != nullptr) {
      out.back().status = Status::unverifiable;
      find_databases(loading_, reader, out);
    }
  }
  find_wrong_bits(reader, out);
  const bool is_damaged = status(out) == Status::damaged;
  const std::vector<Foreign> inventory = foreign_inventory(reader, survey_);
  const auto is_skipped = [this](const Foreign& foreign) {
    return foreign.is_opcode && foreign.id == kSlotInfo && loading_.target->reads_valkey;
  };
  const bool is_taken = loading_.target != nullptr && reader.finished() &&
                        reads(loading_, reader.header()) &&
                        std::all_of(inventory.begin(), inventory.end(), is_skipped);
  const bool is_open = !reader.header().text.empty();
  if (is_open && !is_damaged && !is_taken) find_foreign(reader, survey_, out);
  if (reader.finished()) find_in_whole(reader, bytes, out);
  return out;
}

// What is known once the file has been read to its end.
void Judgement::find_in_whole(const Reader& reader, RandomAccess* bytes,
                              std::vector<Finding>& out) const {
  find_pre_ga(reader, out);
  find_not_loaded(loading_, reader, survey_, out);
  find_oddities(reader, out);
  find_tail(reader, out);
  find_duplicates(survey_, out);
  if (bytes != nullptr) name_duplicate(reader, survey_, *bytes, out);
  find_drops(survey_, out);
  find_idle(survey_, out);
  find_members(survey_, loading_.target != nullptr, out);
  compare_hints(reader.header(), survey_, out);
  if (options_.expected != nullptr) compare_expectations(*options_.expected, survey_, out);
  placement_.find(out);
  if (!options_.requires_checksum || reader.checksum() == Checksum::verified) return;
  Finding& finding = out.emplace_back(from_error({.code = Code::no_checksum}));
  finding.stage = Stage::checksum;
  finding.severity = Severity::differs;
}

}  // namespace rdb
