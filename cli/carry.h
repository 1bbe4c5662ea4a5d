// What convert, split and merge share: the options of carrying data to a target, the way from one
// input to wherever its data go, and the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/common.h"
#include "cli/library_process.h"
#include "cli/paths.h"

namespace cli {

struct CarryOptions {
  CommonOptions common;
  std::string in;
  std::string target = "valkey-8.0";
  std::vector<std::string> modules;
  uint64_t databases = 0;       // 0: as the target has by default
  std::string sanitize = "no";  // its sanitize-dump-payload
  bool cluster = false;         // the target is a node of a cluster
  bool keep_replication_id = false;
  bool reencode = false;
  std::vector<std::string> reencode_types;
  std::string compress;  // lzf, none, or empty: lzf, and it changes nothing that is copied
  std::vector<std::string> allowed_losses;
  bool is_dry = false;
  rdb::SelectOptions select;
  std::string expired = "keep";  // keep, drop
  rdb::ChangeOptions change;
  bool allow_empty = false;
  bool drop_functions = false;
  std::vector<std::string> dropped_modules;
  bool force = false;
  bool verify = false;
  std::string on_duplicate = "error";  // error, first, last
  uint64_t library_time_s = kLibraryTimeDefault;
};

// Where data go.
class Destination {
 public:
  Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  virtual ~Destination() = default;

  // The path as given.
  [[nodiscard]] virtual const std::string& path() const = 0;
  // The name of the report's schema.
  [[nodiscard]] virtual std::string_view schema() const = 0;
  // Whether a server that starts on it loads what has expired, and drops it later.
  [[nodiscard]] virtual bool keeps_expired() const { return false; }
  // What is new gets this access. For a dry run nothing is opened, and commit() does nothing.
  [[nodiscard]] virtual rdb::Error open(const rdb::Access& access) = 0;
  [[nodiscard]] virtual rdb::Outlet& outlet() = 0;  // once open
  // True if the commands of an append-only file go there as well.
  [[nodiscard]] virtual bool takes_commands() const { return false; }
  // Begins another file for them, which lives as long as this; nullptr: error().
  [[nodiscard]] virtual rdb::ByteSink* begin_commands() { return nullptr; }
  // Re-reads what was written of them, once finished and before commit().
  [[nodiscard]] virtual rdb::Error verify_commands(const rdb::Loading& /*loading*/) const {
    return {};
  }
  // Whether what has been written cannot be taken back, so that nothing should follow a refusal.
  [[nodiscard]] virtual bool is_direct() const = 0;
  // Ends what the outlet has written.
  [[nodiscard]] virtual bool finish() = 0;
  [[nodiscard]] virtual bool commit() = 0;
  [[nodiscard]] virtual const rdb::Error& error() const = 0;
  // Once finished and before commit(): the files with what has been written; none: they cannot be
  // read.
  [[nodiscard]] virtual std::vector<std::string> written() const = 0;
  // What an error in writing is about.
  [[nodiscard]] virtual std::string about() const = 0;

  // For the report, behind finish(): bytes as stored, words behind their number, further lines, and
  // further members.
  [[nodiscard]] virtual uint64_t bytes() const = 0;
  [[nodiscard]] virtual std::string words() const { return ""; }
  [[nodiscard]] virtual std::string lines() const { return ""; }
  virtual bool json(rdb::Json& json) const = 0;
};

// Carries the input to its destination, of which `paths` has the files, for a server with these
// settings, and reports. Returns the exit status.
int carry(const CarryOptions& options, const rdb::Loading& loading, const Paths& paths,
          Destination& to);

// An error of the command line.
[[nodiscard]] rdb::Error bad_option(std::string words);

// The files that all commands of this kind read and write: IN, --list, a report in JSON.
[[nodiscard]] Paths paths_of(const CarryOptions& options);

// The target of the options; nullptr: there is none, and that is told.
[[nodiscard]] const rdb::Target* find_target(const CarryOptions& options);

// The server that is to load the output, with its settings and without a judge; a node of a cluster
// where the options or `is_cluster` say so.
[[nodiscard]] rdb::Loading loading_of(const CarryOptions& options, const rdb::Target& target,
                                      bool is_cluster = false);

// The same server, whose function libraries `judge` runs.
[[nodiscard]] rdb::Loading with_judge(rdb::Loading loading, rdb::LibraryJudge& judge);

// What the options say to a Converter, but for selection and changes.
[[nodiscard]] rdb::ConvertOptions convert_options(const CarryOptions& options,
                                                  const rdb::Loading& loading);

// Whether values that the target refuses or breaks on may be left out, which takes a pass before.
[[nodiscard]] bool mends(const CarryOptions& options);

// How a report says that --verify found nothing wrong.
[[nodiscard]] std::string verified_text(const std::vector<rdb::Finding>& findings);

// Why --verify cannot be.
[[nodiscard]] rdb::Error unverifiable();
// Reads back what has been written, compares it with what was carried, and judges it as the server
// does that is to load it.
[[nodiscard]] rdb::Error verify(const Destination& to, const rdb::Carried& carried,
                                const rdb::Loading& loading, int64_t now_ms);

// Parts of reports.
[[nodiscard]] std::string text(const rdb::ConvertChanges& changes);
[[nodiscard]] std::string text(const std::vector<rdb::Finding>& findings,
                               const std::string& file = "",  // before each place
                               std::string_view path = kNoPath);
// The worst of what was found and of the error that ended the command, which may be ok.
[[nodiscard]] rdb::Status worst(std::vector<rdb::Finding> findings, const rdb::Error& error);
// What the user can do about values and libraries that the target does not take; a line each.
[[nodiscard]] std::string cures(const std::vector<rdb::Finding>& findings);
bool json(rdb::Json& json, const rdb::ConvertChanges& changes);

}  // namespace cli
