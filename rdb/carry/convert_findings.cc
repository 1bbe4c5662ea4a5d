// What a Converter finds: what the target refuses, what is lost on the way, what no key matched.
#include <algorithm>
#include <utility>

#include "rdb/carry/convert.h"
#include "rdb/file/opcode.h"

namespace rdb {

void Converter::refuse(std::string_view name, std::string words, const Record& record) {
  refused_ = true;
  Finding& finding = find(name, std::move(words), record, 1);
  finding.severity = Severity::refuses;
  finding.status = Status::unexpected;
}

void Converter::lose(std::string_view loss, std::string words, const Record& record,
                     uint64_t count) {
  const auto& allowed = options_.allowed_losses;
  const bool is_allowed = std::find(allowed.begin(), allowed.end(), loss) != allowed.end();
  if (!is_allowed) {
    refused_ = true;
    words += " (--allow-loss " + std::string(loss) + ")";
  }
  Finding& finding = find(loss, std::move(words), record, count);
  finding.severity = Severity::drops;
  finding.status = is_allowed ? Status::ok : Status::unexpected;
}

// Each is listed, up to the number that was asked for.
void Converter::lose_damaged(const Record& record, std::string words) {
  const bool is_listed = lost_values_.count < options_.findings_max;
  lost_values_.add(record);
  if (!is_listed) words = "more values that the target would refuse or break on";
  Finding& finding = is_listed ? add("damaged_values", std::move(words), record)
                               : find("damaged_values", std::move(words), record, 1);
  finding.severity = Severity::drops;
  finding.type = record.type->name;
  finding.status = Status::ok;
}

// The finding with these words, counted once more, or a new one with the place of its first.
Finding& Converter::find(std::string_view name, std::string words, const Record& record,
                         uint64_t count) {
  for (Finding& finding : findings_) {
    if (finding.words != words) continue;
    finding.count += count;
    return finding;
  }
  Finding& finding = add(name, std::move(words), record);
  finding.count = count;
  return finding;
}

Finding& Converter::add(std::string_view name, std::string words, const Record& record) {
  Finding& finding = findings_.emplace_back();
  finding.stage = Stage::format;
  finding.name = name;
  finding.words = std::move(words);
  finding.has_place = true;
  finding.offset = record.offset;
  if (record.kind == RecordKind::entry || (record.kind == RecordKind::stray && record.is_late)) {
    finding.has_db = finding.has_key = true;
    finding.db = record.db;
    finding.key = record.key;
  }
  return finding;
}

// What is known at the end of the file.
void Converter::conclude(const Reader& reader) {
  changes_.expiries_to_ms = reader.opcodes()[kExpire].count;
  changes_.checksum_added = reader.checksum() != Checksum::verified;
  find_oddities(reader, findings_);
  if (reader.tail().kind != Tail::Kind::commands) find_tail(reader, findings_);
  find_unread(reader);
  for (Finding& finding : findings_) {
    if (finding.name != "expiries_swapped") continue;
    finding.severity = Severity::refuses;
    finding.status = Status::unexpected;
    refused_ = true;
  }
  find_duplicates(survey_, findings_);
  refused_ = refused_ || survey_.duplicates().count != 0;
  find_left_out(dropped_, findings_);
  find_drops(survey_, findings_);
  if (options_.selection != nullptr && !options_.allow_empty) find_unmatched();
}

// Commands that are not carried are a loss, and so are those that an append-only file has
// elsewhere.
void Converter::find_unread(const Reader& reader) {
  const Commands* const commands = options_.commands;
  const std::string words = options_.carries_commands ? missing_increments(reader, commands)
                                                      : unread_words(reader, commands);
  if (words.empty()) return;
  const auto& allowed = options_.allowed_losses;
  const bool is_allowed = std::find(allowed.begin(), allowed.end(), "commands") != allowed.end();
  Finding finding;
  finding.stage = Stage::commands;
  finding.severity = Severity::drops;
  finding.status = is_allowed ? Status::ok : Status::unexpected;
  finding.name = "commands";
  finding.words = words;
  finding.count = 1;
  finding.has_place = reader.tail().kind == Tail::Kind::commands;
  finding.offset = reader.tail().offset;
  findings_.push_back(std::move(finding));
  refused_ = refused_ || !is_allowed;
  // Damage of what is not read matters where it would have been.
  if (!is_allowed && commands != nullptr) commands->find_damage(findings_);
}

// A selection that takes nothing is a mistake, and so is a pattern.
void Converter::find_unmatched() {
  const auto add = [this](std::string_view name, std::string words) {
    Finding& finding = findings_.emplace_back();
    finding.stage = Stage::counts;
    finding.severity = Severity::accepts;
    finding.status = Status::negative;
    finding.name = name;
    finding.words = std::move(words) + " (--allow-empty)";
    refused_ = true;
  };
  for (const NamePattern& pattern : options_.selection->patterns()) {
    if (pattern.matched != 0 || pattern.excludes) continue;
    add("pattern_unmatched",
        std::string(pattern.option) + " " + quoted(pattern.text) + " matches no key");
  }
  if (options_.selection->left_out() != 0 && survey_.keys() == 0) {
    add("nothing_selected", "no key is selected");
  }
}

}  // namespace rdb
