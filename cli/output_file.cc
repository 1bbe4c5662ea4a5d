#include "cli/output_file.h"

namespace cli {

rdb::Error find_wrap(const std::optional<std::string>& asked, const std::string& path,
                     const rdb::Target& target, rdb::Wrap& wrap) {
  wrap = rdb::wrap_of_suffix(path);
  if (!asked) return {};
  const std::optional<rdb::Wrap> found = rdb::find_wrap(*asked);
  if (!found) return bad_option("no such wrapper, there are none, gzip, zstd and lz4");
  wrap = *found;
  if (wrap != rdb::Wrap::vkcs || target.reads_vkcs) return {};
  return bad_option("target " + std::string(target.name) +
                    " does not read Valkey's compressed-stream envelope, no server before Valkey "
                    "9.2 does");
}

}  // namespace cli
