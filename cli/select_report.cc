#include "cli/select_report.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "cli/common.h"

namespace cli {
namespace {

constexpr size_t kNamesMax = 10;  // of --list, of those not found

struct Row {
  std::string_view name;   // in JSON
  std::string_view words;  // in a report
  uint64_t rdb::ChangeCounts::*count;
};

constexpr Row kRows[] = {
    {"expiries_shifted", "expiries shifted", &rdb::ChangeCounts::expiries_shifted},
    {"fields_unshifted", "hashes with expiries of fields, which are not shifted",
     &rdb::ChangeCounts::fields_unshifted},
    {"databases_mapped", "keys put in another database", &rdb::ChangeCounts::databases_mapped},
    {"prefixes_stripped", "names without their prefix now", &rdb::ChangeCounts::prefixes_stripped},
    {"without_prefix", "names that have not the prefix to strip",
     &rdb::ChangeCounts::without_prefix},
    {"prefixes_added", "names with a prefix added", &rdb::ChangeCounts::prefixes_added},
    {"idle_times_dropped", "idle times left out", &rdb::ChangeCounts::idle_times_dropped},
    {"frequencies_dropped", "frequencies left out", &rdb::ChangeCounts::frequencies_dropped},
};

constexpr auto kFilters = static_cast<size_t>(rdb::Filter::kCount);

}  // namespace

std::string text(const rdb::Selection& selection) {
  std::string out;
  for (size_t i = 0; i < kFilters; ++i) {
    const auto filter = static_cast<rdb::Filter>(i);
    if (selection.left_out(filter) == 0) continue;
    out += "  left out   by --" + std::string(rdb::name(filter)) + ": " +
           std::to_string(selection.left_out(filter)) + "\n";
  }
  for (const rdb::NamePattern& pattern : selection.patterns()) {
    if (pattern.matched != 0) continue;
    out += "  unmatched  " + std::string(pattern.option) + " " + rdb::quoted(pattern.text) + "\n";
  }
  const std::vector<std::string_view> missing = selection.list().missing();
  if (missing.empty()) return out;
  out += "  unmatched  " + std::to_string(missing.size()) + " of " +
         plural(selection.list().size(), "name") + " of --list:";
  for (size_t i = 0; i < std::min(missing.size(), kNamesMax); ++i) {
    out += " " + rdb::quoted(missing[i]);
  }
  return out + (missing.size() > kNamesMax ? " ...\n" : "\n");
}

std::string text(const rdb::ChangeCounts& changes) {
  std::string out;
  for (const Row& row : kRows) {
    const uint64_t count = changes.*row.count;
    if (count == 0) continue;
    out += "  changed    " + std::string(row.words) + ": " + std::to_string(count) + "\n";
  }
  return out;
}

bool json(rdb::Json& json, const rdb::Selection& selection) {
  bool ok =
      json.name("selection") && json.open_object() && json.name("left_out") && json.open_object();
  for (size_t i = 0; i < kFilters; ++i) {
    const auto filter = static_cast<rdb::Filter>(i);
    ok = ok && json.number(rdb::name(filter), selection.left_out(filter));
  }
  ok = ok && json.close_object() && json.name("patterns") && json.open_array();
  for (const rdb::NamePattern& pattern : selection.patterns()) {
    ok = ok && json.open_object() && json.text("option", pattern.option) &&
         json.bytes("pattern", pattern.text) && json.number("matched", pattern.matched) &&
         json.close_object();
  }
  ok = ok && json.close_array() && json.number("listed", selection.list().size()) &&
       json.name("not_found") && json.open_array();
  for (const std::string_view name : selection.list().missing()) ok = ok && json.bytes(name);
  return ok && json.close_array() && json.close_object();
}

bool json(rdb::Json& json, const rdb::ChangeCounts& changes) {
  bool ok = json.name("edits") && json.open_object();
  for (const Row& row : kRows) ok = ok && json.number(row.name, changes.*row.count);
  return ok && json.close_object();
}

}  // namespace cli
