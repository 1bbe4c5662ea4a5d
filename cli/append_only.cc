#include "cli/append_only.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <string_view>

#include "cli/common.h"

namespace cli {
namespace {

constexpr size_t kDatabasesShown = 16;

std::string line(std::string_view label, std::string_view value, size_t width) {
  std::string out = "  " + std::string(label);
  out.resize(std::max(out.size() + 1, width), ' ');
  return rdb::one_line(out + std::string(value)) + "\n";
}

std::string describe(const rdb::AofDirectory::Member& member) {
  std::string out = rdb::shown_path(member.name) + ", seq " + std::to_string(member.seq);
  if (!member.problem.empty()) return out + ": " + member.problem;
  return out + (member.is_missing ? ": is not there any more" : ", " + plural(member.size, "byte"));
}

std::string utc(int64_t seconds) {
  const auto t = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32];
  const bool ok = gmtime_r(&t, &parts) != nullptr &&
                  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) != 0;
  return ok ? text : std::to_string(seconds);
}

// `db0 2 commands, db3 1 command`
std::string databases_of(const rdb::Commands& commands) {
  std::string out;
  size_t shown = 0;
  for (const auto& [db, count] : commands.databases()) {
    if (shown++ == kDatabasesShown) {
      out += ", ...";
      break;
    }
    out += (out.empty() ? "db" : ", db") + std::to_string(db) + " " + plural(count, "command");
  }
  if (commands.touches_all()) out += out.empty() ? "all (FLUSHALL)" : ", all (FLUSHALL)";
  return out.empty() ? "none" : out;
}

bool json_time(rdb::Json& json, std::string_view name, const std::optional<int64_t>& time) {
  return json.name(name) && (time ? json.integer(*time) : json.null());
}

}  // namespace

bool is_append_only(const CommandSource& source) {
  return source.directory() || source.commands().size() != 0;
}

std::string files_text(const CommandSource& source, size_t width) {
  if (!source.directory()) return "";
  std::string out = line("manifest", rdb::shown_path(source.directory()->manifest()), width);
  for (const rdb::AofDirectory::Member& member : source.directory()->members()) {
    out += line(rdb::name(member.type), describe(member), width);
  }
  return out;
}

std::string commands_words(const CommandSource& source) {
  std::string out = plural(source.commands().count(), "command");
  std::string_view before = ": ";
  for (const auto& [name, count] : source.commands().names()) {
    out += std::string(before) + name + " " + std::to_string(count);
    before = ", ";
  }
  return out;
}

std::string touched_text(const CommandSource& source, size_t width) {
  const rdb::Commands& commands = source.commands();
  std::string out;
  if (commands.count() != 0) out += line("touched", databases_of(commands), width);
  if (commands.annotations() == 0) return out;
  std::string text = std::to_string(commands.annotations());
  if (commands.first_time()) {
    text += ", from " + utc(*commands.first_time()) + " to " + utc(*commands.last_time());
  }
  return out + line("annotations", text, width);
}

bool json_append_only(rdb::Json& json, const CommandSource& source) {
  const rdb::Commands& commands = source.commands();
  bool ok = json.name("append_only") && json.open_object() && json.name("manifest") &&
            (source.directory() ? json.bytes(source.directory()->manifest()) : json.null()) &&
            json.name("files") && json.open_array();
  if (source.directory()) {
    for (const rdb::AofDirectory::Member& member : source.directory()->members()) {
      ok = ok && json.open_object() && json.text("type", rdb::name(member.type)) &&
           json.bytes("name", member.name) && json.integer("seq", member.seq) &&
           json.boolean("missing", member.is_missing) && json.number("bytes", member.size) &&
           json.close_object();
    }
  }
  ok = ok && json.close_array() && json.number("bytes", commands.size()) &&
       json.number("commands", commands.count()) && json.name("names") && json.open_object();
  for (const auto& [name, count] : commands.names()) ok = ok && json.number(name, count);
  ok = ok && json.close_object() && json.name("databases") && json.open_array();
  for (const auto& [db, count] : commands.databases()) {
    ok = ok && json.open_object() && json.number("db", db) && json.number("commands", count) &&
         json.close_object();
  }
  return ok && json.close_array() && json.boolean("all_databases", commands.touches_all()) &&
         json.number("annotations", commands.annotations()) &&
         json_time(json, "first_time", commands.first_time()) &&
         json_time(json, "last_time", commands.last_time()) && json.close_object();
}

}  // namespace cli
