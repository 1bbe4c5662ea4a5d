// Parts of the reports of commands that carry data.
#include <algorithm>
#include <utility>

#include "cli/carry.h"

namespace cli {
namespace {

void add_count(std::string& out, uint64_t count, std::string_view words) {
  if (count != 0) out += "  changed    " + std::string(words) + ": " + std::to_string(count) + "\n";
}

}  // namespace

std::string text(const rdb::ConvertChanges& changes) {
  std::string out;
  add_count(out, changes.values_encoded, "values written in a form of the target's");
  add_count(out, changes.values_repaired,
            "damaged values repaired without loss (order, counts, duplicate members of sets)");
  add_count(out, changes.expiries_to_ms, "expiries turned from seconds into milliseconds");
  add_count(out, changes.functions_rewritten,
            "function libraries rewritten from their pre-release form");
  add_count(out, changes.functions_dropped, "function libraries left out by --drop-functions");
  add_count(out, changes.module_data_dropped, "values and AUX data left out by --drop-module");
  add_count(out, changes.scripts_dropped, "Lua scripts left out, which servers from 7.0 on ignore");
  add_count(out, changes.eviction_dropped,
            "keys without the idle time or frequency that the target does not read");
  add_count(out, changes.slot_hints_dropped, "hints about cluster slots left out");
  add_count(
      out, changes.slot_imports_dropped,
      "unfinished slot imports left out; their keys, hidden from clients until now, are kept");
  if (changes.hints_dropped) {
    out +=
        "  changed    the counts of keys to expect (RESIZEDB) left out: no place for them in a "
        "pipe or wrapper\n";
  }
  if (changes.checksum_added) out += "  changed    a checksum is recorded now\n";
  if (!changes.aux_dropped.empty()) {
    out += "  changed    AUX fields left out:";
    for (const std::string& name : changes.aux_dropped) out += " " + rdb::quoted(name);
    out += "\n";
  }
  return out;
}

std::string text(const std::vector<rdb::Finding>& findings, const std::string& file,
                 std::string_view path) {
  std::string out;
  for (const rdb::Finding& finding : findings) {
    const bool is_unmatched = finding.status == rdb::Status::negative;
    std::string label =
        "  " + std::string(is_unmatched ? "unmatched" : rdb::name(finding.severity));
    label.resize(13, ' ');
    out += label + file + describe(finding, path) + "\n";
  }
  return out;
}

rdb::Status worst(std::vector<rdb::Finding> findings, const rdb::Error& error) {
  if (rdb::status(error.code) == rdb::Status::usage) return rdb::Status::usage;
  if (!error.ok()) findings.push_back(rdb::from_error(error));
  return rdb::status(findings);
}

std::string cures(const std::vector<rdb::Finding>& findings) {
  const auto has = [&](auto is) { return std::any_of(findings.begin(), findings.end(), is); };
  std::string out;
  if (has([](const rdb::Finding& f) {
        return f.status == rdb::Status::damaged && f.stage == rdb::Stage::structure;
      })) {
    out +=
        "  cure       rdbferry salvage keeps what is sound of such values; --exclude-key KEY "
        "leaves "
        "one out, --allow-loss damaged_values all of them\n";
  }
  if (has([](const rdb::Finding& f) {
        return f.name == "commands" && f.status != rdb::Status::ok;
      })) {
    out +=
        "  cure       convert --aof-dir DIR carries the commands as well; --allow-loss commands "
        "leaves them out\n";
  }
  if (has([](const rdb::Finding& f) {
        return f.name == "command_unknown" && f.words.find("module") != std::string::npos;
      })) {
    out += "  cure       --modules NAME says that the target has a module: bf for BF.ADD\n";
  }
  if (has([](const rdb::Finding& f) { return f.name == "command_database"; })) {
    out += "  cure       --databases N says how many the target has\n";
  }
  if (has([](const rdb::Finding& f) {
        return f.name == "function" && f.status != rdb::Status::ok;
      })) {
    out += "  cure       --drop-functions leaves out all function libraries\n";
  }
  return out;
}

std::string verified_text(const std::vector<rdb::Finding>& findings) {
  const auto is_undecided = [](const rdb::Finding& f) {
    return f.severity == rdb::Severity::undecided;
  };
  const bool loads = std::none_of(findings.begin(), findings.end(), is_undecided);
  return std::string("  verified   output re-read, content matches") +
         (loads ? ", and the target loads it\n" : "; whether the target loads it is undecided\n");
}

bool json(rdb::Json& json, const rdb::ConvertChanges& changes) {
  bool ok = json.name("changes") && json.open_object() &&
            json.number("values_encoded", changes.values_encoded) &&
            json.number("values_repaired", changes.values_repaired) &&
            json.number("expiries_to_ms", changes.expiries_to_ms) &&
            json.number("functions_rewritten", changes.functions_rewritten) &&
            json.number("functions_dropped", changes.functions_dropped) &&
            json.number("module_data_dropped", changes.module_data_dropped) &&
            json.number("scripts_dropped", changes.scripts_dropped) &&
            json.number("eviction_dropped", changes.eviction_dropped) &&
            json.number("slot_hints_dropped", changes.slot_hints_dropped) &&
            json.number("slot_imports_dropped", changes.slot_imports_dropped) &&
            json.boolean("hints_dropped", changes.hints_dropped) &&
            json.boolean("checksum_added", changes.checksum_added) && json.name("aux_dropped") &&
            json.open_array();
  for (const std::string& name : changes.aux_dropped) ok = ok && json.bytes(name);
  return ok && json.close_array() && json.close_object();
}

}  // namespace cli
