// Which options of a command a server does not have. A server that finds such a command in an
// append-only file answers with an error that nobody reads, leaves the command out, and goes on.
// Source: COMMAND DOCS of redis 7.0.15 and valkey 8.0.1, 8.1.1 and 9.1.2, with their "history" and
// "since"; redis 2.6.17 to 6.2.16 src/*.c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/aof/server_version.h"

namespace rdb {

struct CommandSyntax;

// Follows the arguments of one command after another. Not thread-safe; distinct objects are
// independent.
class SyntaxCheck {
 public:
  // A command of `arguments` arguments begins. `name` is in lower case: "set", "xgroup|create".
  void start(std::string_view name, uint64_t arguments, ServerVersion version);
  // Argument `index`, the name being 0, in the order of the command. `head`: its first bytes, all
  // of them if it is as short as an option.
  void add(uint64_t index, std::string_view head);
  // Returns the first option that the version does not have, as it is written, or an empty string.
  [[nodiscard]] const std::string& unknown() const { return unknown_; }

 private:
  bool take_option(std::string_view head);
  void refuse(std::string_view head);

  const CommandSyntax* syntax_ = nullptr;
  ServerVersion version_ = kNewest;
  uint64_t from_ = 0;                          // argument at which options begin
  uint64_t end_ = 0;                           // and end
  uint64_t count_ = 0;                         // number of keys, where an argument says so
  uint64_t values_ = 0;                        // arguments to come that belong to the option before
  bool takes_sign_ = false;                    // `=` or `~` may come first
  bool takes_pairs_ = false;                   // the next argument says how many pairs follow
  const std::string_view* choices_ = nullptr;  // what the next argument may be
  std::string unknown_;
};

}  // namespace rdb
