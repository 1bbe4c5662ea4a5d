#include "cli/convert.h"

#include <optional>

#include "cli/output_aof.h"
#include "cli/output_file.h"
#include "cli/paths.h"

namespace cli {
namespace {

int run_to_aof(const ConvertOptions& options, const rdb::Target& target) {
  if (!options.out.empty()) return fail(bad_option("takes the place of OUT"), "--aof-dir");
  if (options.wrap) return fail(bad_option("servers read no wrapper there"), "--aof-dir");
  if (target.version < rdb::kHasFunctions) {  // 7.0 as well
    return fail(bad_option("servers before 7.0 have none; a file without commands can be converted "
                           "to a file named appendonly.aof"),
                "--aof-dir");
  }
  Paths paths = paths_of(options);
  paths.add_directory(options.aof_dir, "--aof-dir");
  OutputAof to(options);
  return carry(options, loading_of(options, target), paths, to);
}

}  // namespace

int run(const ConvertOptions& options) {
  const rdb::Target* const target = find_target(options);
  if (target == nullptr) return exit_status(rdb::Status::usage);
  if (!options.aof_dir.empty()) return run_to_aof(options, *target);
  if (options.out.empty() && !options.is_dry) return fail(bad_option("it is missing"), "OUT");
  if (options.common.json && options.out == "-" && !options.is_dry) {
    return fail(bad_option("the report would stand in the output"), "--json");
  }
  const std::optional<rdb::Wrap> wrap = find_wrap(options.wrap, options.out, *target);
  if (!wrap) return exit_status(rdb::Status::usage);
  Paths paths = paths_of(options);
  paths.add_output(options.out, "OUT");
  OutputFile to(options, options.out, *wrap);
  return carry(options, loading_of(options, *target), paths, to);
}

}  // namespace cli
