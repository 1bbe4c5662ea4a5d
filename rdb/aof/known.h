// Which commands a server has, and how many arguments they take. A server that finds an unknown
// command in an append-only file stops.
// Source: COMMAND of redis 6.0.16, 7.0.15 and valkey 8.0.1, 8.1.1, 9.1.2; the command tables of
// redis 2.6.17, 2.8.24, 3.0.7, 3.2.13, 4.0.14, 5.0.14, 6.2.16 (src/redis.c, src/server.c) and
// 7.2.6, valkey 7.2.7 (src/commands/*.json); valkey 9.0: COMMAND DOCS of 9.1.2, "since".
// tests/live_commands compares the table with the servers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/aof/server_version.h"

namespace rdb {

struct KnownCommand {
  std::string_view name;  // lower case
  ServerVersion since;    // of this number of arguments
  int arity;              // arguments with the name; negative: that many or more

  [[nodiscard]] bool takes(uint64_t arguments) const {
    return arity >= 0 ? arguments == static_cast<uint64_t>(arity)
                      : arguments >= static_cast<uint64_t>(-arity);
  }
};

// Returns the command as `version` has it, or nullptr. `name` is in lower case.
[[nodiscard]] const KnownCommand* find_command(std::string_view name, ServerVersion version);

// True if some version has subcommands of this command.
[[nodiscard]] bool is_container(std::string_view name);

// Returns a name as users know it, "XGROUP CREATE" for "xgroup|create", in printable letters.
[[nodiscard]] std::string display_name(std::string_view name);

}  // namespace rdb
