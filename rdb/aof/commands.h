// All append-only commands of a source, read once: how many there are by name, which databases
// they touch, whether every byte of them is sound, and what a server makes of them.
//
//   Commands commands(loading);
//   commands.begin_file({.name = "appendonly.aof.1.incr.aof", .is_last = true});
//   (void)commands.bytes().write(…);
//   commands.end_file();
//   commands.find(findings);
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rdb/aof/command.h"
#include "rdb/aof/judge.h"
#include "rdb/file/reader.h"
#include "rdb/io/source.h"
#include "rdb/server/findings.h"
#include "rdb/server/loading.h"

namespace rdb {

struct CommandsFile {
  std::string name = {};  // for findings; empty where the source is one file
  bool is_last = true;    // servers cut a file whose end is incomplete, and stop if more follow
  uint64_t offset = 0;    // of the first command
  uint64_t db = 0;        // that is selected there
};

// Not thread-safe; distinct objects are independent.
class Commands : private CommandTaker {
 public:
  // `loading` is borrowed and must outlive it.
  explicit Commands(const Loading& loading) : judge_(loading) {}

  // The source is a directory of append-only files, all of which are read here.
  void take_all_files() { has_all_files_ = true; }
  [[nodiscard]] bool has_all_files() const { return has_all_files_; }

  // The file that comes next begins with an RDB part, which is not read here.
  void note_rdb_part(const CommandsFile& file);

  void begin_file(CommandsFile file);
  // Takes the bytes of the file; it never fails.
  [[nodiscard]] ByteSink& bytes() { return *scanner_; }
  void end_file();

  // Number of complete commands, and of those with that name. Names are in upper case, a
  // subcommand behind its command: "XGROUP CREATE"; sorted.
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] std::vector<std::pair<std::string, uint64_t>> names() const;
  // Number of commands by the database in which they work.
  [[nodiscard]] const std::map<uint64_t, uint64_t>& databases() const { return databases_; }
  // True if a command works in all databases.
  [[nodiscard]] bool touches_all() const { return touches_all_; }
  [[nodiscard]] uint64_t annotations() const { return annotations_; }
  // Unix times in seconds of the first and the last annotation #TS.
  [[nodiscard]] std::optional<int64_t> first_time() const { return first_time_; }
  [[nodiscard]] std::optional<int64_t> last_time() const { return last_time_; }
  // Number of bytes in all files.
  [[nodiscard]] uint64_t size() const { return size_; }
  // True if there is a byte that is no annotation.
  [[nodiscard]] bool has_commands() const { return count_ != 0 || is_damaged_; }
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

  // Of the file that ended last: the byte from which on a server cuts it off, since its end is
  // incomplete; nothing: it is complete, or damaged otherwise.
  [[nodiscard]] std::optional<uint64_t> cut() const { return cut_; }
  // The number of bytes that it cuts off; 0 unless cut().
  [[nodiscard]] uint64_t excess() const { return cut_ ? scanner_->end() - *cut_ : 0; }

  // Returns the first damage, as an error of its file; ok() if there is none.
  [[nodiscard]] const Error& error() const { return error_; }
  // Adds what is wrong or odd; what is wrong with their bytes alone.
  void find(std::vector<Finding>& findings) const;
  void find_damage(std::vector<Finding>& findings) const;

 private:
  // What a command has to do with databases and transactions.
  enum class Role : uint8_t { data, server, select, move, copy, swap, all, multi, exec };
  struct Counter {
    uint64_t count = 0;
    Role role = Role::data;
  };

  void begin(uint64_t offset, uint64_t arguments) override;
  ByteSink* body(uint64_t index, uint64_t size) override;
  void argument(uint64_t index, uint64_t size, std::string_view head) override;
  void end(uint64_t offset) override;
  void annotation(uint64_t offset, std::string_view line) override;

  [[nodiscard]] static Role role_of(std::string_view name);
  void resolve();
  void take_database(std::string_view head, bool does_go_on);
  void touch(uint64_t db);
  void find_flaw();
  void find_cut(const Error& error);
  Finding& add(const Error& error, Severity severity, std::string_view more);

  CommandJudge judge_;
  bool has_all_files_ = false;
  CommandsFile file_;
  std::optional<CommandScanner> scanner_;
  std::unordered_map<std::string, Counter> counters_;  // by name, in lower case
  Counter others_;                                     // of names past kNamesMax
  // The command that is being read:
  uint64_t offset_ = 0;
  uint64_t arguments_ = 0;
  std::string name_;            // in lower case
  Counter* counter_ = nullptr;  // once its name is known
  bool takes_db_ = false;       // the next argument is that of COPY ... DB
  // The one before, if it has no subcommand:
  std::string raw_name_;
  Counter* last_counter_ = nullptr;

  uint64_t db_ = 0;                   // selected
  std::optional<uint64_t> multi_at_;  // of a transaction that has begun
  uint64_t count_ = 0;
  std::map<uint64_t, uint64_t> databases_;
  bool touches_all_ = false;
  uint64_t annotations_ = 0;
  std::optional<int64_t> first_time_;
  std::optional<int64_t> last_time_;
  uint64_t size_ = 0;
  bool is_damaged_ = false;
  std::optional<uint64_t> cut_;
  Error error_;
  std::vector<Finding> findings_;
};

// Hands what follows an RDB part, or a file of commands, to Commands. Not thread-safe.
class CommandTail : public TailSink {
 public:
  // `commands` is borrowed and must outlive it. `file`: what is known of the file that is read.
  explicit CommandTail(Commands& commands, CommandsFile file = {})
      : commands_(commands), file_(std::move(file)) {}

  // From here on `to`, borrowed, gets the bytes as well; nullptr ends it.
  void copy_to(ByteSink* to) { copy_ = to; }
  // Takes whatever follows, since the file is an append-only one and servers read it so.
  void take_all() { takes_all_ = true; }
  void set_file(CommandsFile file) { file_ = std::move(file); }

  [[nodiscard]] bool begin(const Tail& tail) override;
  [[nodiscard]] bool write(std::string_view bytes) override;
  void end() override { commands_.end_file(); }

 private:
  Commands& commands_;
  CommandsFile file_;
  ByteSink* copy_ = nullptr;
  bool takes_all_ = false;
};

// Reads a file of commands to its end. False: `source` failed, or `copy`, which gets its bytes
// unless it is nullptr.
[[nodiscard]] bool read_commands(ByteSource& source, CommandsFile file, Commands& commands,
                                 ByteSink* copy = nullptr);

// Returns `3 commands (DEL 1, SELECT 1, SET 1)`, or that there are none.
[[nodiscard]] std::string describe(const Commands& commands);

// Returns in words which commands are not read by who reads the RDB part of a source alone, once
// the reader is at its end; an empty string: none. Without `commands` only their size is known.
[[nodiscard]] std::string unread_words(const Reader& reader, const Commands* commands);
// The same of the increments of an append-only file of which `reader` has the base.
[[nodiscard]] std::string missing_increments(const Reader& reader, const Commands* commands);

}  // namespace rdb
