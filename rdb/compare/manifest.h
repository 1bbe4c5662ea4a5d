// What manifests are made of and compared by. A manifest says what a file was, so that a copy can
// be proven later: a JSON document (cli/schema/manifest.json) whose items, but for `tool` and
// `file`, follow from the file alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rdb/base/sha.h"
#include "rdb/io/source.h"

namespace rdb {

inline constexpr std::string_view kManifestSchema = "rdbferry/manifest/1";

// Passes the bytes of a source through, counts and hashes them. One thread.
class HashedSource : public ByteSource {
 public:
  // `source` must outlive it.
  explicit HashedSource(ByteSource& source) : source_(source) {}

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;
  [[nodiscard]] std::optional<uint64_t> size() const override { return source_.size(); }

  // Reads what is left. False: error().
  [[nodiscard]] bool drain();
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] Sha256Digest sha256() { return sha256_.finish(); }  // once

 private:
  ByteSource& source_;
  Sha256 sha256_;
  uint64_t bytes_ = 0;
};

// The scalars of a JSON document (RFC 8259), as they stand there, each with its path, such as
// `databases[0].keys`. False: it is none.
using JsonItems = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] bool json_items(std::string_view document, JsonItems& to);

// How a file whose manifest is `found` differs from what `recorded` says, an item each:
// `keys is 5, the manifest says 6`. nullopt: `recorded` is no manifest.
[[nodiscard]] std::optional<std::vector<std::string>> compare_manifests(std::string_view found,
                                                                        std::string_view recorded);

}  // namespace rdb
