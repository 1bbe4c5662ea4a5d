#include "cli/output_file.h"

namespace cli {

std::optional<rdb::Wrap> find_wrap(const std::optional<std::string>& asked, const std::string& path,
                                   const rdb::Target& target) {
  if (!asked) {
    const std::string_view suffix = rdb::unknown_wrap_suffix(path);
    if (suffix.empty()) return rdb::wrap_of_suffix(path);
    (void)fail(bad_option("the suffix " + std::string(suffix) +
                          " is of a compression that is not "
                          "written; use .gz, .zst or .lz4, or --wrap none"),
               shown_output(path));
    return {};
  }
  const std::optional<rdb::Wrap> found = rdb::find_wrap(*asked);
  if (!found) {
    (void)fail(bad_option("unknown wrapper; use none, gzip, zstd or lz4"),
               "--wrap " + rdb::quoted(*asked));
  } else if (*found == rdb::Wrap::vkcs && !target.reads_vkcs) {
    (void)fail(bad_option("target " + std::string(target.name) +
                          " does not read Valkey's compressed-stream envelope, no server before "
                          "Valkey 9.2 does"),
               "--wrap " + *asked);
    return {};
  }
  return found;
}

}  // namespace cli
