// A server that is to load a file: its version and the settings that decide what it takes. What of
// the file as a whole it does not take; of single values verdict.h tells.
// Source: valkey 7.2.7, 8.0.1, 8.1.1 and 9.1.2 src/rdb.c, rdbLoadRioWithLoadingCtx,
// rdbIsVersionAccepted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/file/reader.h"
#include "rdb/pass/survey.h"
#include "rdb/server/audit.h"
#include "rdb/server/findings.h"
#include "rdb/server/library_judge.h"
#include "rdb/server/target.h"

namespace rdb {

struct Loading {
  const Target* target = nullptr;  // nullptr: none is named, what any Valkey minds is found
  std::string release =
      {};                   // of the target, as release_in() returns it; "": any, the worst is told
  bool sanitizes = false;   // sanitize-dump-payload yes
  bool is_relaxed = false;  // rdb-version-check relaxed
  bool is_cluster = false;
  uint64_t databases = 0;                 // 0: its default
  std::vector<std::string> modules = {};  // the names of module types that it has
  // Runs the code of function libraries. Borrowed; without one they are undecided.
  LibraryJudge* judge = nullptr;
  // Libraries and scripts of more bytes are undecided; servers take up to 512 MB.
  uint64_t library_bytes_max = kLibraryBytesMax;
};

// How many databases may be selected; 16 without a target.
[[nodiscard]] uint64_t databases_of(const Loading& loading);

[[nodiscard]] Scrutiny scrutiny_of(const Loading& loading);

[[nodiscard]] ScoreReader score_reader_of(const Loading& loading);

// How many databases may have keys: in a cluster one, but for Valkey 9.
[[nodiscard]] uint64_t databases_with_keys(const Loading& loading);

// Whether a cluster node deletes the keys of slots that another node owns: Valkey from 8.0 on does.
[[nodiscard]] bool deletes_foreign_slots(const Loading& loading);

// Whether it loads the scripts that are in AUX fields "lua", as redis 4.0 to 6.2 do.
[[nodiscard]] bool has_scripts(const Loading& loading);

// Whether it reads files with that header.
[[nodiscard]] bool reads(const Loading& loading, const Header& header);

// Why the file as a whole, read to its end, does not load in the target.
// The same for databases that the target is not configured with, of those read so far.
void find_databases(const Loading& loading, const Reader& reader, std::vector<Finding>& findings);
void find_not_loaded(const Loading& loading, const Reader& reader, const Survey& survey,
                     std::vector<Finding>& findings);

// What the server does with the file, by what was found: the worst.
[[nodiscard]] Severity verdict(const std::vector<Finding>& findings);

}  // namespace rdb
