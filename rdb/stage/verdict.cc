#include "rdb/stage/verdict.h"

#include <algorithm>

namespace rdb {
namespace {

// What a server accepts is no fault; whatever else it does to a value that was written is damage.
Status status_of(Severity severity) {
  return severity == Severity::accepts ? Status::ok : Status::damaged;
}

}  // namespace

Sink& Verdict::start(const Record& record) {
  audit_.start(*record.type);
  return audit_;
}

bool Verdict::judge(const Reader& reader, const Record& record) {
  const std::vector<Error>& flaws = reader.flaws();
  if (!audit_.finish(flaws)) return false;
  for (size_t i = 0; i < flaws.size(); ++i) {
    add(from_error(flaws[i]), severity(audit_.defect(i), scrutiny_));
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
    add(std::move(out), severity(defect, scrutiny_));
  }
  return true;
}

void Verdict::add(Finding finding, Severity severity) {
  if (listed_.size() == listed_max_) {
    ++more_;
    worst_of_more_ = std::min(worst_of_more_, severity);
    return;
  }
  finding.severity = severity;
  finding.status = status_of(severity);
  listed_.push_back(std::move(finding));
}

void Verdict::find(std::vector<Finding>& findings) const {
  findings.insert(findings.end(), listed_.begin(), listed_.end());
  if (more_ == 0) return;
  Finding out;
  out.stage = Stage::structure;
  out.severity = worst_of_more_;
  out.status = status_of(worst_of_more_);
  out.name = "more_findings";
  out.words = "more findings, which are not listed (--max-findings)";
  out.count = more_;
  findings.push_back(std::move(out));
}

}  // namespace rdb
