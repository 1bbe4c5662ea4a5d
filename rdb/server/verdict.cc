#include "rdb/server/verdict.h"

#include <algorithm>
#include <utility>

#include "rdb/base/word.h"
#include "rdb/value/type_id.h"

namespace rdb {

bool Verdict::Source::item(const Text& piece) {
  if (text.size() <= Libraries::kSourceBytesMax) text += piece.data;
  return true;
}

bool Verdict::judges(const Record& record) const {
  if (record.kind == RecordKind::aux) {
    return has_scripts_ && is_same_word(record.name, "lua");
  }
  return record.kind == RecordKind::entry || record.kind == RecordKind::function;
}

Sink& Verdict::start(const Record& record) {
  source_.text.clear();
  if (record.kind != RecordKind::entry) return source_;
  audit_.start(*record.type);
  return audit_;
}

bool Verdict::judge(const Reader& reader, const Record& record) {
  if (record.kind == RecordKind::function) judge_function(record);
  if (record.kind == RecordKind::aux) judge_script(record);
  if (record.kind != RecordKind::entry) return true;
  const std::vector<Error>& flaws = reader.flaws();
  if (!audit_.finish(flaws)) return false;
  // What has expired is never read; but of the first form of streams the first entry is looked for,
  // and up to 6.0 some values take another form.
  const bool is_expired = record.lifetime.is_expired(now_ms_);
  const auto severity_of = [&](Defect defect) {
    const Severity known = severity(defect, scrutiny_);
    const bool is_met = !is_expired || known == Severity::refuses ||
                        (defect == Defect::stream_node && record.type->id == kStream) ||
                        (scrutiny_ == Scrutiny::none && audit_.is_taken_apart());
    return is_met ? known : Severity::accepts;
  };
  for (size_t i = 0; i < flaws.size(); ++i) {
    add(from_error(flaws[i]), severity_of(audit_.defect(i)));
  }
  for (const Defect defect : audit_.found()) {
    Finding out;
    out.stage = Stage::structure;
    out.name = name(defect);
    out.words = words(defect);
    out.has_place = out.has_db = out.has_key = true;
    out.offset = record.offset;
    out.db = record.db;
    out.key = record.key;
    out.type = record.type->name;
    add(std::move(out), severity_of(defect));
  }
  return true;
}

// Functions in the form of the 7.0 release candidates: find_pre_ga.
void Verdict::judge_function(const Record& record) {
  if (record.is_pre_ga) return;
  const std::string why = libraries_.add(source_.text);
  if (!why.empty()) refuse(record, "function", "function library " + why);
}

void Verdict::judge_script(const Record& record) {
  const std::string why = script_fault(source_.text);
  if (!why.empty()) refuse(record, "script", "a script in an AUX field fails to load: " + why);
}

void Verdict::refuse(const Record& record, std::string_view name, std::string words) {
  Finding out;
  out.stage = Stage::format;
  out.name = name;
  out.words = std::move(words);
  out.has_place = true;
  out.offset = record.offset;
  add(std::move(out), Severity::refuses, Status::unexpected);
}

// What a server accepts is no fault; whatever else it does to a value that was written is damage.
void Verdict::add(Finding finding, Severity severity, Status if_not_accepted) {
  const Status status = severity == Severity::accepts ? Status::ok : if_not_accepted;
  has_failure_ = has_failure_ || status != Status::ok;
  if (listed_.size() == listed_max_) {
    ++more_;
    if (severity < worst_of_more_) status_of_more_ = status;
    worst_of_more_ = std::min(worst_of_more_, severity);
    return;
  }
  finding.severity = severity;
  finding.status = status;
  listed_.push_back(std::move(finding));
}

void Verdict::find(std::vector<Finding>& findings) const {
  findings.insert(findings.end(), listed_.begin(), listed_.end());
  if (more_ == 0) return;
  Finding out;
  out.stage = Stage::structure;
  out.severity = worst_of_more_;
  out.status = status_of_more_;
  out.name = "more_findings";
  out.words = "more findings, which are not listed (--max-findings)";
  out.count = more_;
  findings.push_back(std::move(out));
}

}  // namespace rdb
