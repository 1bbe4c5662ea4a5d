#include "rdb/server/verdict.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rdb/base/word.h"
#include "rdb/server/release.h"
#include "rdb/value/type_id.h"

namespace rdb {
namespace {

// What makes releases of one target differ in what they do because of the defect.
std::optional<Patch> patch_of(Defect defect) {
  if (defect == Defect::pending_shared) return Patch::shared_pending;
  if (defect == Defect::nan) return Patch::nan_scores;
  return {};
}

}  // namespace

bool Verdict::judges(const Record& record) const {
  if (record.kind == RecordKind::aux) {
    return has_scripts_ && is_same_word(record.name, "lua");
  }
  return record.kind == RecordKind::entry || record.kind == RecordKind::function;
}

Sink& Verdict::start(const Reader& reader, const Record& record) {
  if (record.kind != RecordKind::entry) {
    libraries_.start();
    return source_;
  }
  audit_.start(*record.type, &reader.flaws());
  return audit_;
}

bool Verdict::judge(const Reader& reader, const Record& record, bool is_rewritten) {
  is_rewritten_ = is_rewritten;
  if (record.kind == RecordKind::function) judge_function(record);
  if (record.kind == RecordKind::aux) judge_script(record);
  if (record.kind != RecordKind::entry) return true;
  const std::vector<Error>& flaws = reader.flaws();
  if (!audit_.finish(flaws)) return false;
  for (size_t i = 0; i < flaws.size(); ++i) {
    add_value(from_error(flaws[i]), outcome(audit_.defect(i), record).severity, true);
  }
  for (const Defect defect : audit_.found()) {
    Outcome does = outcome(defect, record);
    Finding out;
    out.stage = Stage::structure;
    out.name = name(defect);
    out.words = std::string(words(defect)) + does.since;
    out.has_place = out.has_db = out.has_key = true;
    out.offset = record.offset;
    out.db = record.db;
    out.key = record.key;
    out.type = record.type->name;
    // 9.1 may read such a score as another number.
    const bool is_score = defect == Defect::score_text_long || defect == Defect::score_text_told ||
                          defect == Defect::score_text;
    const bool is_unknown =
        defect == Defect::stream_nodes_unsorted || (is_score && scrutiny_ == Scrutiny::always);
    add_value(std::move(out), does.severity, is_unknown);
  }
  return true;
}

void Verdict::add_value(Finding finding, Severity severity, bool is_unknown) {
  if (refuses_unknown_ && is_unknown && severity == Severity::accepts) {
    finding.words += "; servers load it, but what the value then holds is not known";
    severity = Severity::refuses;
  }
  add(std::move(finding), severity);
}

// What has expired is never read; but what is written in another form is looked at in that, and up
// to 6.0 some values take another form as they are loaded.
bool Verdict::is_met(Severity severity, const Record& record) const {
  return is_rewritten_ || !record.lifetime.is_expired(now_ms_) || severity == Severity::refuses ||
         (scrutiny_ == Scrutiny::none && audit_.is_taken_apart());
}

Verdict::Outcome Verdict::outcome(Defect defect, const Record& record) {
  const Severity known = severity(defect, scrutiny_);
  Outcome out;
  if (is_met(known, record)) out.severity = known;
  if (defect == Defect::score_exponent && takes_bare_exponent(loading_.release)) {
    out.severity = Severity::accepts;
  }
  if (loading_.target == nullptr || out.severity == Severity::refuses) return out;
  const Target& target = *loading_.target;
  if (const std::optional<Patch> patch = patch_of(defect)) {
    const HasPatch is = has_patch(target, loading_.release, *patch);
    if (is == HasPatch::unsaid) {
      out.since = "; refused since " + patched_since(target, *patch) + ", older releases load it" +
                  (out.severity == Severity::accepts ? "" : " and break");
    }
    if (is != HasPatch::no) out.severity = Severity::refuses;
  }
  const bool is_later =
      has_patch(target, loading_.release, Patch::full_validation) == HasPatch::unsaid;
  if (is_later && out.severity == Severity::accepts &&
      severity(defect, Scrutiny::always) == Severity::refuses) {
    refused_later_.add(record);
  }
  return out;
}

// Functions in the form of the 7.0 release candidates: find_pre_ga.
void Verdict::judge_function(const Record& record) {
  if (record.is_pre_ga) return;
  const LibraryFault fault = libraries_.finish();
  if (!fault.empty()) {
    add_source(record, fault.severity, "function", "function library " + fault.words);
  }
}

void Verdict::judge_script(const Record& record) {
  const LibraryFault fault = libraries_.finish_script();
  if (!fault.empty()) {
    add_source(record, fault.severity, "script", "a script in an AUX field " + fault.words);
  }
}

void Verdict::add_source(const Record& record, Severity severity, std::string_view name,
                         std::string words) {
  Finding out;
  out.stage = Stage::format;
  out.name = name;
  out.words = std::move(words);
  out.has_place = true;
  out.offset = record.offset;
  add(std::move(out), severity, Status::unexpected);
}

// What a server accepts is no fault; whatever else it does to a value that was written is damage.
void Verdict::add(Finding finding, Severity severity, Status if_not_accepted) {
  Status status = severity == Severity::accepts ? Status::ok : if_not_accepted;
  if (severity == Severity::undecided) status = Status::unverifiable;
  has_failure_ = has_failure_ || (status != Status::ok && status != Status::unverifiable);
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
  if (refused_later_.count != 0) {
    Finding& out = findings.emplace_back();
    out.stage = Stage::structure;
    out.name = "refused_later";
    out.words = std::string(loading_.target->name) + " refuses this value since " +
                patched_since(*loading_.target, Patch::full_validation) +
                ", which looks at every element whatever sanitize-dump-payload says";
    out.has_place = out.has_db = out.has_key = true;
    out.offset = refused_later_.first.offset;
    out.db = refused_later_.first.db;
    out.key = refused_later_.first.key;
    out.count = refused_later_.count;
  }
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
