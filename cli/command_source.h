// The append-only commands of an input: those that follow the RDB part of a file, and those in a
// directory of append-only files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rdb/aof/aof_directory.h"
#include "rdb/aof/commands.h"
#include "rdb/file/reader.h"

namespace cli {

class CommandSource {
 public:
  // Borrows `loading`, if it is given: the server for which commands are judged.
  explicit CommandSource(const rdb::Loading* loading = nullptr);

  // Finds out whether `path` is a directory of append-only files, or its manifest, and reads that.
  // base() is then the file to read, if has_base().
  [[nodiscard]] rdb::Error open(const std::string& path);
  // Absent unless it is one.
  [[nodiscard]] const std::optional<rdb::AofDirectory>& directory() const { return directory_; }
  // The path of a file: as given, or of the base, or where the last error is.
  [[nodiscard]] const std::string& base() const { return base_; }
  // False for a directory of commands alone.
  [[nodiscard]] bool has_base() const { return has_base_; }

  // The commands that have been read.
  [[nodiscard]] const rdb::Commands& commands() const { return commands_; }
  // Takes those after an RDB part: for rdb::ReaderOptions::tail.
  [[nodiscard]] rdb::CommandTail& tail() { return tail_; }

  // Reads the increments of a directory. Each goes to where `copy` says as well; nullptr: nowhere.
  // False in `copied`: such a sink failed.
  using Copy = std::function<rdb::ByteSink*(const rdb::AofDirectory::Member&)>;
  [[nodiscard]] rdb::Error read_increments(const std::string& progress, const Copy& copy = nullptr);

  // Reads commands at byte `offset` of a file. False: `source` failed.
  [[nodiscard]] bool read(rdb::ByteSource& source, uint64_t offset) {
    return rdb::read_commands(source, {.offset = offset}, commands_);
  }

  // Returns the error of a reader with what is known of the commands: damage of them comes before
  // `no_rdb_part`.
  [[nodiscard]] rdb::Error explain(const rdb::Error& error) const;

  // For a command that reads the RDB part alone, once `reader` is at its end. Returns
  // `commands_unread`, or the damage of the commands, unless `allowed` has the loss "commands";
  // then standard error says, of `shown`, what is not read.
  [[nodiscard]] rdb::Error find_unread(const rdb::Reader& reader, const std::string& shown,
                                       const std::vector<std::string>& allowed) const;

 private:
  [[nodiscard]] rdb::CommandsFile part(const rdb::AofDirectory::Member& member) const;

  std::string base_;
  bool has_base_ = true;
  std::optional<rdb::AofDirectory> directory_;
  rdb::Commands commands_;
  rdb::CommandTail tail_{commands_};
};

// True if the loss "commands" is among these.
[[nodiscard]] bool allows_commands(const std::vector<std::string>& losses);

}  // namespace cli
