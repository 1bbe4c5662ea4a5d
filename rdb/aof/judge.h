// What a server makes of each command that it finds in an append-only file. It stops at a command
// that it does not have, and answers others with errors that nobody reads: it leaves these out.
// Source: redis 7.0.15 and valkey 8.0.1, 8.1.1 and 9.1.2, started on such files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/aof/known.h"
#include "rdb/aof/payload.h"
#include "rdb/aof/syntax.h"
#include "rdb/base/sha.h"
#include "rdb/io/sink.h"
#include "rdb/server/findings.h"
#include "rdb/server/library.h"
#include "rdb/server/loading.h"

namespace rdb {

// Judges one command after another. Not thread-safe; distinct objects are independent.
class CommandJudge {
 public:
  // `loading` is borrowed and must outlive the judge. Without a target in it, commands are judged
  // by what the newest Valkey has.
  explicit CommandJudge(const Loading& loading);

  // The commands of another file come next; findings are said to be of it.
  void begin_file(std::string file) { file_ = std::move(file); }

  // A command at byte `offset`, of `arguments` arguments with its name. `name` is in lower case
  // and with its subcommand, if it has them: "set", "xgroup|create".
  void start(uint64_t offset, std::string_view name, uint64_t arguments);
  // Returns where all bytes of argument `index` go before argument() is called, or nullptr.
  [[nodiscard]] ByteSink* body(uint64_t index);
  // An argument behind the name, and behind the subcommand. `head`: its first bytes.
  void argument(uint64_t index, std::string_view head);
  // The command names database `n`; `does_go_on`: what follows is meant for it.
  void database(uint64_t n, bool does_go_on);
  // A number of a database that is none.
  void no_database(std::string_view text);
  // EXEC, and no transaction has begun.
  void no_transaction();
  void end();
  void annotation(uint64_t offset);

  // Adds a finding for everything that is wrong, counted by its words.
  void find(std::vector<Finding>& findings) const;

 private:
  enum class Body : uint8_t { none, payload, library, script };

  // Hands on the text of a function library, and sums up that of a script.
  class Text : public ByteSink {
   public:
    [[nodiscard]] bool write(std::string_view bytes) override;
    Libraries* library = nullptr;  // that gets the text as well
    Sha1 sum;
  };

  void judge_name(uint64_t arguments);
  void judge_unknown();
  [[nodiscard]] bool is_of_module(std::string_view name) const;
  void judge_payload();
  void judge_library();
  void judge_script_call(std::string_view sum);
  void add(std::string_view kind, Severity severity, std::string words);
  [[nodiscard]] std::string shown_name() const;

  const Loading& loading_;
  const ServerVersion version_;
  const std::string server_;  // as messages call it
  std::string file_;
  uint64_t offset_ = 0;  // of the command
  std::string name_;
  uint64_t arguments_ = 0;
  SyntaxCheck syntax_;
  Body body_kind_ = Body::none;
  PayloadCheck payload_;
  std::optional<Libraries> library_;
  Text text_;
  std::set<Sha1Digest> scripts_;
  bool has_all_scripts_ = true;
  std::vector<Finding> findings_;
  uint64_t more_ = 0;  // findings that are not listed
};

}  // namespace rdb
