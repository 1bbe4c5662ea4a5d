// Runs the code of a function library as servers do when they load it: in a Lua 5.1 that has the
// methods of strings and, as `redis` and `server`, an API of two functions and some constants.
// Nothing else of Lua is there while a library is loaded.
//
// Memory is limited, time is not, and a hostile text can end the process: whoever calls this with
// the text of a file does so in a process of its own, under limits (library_judge.h).
//
// Source: valkey 8.0.1 src/functions.c, functionsCreateWithLibraryCtx; src/function_lua.c,
// luaEngineInitEngine, luaRegisterFunction; redis 6.0.16 src/scripting.c, luaCreateFunction;
// tests/live_functions compares it with servers.
#pragma once

#include <cstddef>
#include <string_view>

#include "rdb/server/library_judge.h"

namespace rdb {

// Bytes that the Lua of a library or a script may take; one that needs more is undecided. A server
// has no such limit: libraries take some KiB, and 100 MB of strings still fit.
inline constexpr size_t kLibraryMemoryMax = size_t{256} << 20;

// Runs a library, whose text begins with its first line. Throws std::bad_alloc if the system has
// no memory.
[[nodiscard]] LibraryAnswer run_library(std::string_view source, const LibraryApi& api);

// Compiles a script as the body of a function, and does not run it. Text that closes that function
// is undecided: servers run what follows.
[[nodiscard]] LibraryAnswer compile_script(std::string_view script);

}  // namespace rdb
