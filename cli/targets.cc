#include "cli/targets.h"

#include <algorithm>
#include <string>
#include <vector>

#include "cli/common.h"
#include "rdb/rdb.h"

namespace cli {
namespace {

constexpr rdb::Kind kShown[] = {rdb::Kind::list, rdb::Kind::set, rdb::Kind::zset, rdb::Kind::hash,
                                rdb::Kind::stream};

// The header of a source with which the target holds the most.
rdb::Header widest(const rdb::Target& target) {
  rdb::Header header;
  header.dialect = target.reads_valkey ? rdb::Dialect::valkey : rdb::Dialect::redis;
  return header;
}

// The names of the types of a kind that a file for the target may hold.
std::vector<std::string_view> held(const rdb::Target& target, rdb::Kind kind) {
  std::vector<std::string_view> out;
  for (const rdb::Type& type : rdb::types()) {
    if (type.kind == kind && rdb::holds(target, widest(target), type)) out.push_back(type.name);
  }
  return out;
}

// What the target has no place for, of rdb::kLosses.
std::vector<std::string_view> losses(const rdb::Target& target) {
  std::vector<std::string_view> out;
  for (const std::string_view loss : rdb::kLosses) {
    if (!rdb::can_hold(target, loss)) out.push_back(loss);
  }
  return out;
}

std::string line(std::string_view name, std::string_view file, std::string_view newest,
                 std::string_view without) {
  std::string out(name);
  out.resize(12, ' ');
  out += file;
  out.resize(23, ' ');
  out += newest;
  out.resize(std::max<size_t>(out.size() + 2, 103), ' ');
  out += without;
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

bool json_names(rdb::Json& json, std::string_view name,
                const std::vector<std::string_view>& names) {
  bool ok = json.name(name) && json.open_array();
  for (const std::string_view each : names) ok = ok && json.text(each);
  return ok && json.close_array();
}

void report_json(rdb::Json& json) {
  bool ok = json.open_object() && json.text("schema", "rdbferry/targets/1") &&
            json.name("targets") && json.open_array();
  for (const rdb::Target& target : rdb::targets()) {
    ok = ok && json.open_object() && json.text("target", target.name) &&
         json.text("header", rdb::header_for(target, rdb::Header{})) &&
         json.boolean("reads_valkey080", target.reads_valkey) &&
         json_names(json, "cannot_hold", losses(target)) && json.name("types") &&
         json.open_object();
    for (const rdb::Kind kind : kShown) {
      ok = ok && json_names(json, rdb::name(kind), held(target, kind));
    }
    ok = ok && json.close_object() && json.close_object();
  }
  (void)(ok && json.close_array() && json.close_object() && json.end_line());
}

}  // namespace

int run(const TargetsOptions& options) {
  if (options.json) return print_json(report_json);
  std::string out = line("target", "file", "newest types", "cannot hold");
  for (const rdb::Target& target : rdb::targets()) {
    std::string newest;
    for (const rdb::Kind kind : kShown) {
      const std::vector<std::string_view> types = held(target, kind);
      if (!types.empty()) newest += (newest.empty() ? "" : " ") + std::string(types.back());
    }
    std::string without;
    for (const std::string_view loss : losses(target)) without += std::string(loss) + " ";
    const std::string header = rdb::header_for(target, widest(target));
    out += line(target.name, header, newest, without);
  }
  return print(out);
}

}  // namespace cli
