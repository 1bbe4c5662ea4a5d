// The command line: binds options to the commands' structs, and nothing else. The one user of
// CLI11.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

#include "cli/check.h"
#include "cli/convert.h"
#include "cli/dump.h"
#include "cli/info.h"

namespace {

constexpr int kUsage = 2;
constexpr int kOutOfMemory = 3;

constexpr const char* kFooter =
    "FILE may be - for standard input. Plain RDB files, LZ4 frames, append-only files with an RDB\n"
    "part and captures of a replication link are told apart by content.\n\n"
    "Exit status: 0 yes, done; 1 a negative answer; 2 usage; 3 cannot open, read or write;\n"
    "4 damaged data; 5 sound, but of a foreign or newer format; 6 sound, but not what was\n"
    "expected or not loadable by the target; 7 no checksum, and --require-checksum was given.";

void add_common(CLI::App& command, cli::CommonOptions& options) {
  command.add_flag("--json", options.json, "Report as one JSON document");
  command.add_option("--color", options.color, "Colour: auto, always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command
      .add_option("--progress", options.progress,
                  "Progress: auto (a bar on a terminal), plain, json, never")
      ->check(CLI::IsMember({"auto", "plain", "json", "never"}));
  command.add_option(
      "--now", options.now_ms,
      "Unix time in milliseconds at which keys count as expired (default: the clock)");
  command
      .add_option("--expire-byte-order", options.expire_byte_order,
                  "Byte order of expiry times before RDB 9: that of the host, so little or big")
      ->check(CLI::IsMember({"little", "big"}));
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("Reads, checks and converts Redis and Valkey snapshots, offline.", "rdbferry");
  app.set_version_flag("--version",
                       "rdbferry " RDBFERRY_VERSION
                       "\nreads RDB 1 to 11 and VALKEY080, names what is in REDIS0012 and later; "
                       "writes RDB 10, 11 and VALKEY080");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough(false);

  cli::InfoOptions info;
  CLI::App* const info_command = app.add_subcommand("info", "Say what a file says of itself");
  info_command->add_option("FILE", info.files, "Files to read")->required();
  info_command->add_flag("--keyspace", info.keyspace, "Print only the lines of INFO KEYSPACE");
  info_command->add_flag("--header", info.header, "Read only what stands before the first key");
  info_command->footer("Example: rdbferry info dump.rdb");
  add_common(*info_command, info.common);

  cli::CheckOptions check;
  CLI::App* const check_command = app.add_subcommand("check", "Prove that a file is sound");
  check_command->add_option("FILE", check.files, "Files to check")->required();
  check_command->add_flag("--quick", check.quick, "Framing, checksum and counts, no values opened");
  check_command->add_option("--expect", check.expect,
                            "Expected keys: db0=6286, or a file with the output of INFO KEYSPACE");
  check_command->add_flag("--require-checksum", check.require_checksum,
                          "A file without a recorded checksum fails with exit status 7");
  check_command->footer("Example: rdbferry check --expect keyspace.txt dump.rdb");
  add_common(*check_command, check.common);

  cli::DumpOptions dump;
  CLI::App* const dump_command = app.add_subcommand("dump", "Print every key as a line of JSON");
  dump_command->add_option("FILE", dump.file, "File to read")->required();
  dump_command
      ->add_option("--bytes", dump.bytes,
                   "Byte strings: auto (UTF-8 as it is, else base64), latin1, base64")
      ->check(CLI::IsMember({"auto", "latin1", "base64"}));
  dump_command->footer("Example: rdbferry dump dump.rdb | jq -r .key");
  add_common(*dump_command, dump.common);
  dump_command->remove_option(dump_command->get_option("--json"));

  cli::ConvertOptions convert;
  CLI::App* const convert_command =
      app.add_subcommand("convert", "Write the file that a Valkey loads");
  convert_command->add_option("IN", convert.in, "File to read")->required();
  convert_command->add_option("OUT", convert.out, "File to write, - for standard output")
      ->required();
  convert_command->add_option("--target", convert.target, "Server to write for")
      ->capture_default_str();
  convert_command
      ->add_option("--modules", convert.modules, "Module types that the target has loaded")
      ->delimiter(',');
  convert_command->add_option("--databases", convert.databases,
                              "Databases that the target is configured with (default 16)");
  convert_command->add_flag("--keep-replication-id", convert.keep_replication_id,
                            "Carry the source's replication id and offset");
  convert_command->add_flag("--force", convert.force, "Replace an existing OUT");
  convert_command->footer("Example: rdbferry convert dump.rdb valkey.rdb");
  add_common(*convert_command, convert.common);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (info_command->parsed()) return cli::run(info);
  if (check_command->parsed()) return cli::run(check);
  if (dump_command->parsed()) return cli::run(dump);
  return cli::run(convert);
}

}  // namespace

int main(int argc, char** argv) {
  rdb::remove_temporaries_on_signal();
  try {
    return parse_and_run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("rdbferry: out of memory\n", stderr);
    return kOutOfMemory;
  }
}
