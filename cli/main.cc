// The command line: binds options to the commands' structs, and nothing else. The one user of
// CLI11.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "cli/check.h"
#include "cli/convert.h"
#include "cli/dump.h"
#include "cli/info.h"
#include "cli/suggest.h"
#include "cli/targets.h"
#include "rdb/base/number.h"

namespace {

constexpr int kUsage = 2;
constexpr int kOutOfMemory = 3;

constexpr int64_t kDatabasesMax = 2147483647;  // of the servers' option "databases"

constexpr const char* kVersion =
    "rdbferry " RDBFERRY_VERSION
    "\nreads RDB 1 to 11 and VALKEY080, names what is in REDIS0012 and later; "
    "writes RDB 6 to 11 and VALKEY080\n";

constexpr const char* kFooter =
    "FILE may be - for standard input. Plain RDB files, append-only files with an RDB part and\n"
    "captures of a replication link, also in gzip, zstd or LZ4, are told apart by content.\n\n"
    "Exit status: 0 yes, done; 1 a negative answer; 2 usage; 3 cannot open, read or write;\n"
    "4 damaged data; 5 sound, but of a foreign or newer format; 6 sound, but not what was\n"
    "expected or not loadable by the target; 7 no checksum, and --require-checksum was given.";

// The value of an option as a validator sees it; the words are what it reports, empty if fine.
CLI::Validator one_of(const std::vector<std::string>& known) {
  const auto check = [known](std::string& value) -> std::string {
    if (std::find(known.begin(), known.end(), value) != known.end()) return "";
    std::string words = rdb::quoted(value) + " is none of";
    for (const std::string& name : known) words += (name == known[0] ? " " : ", ") + name;
    return words;
  };
  return {check, ""};
}

template <typename Names>
std::string joined(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

CLI::Validator integer(int64_t from, int64_t to) {
  const auto check = [from, to](std::string& value) -> std::string {
    int64_t v = 0;
    if (rdb::parse_int64(value, v) && v >= from && v <= to) return "";
    return rdb::quoted(value) + " is no integer from " + std::to_string(from) + " to " +
           std::to_string(to);
  };
  return {check, ""};
}

// `256M` becomes 268435456.
CLI::Validator size(uint64_t from, uint64_t to) {
  const auto transform = [from, to](std::string& value) -> std::string {
    constexpr std::string_view kUnits = "kmgtKMGT";
    std::string digits = value;
    const size_t unit = digits.empty() ? kUnits.npos : kUnits.find(digits.back());
    if (unit != kUnits.npos) digits.pop_back();
    int64_t n = 0;
    const uint64_t factor = unit == kUnits.npos ? 1 : uint64_t{1024} << (10 * (unit % 4));
    if (rdb::parse_int64(digits, n) && n > 0 && static_cast<uint64_t>(n) <= to / factor &&
        static_cast<uint64_t>(n) * factor >= from) {
      value = std::to_string(static_cast<uint64_t>(n) * factor);
      return "";
    }
    return rdb::quoted(value) + " is no size from 1M to 1T, such as 256M";
  };
  return {transform, ""};
}

void add_common(CLI::App& command, cli::CommonOptions& options) {
  command.add_option("--color", options.color, "Colour of the report (auto)")
      ->type_name("auto|always|never")
      ->check(one_of({"auto", "always", "never"}));
  command.add_option("--progress", options.progress, "Progress: a bar on a terminal (auto)")
      ->type_name("auto|plain|json|never")
      ->check(one_of({"auto", "plain", "json", "never"}));
  command
      .add_option("--expire-byte-order", options.expire_byte_order,
                  "Byte order of expiry times before RDB 9: that of the host (little)")
      ->type_name("little|big")
      ->check(one_of({"little", "big"}));
}

// A flag is given or not; CLI11 would also take --flag=false.
CLI::Option* add_flag(CLI::App& command, const char* name, bool& to, const char* about) {
  return command.add_flag(name, to, about)->disable_flag_override();
}

CLI::Option* add_json(CLI::App& command, cli::CommonOptions& options) {
  return add_flag(command, "--json", options.json, "Report as one JSON document");
}

void add_now(CLI::App& command, cli::CommonOptions& options) {
  command.add_option("--now", options.now_ms, "Unix time at which keys count as expired (now)")
      ->type_name("MILLISECONDS")
      ->check(integer(INT64_MIN, INT64_MAX));
}

void add_info(CLI::App& app, cli::InfoOptions& info) {
  CLI::App& command = *app.add_subcommand("info", "Say what a file says of itself");
  command.add_option("FILE", info.files, "Files to read")->type_name("")->required();
  CLI::Option* const keyspace =
      add_flag(command, "--keyspace", info.keyspace, "Print only the lines of INFO KEYSPACE");
  CLI::Option* const header =
      add_flag(command, "--header", info.header, "Read only what stands before the first key");
  keyspace->excludes(header)->excludes(add_json(command, info.common));
  add_now(command, info.common);
  add_common(command, info.common);
  command.footer("Example: rdbferry info dump.rdb");
}

void add_max_memory(CLI::App& command, uint64_t& bytes) {
  command.add_option("--max-memory", bytes, "For the search for duplicate keys; then TMPDIR (4M)")
      ->type_name("SIZE")
      ->transform(size(uint64_t{1} << 20, uint64_t{1} << 40));
}

void add_check(CLI::App& app, cli::CheckOptions& check) {
  CLI::App& command = *app.add_subcommand("check", "Prove that a file is sound");
  command.add_option("FILE", check.files, "Files to check")->type_name("")->required();
  add_flag(command, "--quick", check.quick, "Framing, checksum and counts, no values opened");
  command
      .add_option("--expect", check.expect,
                  "Expected keys: db0=6286, or a file with INFO KEYSPACE output")
      ->type_name("db<N>=KEYS|FILE")
      ->allow_extra_args(false);
  add_flag(command, "--require-checksum", check.require_checksum,
           "A file without a recorded checksum fails with exit status 7");
  add_max_memory(command, check.max_memory);
  add_json(command, check.common);
  add_now(command, check.common);
  add_common(command, check.common);
  command.footer("Example: rdbferry check --expect keyspace.txt dump.rdb");
}

void add_dump(CLI::App& app, cli::DumpOptions& dump) {
  CLI::App& command = *app.add_subcommand("dump", "Print every key as a line of JSON");
  command.add_option("FILE", dump.file, "File to read")->type_name("")->required();
  command
      .add_option("--bytes", dump.bytes,
                  "Byte strings: UTF-8 as it is and the rest in base64 (auto), latin1, base64")
      ->type_name("auto|latin1|base64")
      ->check(one_of({"auto", "latin1", "base64"}));
  add_common(command, dump.common);
  command.footer("Example: rdbferry dump dump.rdb | jq -r .key");
}

void add_targets(CLI::App& app, cli::TargetsOptions& targets) {
  CLI::App& command = *app.add_subcommand("targets", "Print what convert can write for");
  add_flag(command, "--json", targets.json, "As one JSON document");
  command.footer("Example: rdbferry targets");
}

// An option that may be given several times, with one value each; CLI11 would else take [a,b]
// apart.
template <typename T>
CLI::Option* add_list(CLI::App& command, const char* name, const char* type, std::vector<T>& to,
                      const char* about) {
  return command.add_option(name, to, about)->type_name(type)->allow_extra_args(false);
}

void add_select(CLI::App& command, rdb::SelectOptions& select, std::string& expired) {
  add_list(command, "--db", "N", select.dbs, "Take keys of these databases: 0,3")
      ->delimiter(',')
      ->check(integer(0, INT64_MAX));
  add_list(command, "--exclude-db", "N", select.excluded_dbs, "Leave out these databases")
      ->delimiter(',')
      ->check(integer(0, INT64_MAX));
  add_list(command, "--key", "GLOB", select.keys, "Take keys that match, as KEYS matches them");
  add_list(command, "--exclude-key", "GLOB", select.excluded_keys, "Leave out keys that match");
  add_list(command, "--regex", "RE2", select.regexes, "Take keys of which a part matches");
  add_list(command, "--exclude-regex", "RE2", select.excluded_regexes,
           "Leave out keys of which a part matches");
  add_list(command, "--list", "FILE", select.lists, "Take the keys named in a file, one a line");
  add_list(command, "--type", "TYPE", select.types, "Take these: hash, or hash-ziplist for a form")
      ->delimiter(',');
  add_list(command, "--exclude-type", "TYPE", select.excluded_types, "Leave out these types")
      ->delimiter(',');
  add_list(command, "--ttl", "any|none|<TIME|>TIME", select.ttls,
           "Take keys with an expiry, without, or with less or more time left: <1h");
  add_list(command, "--size", "<SIZE|>SIZE", select.sizes,
           "Take keys by the bytes of their value in the file: >1M");
  add_list(command, "--slot", "RANGES", select.slots, "Take keys of these slots: 0-5460,5461");
  command.add_option("--expired", expired, "What becomes of expired keys (keep)")
      ->type_name("drop|keep")
      ->check(one_of({"drop", "keep"}));
}

void add_change(CLI::App& command, rdb::ChangeOptions& change) {
  command.add_option("--ttl-shift", change.ttl_shift, "Move all expiries: -1h, 7d")
      ->type_name("TIME");
  add_flag(command, "--ttl-rebase", change.ttl_rebase,
           "Let TTLs count from now, not from when the file was written");
  add_list(command, "--map-db", "FROM=TO", change.map_db, "Put keys in another database: 3=0")
      ->delimiter(',');
  command.add_option("--prefix-strip", change.prefix_strip, "Take a prefix off the names")
      ->type_name("TEXT");
  command.add_option("--prefix-add", change.prefix_add, "Put a prefix before the names")
      ->type_name("TEXT");
  add_flag(command, "--no-lru", change.no_lru, "Leave out idle times");
  add_flag(command, "--no-lfu", change.no_lfu, "Leave out access frequencies");
}

void add_convert(CLI::App& app, cli::ConvertOptions& convert) {
  CLI::App& command = *app.add_subcommand("convert", "Write the file that a Valkey loads");
  command.add_option("IN", convert.in, "File to read")->type_name("")->required();
  command.add_option("OUT", convert.out, "File to write, - for standard output")->type_name("");
  std::vector<std::string> targets;
  for (const rdb::Target& target : rdb::targets()) targets.emplace_back(target.name);
  command.add_option("--target", convert.target, "Server to write for: " + joined(targets))
      ->type_name("NAME")
      ->check(one_of(targets))
      ->capture_default_str();
  command.add_option("--modules", convert.modules, "Module types that the target has: a,b,c")
      ->type_name("NAME")
      ->delimiter(',')
      ->allow_extra_args(false);
  CLI::Option* const all =
      add_flag(command, "--reencode", convert.reencode,
               "Write every value as the target would itself, instead of copying what it reads");
  command
      .add_option("--reencode-types", convert.reencode_types,
                  "The same for values of these types alone: list,set,zset,hash,stream,string")
      ->type_name("TYPE")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(one_of({"string", "list", "set", "zset", "hash", "stream"}))
      ->excludes(all);
  command
      .add_option(
          "--compress", convert.compress,
          "Strings of values that are not copied: lzf where it gains, none; with --reencode "
          "unless given types (lzf)")
      ->type_name("lzf|none")
      ->check(one_of({"lzf", "none"}));
  command
      .add_option("--allow-loss", convert.allowed_losses,
                  "What may be left out if the target cannot hold it: " + joined(rdb::kLosses))
      ->type_name("LOSS")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(one_of({std::begin(rdb::kLosses), std::end(rdb::kLosses)}));
  add_flag(command, "--dry-run", convert.is_dry, "Write nothing, report what would be written");
  command
      .add_option("--databases", convert.databases,
                  "Databases that the target is configured with (16)")
      ->type_name("N")
      ->check(integer(1, kDatabasesMax));
  add_flag(command, "--keep-replication-id", convert.keep_replication_id,
           "Carry the source's replication id and offset");
  command.add_option("--wrap", convert.wrap, "Wrapper of OUT (by its suffix: .gz, .zst, .lz4)")
      ->type_name("none|gzip|zstd|lz4");
  add_select(command, convert.select, convert.expired);
  add_flag(command, "--allow-empty", convert.allow_empty,
           "A pattern that matches no key, and a selection without keys, are no mistake");
  add_flag(command, "--drop-functions", convert.drop_functions, "Leave out all functions");
  add_list(command, "--drop-module", "NAME", convert.dropped_modules,
           "Leave out the values and AUX data of these module types: a,b")
      ->delimiter(',');
  add_change(command, convert.change);
  command
      .add_option("--on-duplicate", convert.on_duplicate,
                  "Of a key that occurs twice, keep one; else refuse (error)")
      ->type_name("error|first|last")
      ->check(one_of({"error", "first", "last"}));
  add_max_memory(command, convert.max_memory);
  add_flag(command, "--force", convert.force, "Replace an existing OUT");
  add_json(command, convert.common);
  add_now(command, convert.common);
  add_common(command, convert.common);
  command.footer("Example: rdbferry convert dump.rdb valkey.rdb");
}

// `what` on a line of standard error, with where help is.
int usage_error(std::string_view command, std::string what) {
  std::replace(what.begin(), what.end(), '\n', ' ');
  const std::string name = "rdbferry" + std::string(command.empty() ? "" : " ");
  std::fprintf(stderr, "%s%s: %s; run %s%s --help\n", name.c_str(), std::string(command).c_str(),
               what.c_str(), name.c_str(), std::string(command).c_str());
  return kUsage;
}

int unknown_command(const std::string& typed, const std::vector<std::string>& names) {
  const std::string hint = cli::did_you_mean(typed, names);
  const std::string words = "unknown command " + rdb::quoted(typed);
  if (hint.empty()) return usage_error("", words);
  std::fprintf(stderr, "rdbferry: %s, %s\n", words.c_str(), hint.c_str());
  return kUsage;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

// An argument that `command` has no use for.
int explain_extra(const CLI::App& command, const std::string& name, const std::string& argument) {
  if (!argument.starts_with('-')) {
    return usage_error(name, "unexpected argument " + rdb::quoted(argument));
  }
  std::vector<std::string> options;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) options.push_back(option->get_name());
  }
  const std::string typed = argument.substr(0, argument.find('='));
  const std::string hint = cli::did_you_mean(typed, options);
  return usage_error(
      name, "unknown option " + rdb::quoted(typed) + (hint.empty() ? "" : " (" + hint + ")"));
}

// CLI11's error in words that name the argument as it was typed.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (const std::vector<std::string> extra = app.remaining(); !extra.empty()) {
    return usage_error("", "unknown option " + rdb::quoted(extra[0]) + " before the command");
  }
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  if (parsed.empty()) return usage_error("", "a command is missing");
  const std::string name = parsed[0]->get_name();
  if (const std::vector<std::string> extra = parsed[0]->remaining(); !extra.empty()) {
    return explain_extra(*parsed[0], name, extra[0]);
  }
  const std::string what = error.what();
  const std::string option = what.substr(0, what.find_first_of(": "));
  if (error.get_name() == "RequiredError") return usage_error(name, option + " is missing");
  if (error.get_name() == "ExcludesError") {
    return usage_error(name, option + " and " + what.substr(what.rfind(' ') + 1) + " do not mix");
  }
  if (what.ends_with(" override")) return usage_error(name, "--" + option + " takes no value");
  if (error.get_name() == "ArgumentMismatch") {
    const bool is_missing = what.ends_with(" missing");
    return usage_error(name, option + (is_missing ? " needs a value" : " can be given once"));
  }
  return usage_error(name, what);
}

