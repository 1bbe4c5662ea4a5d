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
#include "rdb/base/number.h"

namespace {

constexpr int kUsage = 2;
constexpr int kOutOfMemory = 3;

constexpr int64_t kDatabasesMax = 2147483647;  // of the servers' option "databases"

constexpr const char* kVersion =
    "rdbferry " RDBFERRY_VERSION
    "\nreads RDB 1 to 11 and VALKEY080, names what is in REDIS0012 and later; "
    "writes RDB 10, 11 and VALKEY080\n";

constexpr const char* kFooter =
    "FILE may be - for standard input. Plain RDB files, LZ4 frames, append-only files with an RDB\n"
    "part and captures of a replication link are told apart by content.\n\n"
    "Exit status: 0 yes, done; 1 a negative answer; 2 usage; 3 cannot open, read or write;\n"
    "4 damaged data; 5 sound, but of a foreign or newer format; 6 sound, but not what was\n"
    "expected or not loadable by the target; 7 no checksum, and --require-checksum was given.";

// How many letters are added, left out, replaced or swapped with their neighbour from `a` to `b`.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> steps(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      size_t& least = steps[i][j];
      least = std::max(i, j);
      if (i == 0 || j == 0) continue;
      least = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1,
                        steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) least = std::min(least, steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

// `did you mean check?` for the name nearest to `typed`, or nothing where none is near.
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names) {
  constexpr size_t kTypedMax = 64;
  if (typed.size() > kTypedMax) return "";
  constexpr size_t kPrefixMin = 5;  // a name cut short is meant from here on
  for (const std::string& name : names) {
    if (typed.size() >= kPrefixMin && name.starts_with(typed)) return "did you mean " + name + "?";
  }
  const auto is_nearer = [typed](const std::string& a, const std::string& b) {
    return distance(typed, a) < distance(typed, b);
  };
  const auto nearest = std::min_element(names.begin(), names.end(), is_nearer);
  if (nearest == names.end()) return "";
  const size_t letters = nearest->size() - std::min(nearest->find_first_not_of('-'), size_t{2});
  const size_t allowed = letters < 4 ? 1 : 2;
  return distance(typed, *nearest) > allowed ? "" : "did you mean " + *nearest + "?";
}

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

void add_convert(CLI::App& app, cli::ConvertOptions& convert) {
  CLI::App& command = *app.add_subcommand("convert", "Write the file that a Valkey loads");
  command.add_option("IN", convert.in, "File to read")->type_name("")->required();
  command.add_option("OUT", convert.out, "File to write, - for standard output")
      ->type_name("")
      ->required();
  std::vector<std::string> targets;
  std::string listed;
  for (const rdb::Target& target : rdb::targets()) {
    targets.emplace_back(target.name);
    listed += (listed.empty() ? "" : ", ") + targets.back();
  }
  command.add_option("--target", convert.target, "Server to write for: " + listed)
      ->type_name("NAME")
      ->check(one_of(targets))
      ->capture_default_str();
  command.add_option("--modules", convert.modules, "Module types that the target has: a,b,c")
      ->type_name("NAME")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      .add_option("--databases", convert.databases,
                  "Databases that the target is configured with (16)")
      ->type_name("N")
      ->check(integer(1, kDatabasesMax));
  add_flag(command, "--keep-replication-id", convert.keep_replication_id,
           "Carry the source's replication id and offset");
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
  const std::string hint = did_you_mean(typed, names);
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
  const std::string hint = did_you_mean(typed, options);
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
  add_info(app, info);
  add_check(app, check);
  add_dump(app, dump);
  add_convert(app, convert);
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
