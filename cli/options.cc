#include "cli/options.h"

#include <algorithm>

#include "rdb/base/number.h"

namespace cli {

namespace {

// A check of what was typed: what is wrong with it, or nothing.
template <typename Check>
CLI::Validator validator(Check check) {
  return {[check](std::string& value) -> std::string { return check(unprotect(value)); }, ""};
}

}  // namespace

CLI::Validator one_of(const std::vector<std::string>& known) {
  return validator([known](const std::string& value) -> std::string {
    if (std::find(known.begin(), known.end(), value) != known.end()) return "";
    std::string words = rdb::quoted(value) + " is none of";
    for (const std::string& name : known) words += (name == known[0] ? " " : ", ") + name;
    return words;
  });
}

CLI::Validator target_name() {
  return validator([](const std::string& value) -> std::string {
    if (rdb::find_target(value) != nullptr) return "";
    std::string words = rdb::quoted(value) + " is none of";
    for (const rdb::Target& target : rdb::targets()) {
      words += (&target == &rdb::targets()[0] ? " " : ", ") + std::string(target.name);
    }
    return words + ", nor a release of one, such as valkey-8.1.1";
  });
}

CLI::Validator integer(int64_t from, int64_t to) {
  return validator([from, to](const std::string& value) -> std::string {
    int64_t v = 0;
    if (rdb::parse_int64(value, v) && v >= from && v <= to) return "";
    return rdb::quoted(value) + " is no integer from " + std::to_string(from) + " to " +
           std::to_string(to);
  });
}

CLI::Validator size(uint64_t from, uint64_t to, const char* words) {
  const auto transform = [from, to, words](std::string& value) -> std::string {
    constexpr std::string_view kUnits = "kmgtKMGT";
    const std::string typed = unprotect(value);
    std::string digits = typed;
    const size_t unit = digits.empty() ? kUnits.npos : kUnits.find(digits.back());
    if (unit != kUnits.npos) digits.pop_back();
    int64_t n = 0;
    const uint64_t factor = unit == kUnits.npos ? 1 : uint64_t{1024} << (10 * (unit % 4));
    if (rdb::parse_int64(digits, n) && n >= 0 && static_cast<uint64_t>(n) <= to / factor &&
        static_cast<uint64_t>(n) * factor >= from) {
      value = std::to_string(static_cast<uint64_t>(n) * factor);
      return "";
    }
    return rdb::quoted(typed) + " is no size " + words;
  };
  return {transform, ""};
}

CLI::Validator not_empty() {
  return validator([](const std::string& value) -> std::string {
    return value.empty() ? "an empty value is not allowed" : "";
  });
}

CLI::Validator each(const CLI::Validator& check) {
  return validator([check](const std::string& value) {
    std::string wrong;
    for (std::string& part : split_at_commas(value)) {
      if (wrong.empty()) wrong = check(part);
    }
    return wrong;
  });
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool take(const std::string& value, std::string& to) {
  to = value;
  return true;
}

CLI::Option* add_flag(CLI::App& command, const char* name, bool& to, const std::string& about) {
  return command.add_flag(name, to, about)->disable_flag_override();
}

void add_common(CLI::App& command, CommonOptions& options) {
  add_option(command, "--color", options.color, "Colour of the report (auto)")
      ->type_name("auto|always|never")
      ->check(one_of({"auto", "always", "never"}));
  add_option(command, "--progress", options.progress, "Progress: a bar on a terminal (auto)")
      ->type_name("auto|plain|json|never")
      ->check(one_of({"auto", "plain", "json", "never"}));
  add_option(command, "--expire-byte-order", options.expire_byte_order,
             "Byte order of expiry times before RDB 9: that of the host (little)")
      ->type_name("little|big")
      ->check(one_of({"little", "big"}));
  add_option(
      command, "--max-memory", options.max_memory,
      "Most memory for one name or packed value (1G), and for the search for duplicate keys (4M; "
      "diff: 16M)")
      ->type_name("SIZE")
      ->transform(size(uint64_t{1} << 20, uint64_t{1} << 40));
}

void add_allow_commands(CLI::App& command, std::vector<std::string>& allowed) {
  add_comma_list(command, "--allow-loss", "commands", allowed,
                 "Leave unread the append-only commands that follow the RDB part",
                 one_of({"commands"}));
}

CLI::Option* add_json(CLI::App& command, CommonOptions& options) {
  return add_flag(command, "--json", options.json, "Report as one JSON document");
}

void add_now(CLI::App& command, CommonOptions& options) {
  add_option(command, "--now", options.now_ms, "Unix time at which keys count as expired (now)")
      ->type_name("MILLISECONDS")
      ->check(integer(INT64_MIN, INT64_MAX));
}

void add_library_time(CLI::App& command, uint64_t& seconds) {
  add_option(command, "--library-time", seconds,
             "Processor time to run the function libraries of a file (3)")
      ->type_name("SECONDS")
      ->check(integer(1, kLibraryTimeMax));
}

void add_select(CLI::App& command, rdb::SelectOptions& select, std::string& expired) {
  add_comma_list(command, "--db", "N", select.dbs, "Take keys of these databases: 0,3",
                 integer(0, INT64_MAX));
  add_comma_list(command, "--exclude-db", "N", select.excluded_dbs, "Leave out these databases",
                 integer(0, INT64_MAX));
  add_list(command, "--key", "GLOB", select.keys, "Take keys that match, as KEYS matches them");
  add_list(command, "--exclude-key", "GLOB", select.excluded_keys, "Leave out keys that match");
  add_list(command, "--regex", "RE2", select.regexes, "Take keys of which a part matches");
  add_list(command, "--exclude-regex", "RE2", select.excluded_regexes,
           "Leave out keys of which a part matches");
  add_list(command, "--list", "FILE", select.lists, "Take the keys named in a file, one a line");
  add_comma_list(command, "--type", "TYPE", select.types,
                 "Take these: hash, or hash-ziplist for a form");
  add_comma_list(command, "--exclude-type", "TYPE", select.excluded_types, "Leave out these types");
  add_list(command, "--ttl", "any|none|<TIME|>TIME", select.ttls,
           "Take keys with an expiry, without, or with less or more time left: <1h");
  add_list(command, "--size", "<SIZE|>SIZE", select.sizes,
           "Take keys by the bytes of their value in the file: >1M");
  add_list(command, "--slot", "RANGES", select.slots, "Take keys of these slots: 0-5460,5461");
  add_option(command, "--expired", expired, "What becomes of expired keys (keep)")
      ->type_name("drop|keep")
      ->check(one_of({"drop", "keep"}));
}

void add_change(CLI::App& command, rdb::ChangeOptions& change) {
  add_option(command, "--ttl-shift", change.ttl_shift, "Move all expiries: -1h, 7d")
      ->type_name("TIME");
  add_flag(command, "--ttl-rebase", change.ttl_rebase,
           "Let TTLs count from now, not from when the file was written");
  add_comma_list(command, "--map-db", "FROM=TO", change.map_db,
                 "Put keys in another database: 3=0");
  add_option(command, "--prefix-strip", change.prefix_strip, "Take a prefix off the names")
      ->type_name("TEXT");
  add_option(command, "--prefix-add", change.prefix_add, "Put a prefix before the names")
      ->type_name("TEXT");
  add_flag(command, "--no-lru", change.no_lru, "Leave out idle times");
  add_flag(command, "--no-lfu", change.no_lfu, "Leave out access frequencies");
}

void add_server(CLI::App& command, CarryOptions& carry) {
  std::vector<std::string_view> targets;
  for (const rdb::Target& target : rdb::targets()) targets.push_back(target.name);
  add_option(command, "--target", carry.target, "Server to write for: " + joined(targets))
      ->type_name("NAME")
      ->check(target_name())
      ->default_str(carry.target);
  add_comma_list(command, "--modules", "NAME", carry.modules,
                 "Module types that the target has: a,b,c");
  add_option(command, "--sanitize", carry.sanitize,
             "The target's sanitize-dump-payload (default no)")
      ->type_name("no|yes")
      ->check(one_of({"no", "yes"}));
  add_flag(command, "--cluster", carry.cluster, "The target is a node of a cluster");
  add_library_time(command, carry.library_time_s);
}

void add_databases(CLI::App& command, CarryOptions& carry) {
  add_option(command, "--databases", carry.databases,
             "Number of databases configured on the target (default 16; 1 in a cluster)")
      ->type_name("N")
      ->check(integer(1, kDatabasesMax));
}

void add_target(CLI::App& command, CarryOptions& carry) {
  add_server(command, carry);
  CLI::Option* const all =
      add_flag(command, "--reencode", carry.reencode,
               "Write every value as the target would itself, instead of copying what it reads");
  add_comma_list(command, "--reencode-types", "TYPE", carry.reencode_types,
                 "The same for values of these types alone: list,set,zset,hash,stream,string",
                 one_of({"string", "list", "set", "zset", "hash", "stream"}))
      ->excludes(all);
  add_option(command, "--compress", carry.compress,
             "Strings of values that are not copied: lzf where it gains, none; with --reencode "
             "unless given types (lzf)")
      ->type_name("lzf|none")
      ->check(one_of({"lzf", "none"}));
  add_comma_list(command, "--allow-loss", "LOSS", carry.allowed_losses,
                 "Losses that are allowed: " + joined(rdb::kLosses),
                 one_of({std::begin(rdb::kLosses), std::end(rdb::kLosses)}));
  CLI::Option* const dry =
      add_flag(command, "--dry-run", carry.is_dry, "Write nothing, report what would be written");
  add_flag(command, "--verify", carry.verify,
           "Re-read the output before it gets its name: compare contents, ask the verdict again")
      ->excludes(dry);
  add_databases(command, carry);
  add_flag(command, "--keep-replication-id", carry.keep_replication_id,
           "Carry the source's replication id and offset");
  add_flag(command, "--drop-functions", carry.drop_functions, "Leave out all functions");
  add_comma_list(command, "--drop-module", "NAME", carry.dropped_modules,
                 "Leave out the values and AUX data of these module types: a,b");
  add_option(
      command, "--on-duplicate", carry.on_duplicate,
      "What to do with duplicate keys: fail (error, the default), keep the first, or the last")
      ->type_name("error|first|last")
      ->check(one_of({"error", "first", "last"}));
}

void add_rest(CLI::App& command, CarryOptions& carry, const char* outputs) {
  add_flag(command, "--force", carry.force, outputs);
  add_json(command, carry.common);
  add_now(command, carry.common);
  add_common(command, carry.common);
}

void add_carry(CLI::App& command, CarryOptions& carry, const char* outputs) {
  add_target(command, carry);
  add_select(command, carry.select, carry.expired);
  add_flag(command, "--allow-empty", carry.allow_empty,
           "A pattern that matches no key, and a selection without keys, are no mistake");
  add_change(command, carry.change);
  add_rest(command, carry, outputs);
}

CLI::Option* add_output(CLI::App& command, std::string& to, const char* about) {
  return add_option(command, "-o,--output", to, about)->type_name("FILE");
}

void add_out(CLI::App& command, std::string& to, const char* about) {
  CLI::Option* const out = add_option(command, "OUT", to, about)->type_name("");
  add_output(command, to, "In place of OUT")->excludes(out);
}

void add_wrap(CLI::App& command, std::optional<std::string>& wrap) {
  add_option(command, "--wrap", wrap, "Wrapper of OUT (by its suffix: .gz, .zst, .lz4)")
      ->type_name("none|gzip|zstd|lz4");
}

}  // namespace cli
