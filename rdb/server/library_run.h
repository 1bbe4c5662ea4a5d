// Runs the code of a function library as servers do when they load it: in a Lua 5.1 that has the
// methods of strings and, as `redis` and `server`, an API of two functions and some constants.
// Nothing else of Lua is there while a library is loaded. Memory and instructions are limited.
// Source: valkey 8.0.1 src/functions.c, functionsCreateWithLibraryCtx; src/function_lua.c,
// luaEngineInitEngine, luaRegisterFunction; tests/live_functions compares it with servers.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace rdb {

// What a library finds while it is loaded, where servers differ.
struct LibraryApi {
  bool has_server = true;     // Valkey: `server` is `redis`, and knows the version of Valkey
  bool may_log = true;        // false: calling `log` ends the server
  std::string redis_version;  // "7.2.4": of the Redis API
  std::string valkey_version;
};

struct LibraryRun {
  std::string why;                  // it fails; empty: it does not
  std::set<std::string> functions;  // the names that it registers
};

// Runs the code of a library, which follows the first line. Throws std::bad_alloc if the system has
// no memory.
[[nodiscard]] LibraryRun run_library(std::string_view code, const LibraryApi& api);

// Returns why the body of a script does not compile; empty: it does.
[[nodiscard]] std::string compile_script(std::string_view script);

}  // namespace rdb