int parse_and_run(std::vector<std::string> arguments) {
  CLI::App app("Reads, checks and converts Redis and Valkey snapshots, offline.", "rdbferry");
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("Excludes", "not with");
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", kVersion, "Print the version");
  app.footer(kFooter);
  app.require_subcommand(1);
  cli::InfoOptions info;
  cli::CheckOptions check;
  cli::DumpOptions dump;
  cli::ConvertOptions convert;
  cli::TargetsOptions targets;
  add_info(app, info);
  add_check(app, check);
  add_dump(app, dump);
  add_convert(app, convert);
  add_targets(app, targets);
  for (CLI::App* command : app.get_subcommands(nullptr)) command->group("Commands");

  if (arguments.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  if (arguments[0] == "help") {  // help check: check --help
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  const std::string first = arguments[0];
  const std::vector<std::string> names = command_names(app);
  const bool is_command = std::find(names.begin(), names.end(), first) != names.end();
  if (!first.starts_with('-') && !is_command) return unknown_command(first, names);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return cli::print(app.help());
  } catch (const CLI::CallForVersion&) {
    return cli::print(kVersion);
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  if (app.got_subcommand("info")) return cli::run(info);
  if (app.got_subcommand("check")) return cli::run(check);
  if (app.got_subcommand("dump")) return cli::run(dump);
  if (app.got_subcommand("targets")) return cli::run(targets);
  return cli::run(convert);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    cli::hold_standard_descriptors();
    rdb::remove_temporaries_on_signal();
    return parse_and_run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::bad_alloc&) {
    std::fputs("rdbferry: out of memory\n", stderr);
    return kOutOfMemory;
  } catch (const std::exception& error) {  // of CLI11
    std::fprintf(stderr, "rdbferry: %s\n", error.what());
    return kUsage;
  }
}
