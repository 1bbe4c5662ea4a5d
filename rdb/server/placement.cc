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
  if (record.db >= databases_) other_databases_.add(record);
  if (!slots_) return;
  const unsigned slot = key_slot(record.key);
  if (slots_->has(slot)) return;
  if (other_slots_.count == 0) other_slot_ = slot;
  other_slots_.add(record);
}

void Placement::find(std::vector<Finding>& findings) const {
  add_sighting(findings, other_databases_, Severity::refuses, "cluster_database",
               databases_ == 1 ? "the key is not in database 0, the only one of the cluster"
                               : "the key is in none of the cluster's " +
                                     std::to_string(databases_) + " databases");
  if (other_slots_.count == 0) return;
  const bool is_deleted = deletes_foreign_slots(loading_);
  add_sighting(findings, other_slots_, is_deleted ? Severity::drops : Severity::differs,
               "cluster_slot",
               "the key is in slot " + std::to_string(other_slot_) +
                   ", which is not among those of the node; the server " +
                   (is_deleted ? "deletes it unless no node has the slot"
                               : "keeps it, and takes the slot for one it imports"));
}

}  // namespace rdb
