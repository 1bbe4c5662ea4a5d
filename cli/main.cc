// The command line: finds the command, says in words what is wrong with its arguments.
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/library_child.h"
#include "cli/suggest.h"

namespace {

constexpr int kUsage = 2;
constexpr int kOutOfMemory = 3;

constexpr const char* kVersion =
    "rdbferry " RDBFERRY_VERSION
    "\nreads RDB 1 to 11 and VALKEY080, names what is in REDIS0012 and later; "
    "writes RDB 6 to 11 and VALKEY080\n";
constexpr const char* kSanitized =
    "built with sanitizers: function libraries are judged without a limit on address space\n";

constexpr const char* kFooter =
    "FILE may be - for standard input. Plain RDB files, append-only files, directories of them "
    "and\n"
    "captures of a replication link, also in gzip, zstd or LZ4, are told apart by content.\n\n"
    "Exit status: 0 yes, done; 1 a negative answer; 2 usage; 3 cannot open, read or write;\n"
    "4 damaged data; 5 sound, but of a foreign or newer format; 6 sound, but not what was\n"
    "expected or not loadable by the target; 7 not verified: a function library is undecided, or\n"
    "there is no checksum, and --require-checksum was given.";

// `what` on a line of standard error, with where help is.
int usage_error(std::string_view command, std::string what) {
  std::replace(what.begin(), what.end(), '\n', ' ');
  what = rdb::one_line(what);
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

// An argument that `command` has no use for, as it was given to CLI11.
int explain_extra(const CLI::App& command, const std::string& name, const std::string& extra) {
  const std::string argument = cli::unprotect(extra);
  if (argument != extra || !argument.starts_with('-')) {
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
  app.get_formatter()->label("Needs", "with");
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", kVersion, "Print the version");
  app.footer(kFooter);
  app.require_subcommand(1);
  cli::Commands commands;
  cli::add_commands(app, commands);
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
  if (is_command) {
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    arguments = cli::protect(*app.get_subcommand(first), rest);
    arguments.insert(arguments.begin(), first);
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return cli::print(app.help());
  } catch (const CLI::CallForVersion&) {
    return cli::print(std::string(kVersion) + (cli::kHasSanitizer ? kSanitized : ""));
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  return cli::run(app, commands);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (cli::is_library_child(argc, argv)) return cli::judge_libraries(argv);
    cli::hold_standard_descriptors();
    rdb::remove_temporaries_on_signal();
    return parse_and_run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::bad_alloc&) {
    std::fputs("rdbferry: out of memory\n", stderr);
    return kOutOfMemory;
  } catch (const std::exception& error) {  // of CLI11
    std::fprintf(stderr, "rdbferry: %s\n", rdb::one_line(error.what()).c_str());
    return kUsage;
  }
}
