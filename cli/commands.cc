#include "cli/commands.h"

#include <string>
#include <vector>

#include "cli/options.h"

namespace cli {
namespace {

void add_info(CLI::App& app, InfoOptions& info) {
  CLI::App& command = *app.add_subcommand("info", "Say what a file says of itself");
  add_list(command, "FILE", "", info.files, "Files to read")->required();
  CLI::Option* const keyspace =
      add_flag(command, "--keyspace", info.keyspace, "Print only the lines of INFO KEYSPACE");
  CLI::Option* const header =
      add_flag(command, "--header", info.header, "Read only what stands before the first key");
  keyspace->excludes(header)->excludes(add_json(command, info.common));
  add_now(command, info.common);
  add_common(command, info.common);
  command.footer("Example: rdbferry info dump.rdb");
}

// The server whose verdict is asked for, and its settings.
void add_verdict(CLI::App& command, CheckOptions& check) {
  CLI::Option* const target =
      add_option(command, "--target", check.target, "Say what this server would do with the file")
          ->type_name("NAME")
          ->check(target_name());
  const auto setting = [&](const char* name, std::string& to, const char* about,
                           const std::vector<std::string>& known) {
    add_option(command, name, to, about)
        ->type_name(known[0] + "|" + known[1])
        ->check(one_of(known))
        ->needs(target);
  };
  setting("--sanitize", check.sanitize, "Its sanitize-dump-payload (no)", {"no", "yes"});
  setting("--rdb-version-check", check.version_check, "Its setting of that name (strict)",
          {"strict", "relaxed"});
  add_comma_list(command, "--modules", "NAME", check.loading.modules,
                 "Module types that it has: a,b,c")
      ->needs(target);
  add_option(command, "--databases", check.loading.databases, "How many databases it has (16)")
      ->type_name("N")
      ->check(integer(1, kDatabasesMax))
      ->needs(target);
  add_option(command, "--max-findings", check.max_findings, "Values with findings listed (100)")
      ->type_name("N")
      ->check(integer(1, 1000000));
}

void add_check(CLI::App& app, CheckOptions& check) {
  CLI::App& command = *app.add_subcommand("check", "Prove that a file is sound");
  add_list(command, "FILE", "", check.files, "Files to check")->required();
  add_flag(command, "--quick", check.quick, "Framing, checksum and counts, no values opened");
  add_list(command, "--expect", "db<N>=KEYS|FILE", check.expect,
           "Expected keys: db0=6286, or a file with INFO KEYSPACE output")
      ->check(not_empty());
  add_flag(command, "--require-checksum", check.require_checksum,
           "A file without a recorded checksum fails with exit status 7");
  add_verdict(command, check);
  CLI::Option* const cluster = add_flag(command, "--cluster", check.cluster,
                                        "For a cluster: keys outside database 0 do not belong");
  add_option(command, "--slots", check.slots, "Slots of the node: keys in others do not belong")
      ->type_name("RANGES")
      ->needs(cluster);
  add_option(command, "--manifest", check.manifest,
             "What rdbferry manifest wrote down of the file must be so yet")
      ->type_name("FILE");
  add_library_time(command, check.library_time_s);
  add_json(command, check.common);
  add_now(command, check.common);
  add_common(command, check.common);
  command.footer("Example: rdbferry check --expect keyspace.txt dump.rdb");
}

void add_dump(CLI::App& app, DumpOptions& dump) {
  CLI::App& command = *app.add_subcommand("dump", "Print every key as a line of JSON");
  add_option(command, "FILE", dump.file, "File to read")->type_name("")->required();
  add_option(command, "--bytes", dump.bytes,
             "Byte strings: UTF-8 as it is and the rest in base64 (auto), latin1, base64")
      ->type_name("auto|latin1|base64")
      ->check(one_of({"auto", "latin1", "base64"}));
  add_output(command, dump.output, "Where to write the lines (standard output)");
  add_flag(command, "--force", dump.force, "Replace an existing FILE of -o");
  add_allow_commands(command, dump.common.allowed_losses);
  add_common(command, dump.common);
  command.footer("Example: rdbferry dump dump.rdb | jq -r .key");
}

void add_digest(CLI::App& app, DigestOptions& digest) {
  CLI::App& command = *app.add_subcommand("digest", "Print numbers that tell contents apart");
  add_list(command, "FILE", "", digest.files, "Files to read")->required();
  add_option(command, "--format", digest.format,
             "128 bits of all content, which add up over files (xxh3), or DEBUG DIGEST (redis)")
      ->type_name("xxh3|redis")
      ->check(one_of({"xxh3", "redis"}));
  add_option(command, "--target", digest.target,
             "Server whose DEBUG DIGEST it is (one that writes such files)")
      ->type_name("NAME")
      ->check(target_name());
  add_flag(command, "--as-loaded", digest.as_loaded,
           "Of what the target (valkey-8.0) holds that has loaded the file, not of all in it");
  CLI::Option* const key = add_option(command, "--key", digest.key, "Of this key alone");
  key->type_name("KEY");
  add_option(command, "--db", digest.db, "Database of the key (0)")
      ->type_name("N")
      ->check(integer(0, INT64_MAX))
      ->needs(key);
  add_allow_commands(command, digest.common.allowed_losses);
  add_json(command, digest.common);
  add_now(command, digest.common);
  add_common(command, digest.common);
  command.footer("Example: rdbferry digest --format redis dump.rdb");
}

void add_manifest(CLI::App& app, ManifestOptions& manifest) {
  CLI::App& command =
      *app.add_subcommand("manifest", "Write down what a file is, to prove copies by");
  add_option(command, "FILE", manifest.file, "File to read")->type_name("")->required();
  add_output(command, manifest.output, "Where to write it (standard output)");
  add_flag(command, "--force", manifest.force, "Replace an existing manifest");
  add_allow_commands(command, manifest.common.allowed_losses);
  add_common(command, manifest.common);
  command.footer("Example: rdbferry manifest -o dump.manifest.json dump.rdb");
}

void add_targets(CLI::App& app, TargetsOptions& targets) {
  CLI::App& command = *app.add_subcommand("targets", "Print what convert can write for");
  add_flag(command, "--json", targets.json, "As one JSON document");
  command.footer("Example: rdbferry targets");
}

void add_convert(CLI::App& app, ConvertOptions& convert) {
  CLI::App& command = *app.add_subcommand("convert", "Write the file that a Valkey loads");
  add_option(command, "IN", convert.in, "File to read")->type_name("")->required();
  add_out(command, convert.out, "File to write, - for standard output");
  add_wrap(command, convert.wrap);
  add_option(command, "--aof-dir", convert.aof_dir,
             "Instead of OUT: the appendonlydir of a server with appendonly yes")
      ->type_name("DIR");
  add_carry(command, convert, "Replace an existing OUT, or DIR of this kind");
  command.footer("Example: rdbferry convert dump.rdb valkey.rdb");
}

void add_split(CLI::App& app, SplitOptions& split) {
  CLI::App& command = *app.add_subcommand("split", "Divide a file by cluster slot or database");
  add_option(command, "IN", split.in, "File to read")->type_name("")->required();
  add_option(command, "-o,--out-dir", split.out_dir, "Directory of the parts, new or empty")
      ->type_name("DIR");
  CLI::Option* const slots =
      add_option(command, "--slots", split.slots, "One part for each range: 0-8191,8192-16383")
          ->type_name("RANGES");
  CLI::Option* const nodes =
      add_option(command, "--nodes", split.nodes,
                 "So many parts, as valkey-cli --cluster create divides the slots")
          ->type_name("N")
          ->check(integer(1, rdb::kSlots));
  CLI::Option* const conf =
      add_option(command, "--nodes-conf", split.nodes_conf,
                 "One part for each master of a nodes.conf or CLUSTER NODES reply")
          ->type_name("FILE");
  CLI::Option* const by_db =
      add_flag(command, "--by-db", split.by_db, "One part for each database");
  slots->excludes(nodes)->excludes(conf)->excludes(by_db);
  nodes->excludes(conf)->excludes(by_db);
  conf->excludes(by_db);
  add_carry(command, split, "Replace a DIR that holds nothing but parts");
  command.footer("Example: rdbferry split --nodes 3 --out-dir parts dump.rdb");
}

void add_merge(CLI::App& app, MergeOptions& merge) {
  CLI::App& command = *app.add_subcommand("merge", "Join several files");
  add_list(command, "FILE", "", merge.files,
           "Files to read; the last is the one to write, without -o")
      ->required();
  add_output(command, merge.output, "File to write, - for standard output");
  add_wrap(command, merge.wrap);
  add_target(command, merge);
  add_option(command, "--on-function-conflict", merge.on_function_conflict,
             "Of a library that is not the same in all files, keep one; else refuse (error)")
      ->type_name("error|first|last")
      ->check(one_of({"error", "first", "last"}));
  add_rest(command, merge, "Replace an existing file of -o");
  command.footer("Example: rdbferry merge -o dump.rdb parts/*.rdb");
}

void add_diff(CLI::App& app, DiffOptions& diff) {
  CLI::App& command = *app.add_subcommand("diff", "Name the keys that differ between two files");
  add_option(command, "A", diff.a, "File to read")->type_name("")->required();
  add_option(command, "B", diff.b, "File to compare with it")->type_name("")->required();
  add_flag(command, "--verbose", diff.verbose, "Also the elements that differ");
  add_option(command, "--max-differences", diff.max_differences,
             "Keys that are named, and elements of each (100); with 0 pipes can be read")
      ->type_name("N")
      ->check(integer(0, INT32_MAX));
  add_comma_list(
      command, "--ignore", "WHAT", diff.ignored,
      "What makes no difference: ttl, expired (keys and fields), functions, field_expiries, "
      "stream_history, stream_activity",
      one_of({std::begin(kIgnorable), std::end(kIgnorable)}));
  add_allow_commands(command, diff.common.allowed_losses);
  add_json(command, diff.common);
  add_now(command, diff.common);
  add_common(command, diff.common);
  command.footer("Example: rdbferry diff dump.rdb valkey.rdb");
}

void add_explain(CLI::App& app, ExplainOptions& explain) {
  CLI::App& command = *app.add_subcommand("explain", "Annotate the bytes of one record");
  add_option(command, "FILE", explain.file, "File to read")->type_name("")->required();
  CLI::Option* const offset = add_option(command, "--offset", explain.offset,
                                         "The record of which this byte is part, as errors name it")
                                  ->type_name("N")
                                  ->check(integer(0, INT64_MAX));
  add_option(command, "--key", explain.key, "The record of this key, the first in the file")
      ->type_name("KEY")
      ->excludes(offset);
  add_option(command, "--db", explain.db,
             "Database of the key; or what to call that of a record behind damage")
      ->type_name("N")
      ->check(integer(0, INT64_MAX));
  add_flag(command, "--all", explain.all, "Every element, and long strings whole");
  add_json(command, explain.common);
  add_common(command, explain.common);
  command.footer("Example: rdbferry explain --offset 1048 dump.rdb");
}

void add_salvage(CLI::App& app, SalvageOptions& salvage) {
  CLI::App& command =
      *app.add_subcommand("salvage", "Write what a damaged file still holds, list what is lost");
  add_option(command, "IN", salvage.in, "File to read")->type_name("")->required();
  add_out(command, salvage.out, "File to write");
  add_option(command, "--report", salvage.report, "Write the report, as of --json, to a file too")
      ->type_name("FILE");
  CLI::Option* const orphans_db =
      add_option(command, "--orphans-db", salvage.orphans_db,
                 "Database for keys whose own is not known: a SELECTDB may be lost before them")
          ->type_name("N")
          ->check(integer(0, kDatabasesMax - 1));
  add_option(command, "--orphans", salvage.orphans, "Or the file for them (OUT.orphans.rdb)")
      ->type_name("FILE")
      ->excludes(orphans_db);
  add_option(command, "--max-loss", salvage.max_loss, "Give up when more bytes than that are lost")
      ->type_name("SIZE")
      ->transform(size(0, uint64_t{1} << 60, "such as 0, 500 or 64K"));
  add_server(command, salvage);
  add_databases(command, salvage);
  add_allow_commands(command, salvage.allowed_losses);
  add_flag(command, "--dry-run", salvage.is_dry, "Write nothing, report what would be written");
  add_rest(command, salvage, "Replace what exists of OUT, the file of orphans and the report");
  command.footer(
      "Exit status 0: the file was sound; 1: it was not, what it held is written; "
      "4: nothing is left, or --max-loss.\nExample: rdbferry salvage broken.rdb saved.rdb");
}

}  // namespace

void add_commands(CLI::App& app, Commands& commands) {
  add_info(app, commands.info);
  add_check(app, commands.check);
  add_dump(app, commands.dump);
  add_convert(app, commands.convert);
  add_split(app, commands.split);
  add_merge(app, commands.merge);
  add_targets(app, commands.targets);
  add_digest(app, commands.digest);
  add_manifest(app, commands.manifest);
  add_diff(app, commands.diff);
  add_explain(app, commands.explain);
  add_salvage(app, commands.salvage);
}

int run(const CLI::App& app, const Commands& commands) {
  if (app.got_subcommand("info")) return run(commands.info);
  if (app.got_subcommand("check")) return run(commands.check);
  if (app.got_subcommand("dump")) return run(commands.dump);
  if (app.got_subcommand("split")) return run(commands.split);
  if (app.got_subcommand("merge")) return run(commands.merge);
  if (app.got_subcommand("targets")) return run(commands.targets);
  if (app.got_subcommand("digest")) return run(commands.digest);
  if (app.got_subcommand("manifest")) return run(commands.manifest);
  if (app.got_subcommand("diff")) return run(commands.diff);
  if (app.got_subcommand("explain")) return run(commands.explain);
  if (app.got_subcommand("salvage")) return run(commands.salvage);
  return run(commands.convert);
}

}  // namespace cli
