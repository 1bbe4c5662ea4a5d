#include "rdb/server/placement.h"

#include <string>
#include <utility>

namespace rdb {
namespace {

void add_sighting(std::vector<Finding>& findings, const Sighting& what, Severity severity,
                  std::string name, std::string words) {
  if (what.count == 0) return;
  Finding& finding = findings.emplace_back();
  finding.stage = Stage::counts;
  finding.severity = severity;
  finding.status = Status::unexpected;
  finding.name = std::move(name);
  finding.words = std::move(words);
  finding.has_place = finding.has_db = finding.has_key = true;
  finding.offset = what.first.offset;
  finding.db = what.first.db;
  finding.key = what.first.key;
  finding.count = what.count;
}

}  // namespace

void Placement::add(const Record& record) {
  if (record.kind != RecordKind::entry) return;
  if (record.db != 0) other_databases_.add(record);
  if (slots_ && !slots_->has(key_slot(record.key))) other_slots_.add(record);
}

void Placement::find(std::vector<Finding>& findings) const {
  add_sighting(findings, other_databases_, Severity::refuses, "cluster_database",
               "the key is not in database 0, the only one of a cluster");
  if (other_slots_.count == 0) return;
  add_sighting(findings, other_slots_, Severity::drops, "cluster_slot",
               "the key is in slot " + std::to_string(key_slot(other_slots_.first.key)) +
                   ", which is not among those of the node");
}

}  // namespace rdb
