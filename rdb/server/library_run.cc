#include "rdb/server/library_run.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include <lua.hpp>
#include <new>
#include <string>
#include <utility>

namespace rdb {
namespace {

// Of the functions that a library registers, whose names are not in Lua's memory: their text and
// what it takes to hold them.
constexpr size_t kNamesBytesMax = size_t{1} << 20;
constexpr size_t kNameBytes = 64;

constexpr int kLogLevels = 4;

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

// One run. Lua leaves a function by longjmp on an error: none of those below holds an object that
// would have to be destroyed then.
struct Run {
  const LibraryApi* api = nullptr;
  size_t memory = 0;
  size_t names_bytes = 0;
  bool has_failed = false;  // the system has no memory, whatever the limit
  bool is_over = false;     // a limit was reached
  LibraryAnswer answer;
};

void* allocate(void* of, void* block, size_t old, size_t size) {
  Run& run = *static_cast<Run*>(of);
  if (block == nullptr) old = 0;
  if (size == 0) {
    run.memory -= old;
    std::free(block);
    return nullptr;
  }
  if (size > old && run.memory + (size - old) > kLibraryMemoryMax) {
    run.is_over = true;
    return nullptr;
  }
  void* const fresh = std::realloc(block, size);
  if (fresh != nullptr) run.memory = run.memory - old + size;
  run.has_failed |= fresh == nullptr;
  return fresh;
}

Run& run_of(lua_State* lua) { return *static_cast<Run*>(lua_touserdata(lua, lua_upvalueindex(1))); }

int no_global(lua_State* lua) {
  const char* const name = lua_tostring(lua, 2);
  return luaL_error(lua, "nonexistent global variable '%s'", name != nullptr ? name : "?");
}

int read_only(lua_State* lua) { return luaL_error(lua, "attempt to modify a readonly table"); }

// The argument at `at`; false: none of the flags that servers know.
bool are_flags(lua_State* lua, int at) {
  constexpr const char* kFlags[] = {"no-writes", "allow-oom", "allow-stale", "no-cluster",
                                    "allow-cross-slot-keys"};
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, at, i);
    if (lua_isnil(lua, -1)) return true;
    if (lua_isstring(lua, -1) == 0) return false;
    const char* const flag = lua_tostring(lua, -1);
    const bool is_known = std::any_of(std::begin(kFlags), std::end(kFlags),
                                      [flag](const char* k) { return strcasecmp(k, flag) == 0; });
    if (!is_known) return false;
    lua_pop(lua, 1);
  }
}

// Reads the argument of that name whose value is on top of the stack, which has two slots at
// kNameAt and kCallbackAt for what matters of it.
constexpr int kNameAt = 2;
constexpr int kCallbackAt = 3;
void read_named_argument(lua_State* lua, const char* key) {
  const int top = lua_gettop(lua);
  if (strcasecmp(key, "function_name") == 0) {
    if (lua_isstring(lua, top) == 0) luaL_error(lua, "function_name must be a string");
    (void)lua_tostring(lua, top);  // makes a string of a number
    lua_pushvalue(lua, top);
    lua_replace(lua, kNameAt);
  } else if (strcasecmp(key, "description") == 0) {
    if (lua_isstring(lua, top) == 0) luaL_error(lua, "description must be a string");
  } else if (strcasecmp(key, "callback") == 0) {
    if (lua_isfunction(lua, top) == 0) luaL_error(lua, "callback must be a function");
    lua_pushvalue(lua, top);
    lua_replace(lua, kCallbackAt);
  } else if (strcasecmp(key, "flags") == 0) {
    if (lua_istable(lua, top) == 0) luaL_error(lua, "flags must be a table");
    if (!are_flags(lua, top)) luaL_error(lua, "unknown flag given");
    lua_settop(lua, top);
  } else {
    luaL_error(lua, "unknown argument given to register_function");
  }
}

// Leaves the name under which a function is registered, of the table at 1, at kNameAt.
void read_named_arguments(lua_State* lua) {
  if (lua_istable(lua, 1) == 0) luaL_error(lua, "register_function takes a table or two arguments");
  lua_settop(lua, kCallbackAt);
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    if (lua_type(lua, -2) != LUA_TSTRING) luaL_error(lua, "an argument without a name");
    read_named_argument(lua, lua_tostring(lua, -2));
    lua_pop(lua, 1);
  }
  if (lua_isnil(lua, kNameAt)) luaL_error(lua, "register_function must get a function name");
  if (lua_isnil(lua, kCallbackAt)) luaL_error(lua, "register_function must get a callback");
}

// False: it is there already, or there is no memory, of which run() tells. No exception may pass
// through the C code of Lua.
bool add_function(Run& run, std::string_view name) {
  run.names_bytes += name.size() + kNameBytes;
  run.is_over = run.is_over || run.names_bytes > kNamesBytesMax;
  if (run.is_over) return false;
  try {
    return run.answer.functions.emplace(name).second;
  } catch (const std::bad_alloc&) {
    run.has_failed = true;
    return false;
  }
}

int register_function(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  int at = 1;  // the name's place
  if (arguments == 1) {
    read_named_arguments(lua);
    at = kNameAt;
  } else if (arguments == 2) {
    if (lua_isstring(lua, 1) == 0) luaL_error(lua, "a function name must be a string");
    if (lua_isfunction(lua, 2) == 0) luaL_error(lua, "what is registered must be a function");
  } else {
    luaL_error(lua, "wrong number of arguments to register_function");
  }
  size_t size = 0;
  const char* const name = lua_tolstring(lua, at, &size);
  if (!is_name({name, size})) luaL_error(lua, "function name '%s' is not valid", name);
  if (!add_function(run_of(lua), {name, size})) {
    luaL_error(lua, "function %s is registered twice", name);
  }
  return 0;
}

int log(lua_State* lua) {
  run_of(lua).answer.uses_log = true;
  if (!run_of(lua).api->may_log) {
    luaL_error(lua, "log is called while the library is loaded, which ends the server");
  }
  if (lua_gettop(lua) < 2) luaL_error(lua, "log takes a level and a text");
  if (lua_isnumber(lua, 1) == 0) luaL_error(lua, "the log level must be a number");
  const double level = lua_tonumber(lua, 1);
  if (!(level > -1 && level < kLogLevels)) luaL_error(lua, "there is no such log level");
  return 0;
}

// The table on the stack becomes what an empty one with a metatable hides: only to be read, and
// what it has not is up to `missing`.
void protect(lua_State* lua, Run& run, lua_CFunction missing) {
  lua_newtable(lua);  // metatable of the table: what it has not
  lua_pushlightuserdata(lua, &run);
  lua_pushcclosure(lua, missing, 1);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_newtable(lua);  // the empty one
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, read_only);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

void push_function(lua_State* lua, Run& run, const char* name, lua_CFunction function) {
  lua_pushlightuserdata(lua, &run);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

// A version, "7.2.4", as the number 0x070204.
lua_Number number_of(const std::string& version) {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  (void)std::sscanf(version.c_str(), "%u.%u.%u", &major, &minor, &patch);
  return major << 16 | minor << 8 | patch;
}

// What the API has not: a version, which is given as text and as a number, or an error.
int api_constant(lua_State* lua) {
  Run& run = run_of(lua);
  size_t size = 0;
  const char* const text = lua_type(lua, 2) == LUA_TSTRING ? lua_tolstring(lua, 2, &size) : "";
  const std::string_view name(text, size);
  const bool is_of_redis = name == "REDIS_VERSION" || name == "REDIS_VERSION_NUM";
  const bool is_of_valkey =
      run.api->has_server && (name == "VALKEY_VERSION" || name == "VALKEY_VERSION_NUM");
  if (!is_of_redis && !is_of_valkey) return no_global(lua);
  const std::string& version = is_of_redis ? run.api->redis_version : run.api->valkey_version;
  if (name.ends_with("_NUM")) {
    lua_pushnumber(lua, number_of(version));
  } else {
    lua_pushlstring(lua, version.data(), version.size());
  }
  // Of Valkey, that of the Redis API is the same in all releases.
  run.answer.uses_version = run.answer.uses_version || is_of_valkey || !run.api->has_server;
  return 1;
}

// Pushes the globals that a library sees while it is loaded.
void push_globals(lua_State* lua, Run& run) {
  lua_newtable(lua);
  lua_newtable(lua);  // the API
  push_function(lua, run, "register_function", register_function);
  push_function(lua, run, "log", log);
  int level = 0;
  for (const char* name : {"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"}) {
    lua_pushnumber(lua, level++);
    lua_setfield(lua, -2, name);
  }
  if (run.api->has_server) {
    lua_pushstring(lua, "valkey");
    lua_setfield(lua, -2, "SERVER_NAME");
  }
  protect(lua, run, api_constant);
  if (run.api->has_server) {
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, "server");
  }
  lua_setfield(lua, -2, "redis");
  protect(lua, run, no_global);
}

struct Load {
  Run& run;
  const char* name;  // of the code, for its errors
  std::string_view code;
};

// Called by lua_cpcall, so that errors on the way are caught too.
int load(lua_State* lua) {
  const Load& what = *static_cast<const Load*>(lua_touserdata(lua, 1));
  luaopen_string(lua);  // methods of strings are there, the table is not
  if (luaL_loadbuffer(lua, what.code.data(), what.code.size(), what.name) != 0) {
    return lua_error(lua);
  }
  if (what.run.api == nullptr) return 0;
  push_globals(lua, what.run);
  lua_setfenv(lua, -2);
  lua_call(lua, 0, 0);
  return 0;
}

// Runs or compiles the code, and sets the answer.
void run_code(Run& run, const char* name, std::string_view code) {
  using Kind = LibraryAnswer::Kind;
  lua_State* const lua = lua_newstate(allocate, &run);
  if (lua == nullptr) throw std::bad_alloc();  // far below the limit
  Load what{run, name, code};
  run.answer.kind = Kind::loads;
  if (lua_cpcall(lua, load, &what) != 0) {
    run.answer.kind = Kind::fails;
    const char* const text = lua_tostring(lua, -1);
    run.answer.words = text != nullptr ? text : "an error that is no text";
  }
  lua_close(lua);
  if (run.has_failed) throw std::bad_alloc();  // which says nothing about the library
  if (!run.is_over) return;
  run.answer.kind = Kind::undecided;
  run.answer.functions.clear();
  run.answer.words =
      run.names_bytes > kNamesBytesMax
          ? "it registers more functions than are kept track of"
          : "it takes more than " + std::to_string(kLibraryMemoryMax >> 20) + " MiB of memory";
}

LibraryAnswer compile(std::string_view name_and_code) {
  Run run;
  run_code(run, "@user_script", name_and_code);
  return std::move(run.answer);
}

}  // namespace

LibraryAnswer run_library(std::string_view source, const LibraryApi& api) {
  std::string_view code = source.substr(std::min(source.find('\n'), source.size()));
  if (api.ends_at_zero) code = code.substr(0, code.find('\0'));
  Run run;
  run.api = &api;
  run_code(run, "@user_function", code);
  return std::move(run.answer);
}

LibraryAnswer compile_script(std::string_view script) {
  constexpr std::string_view kHead = "function f_da39a3ee5e6b4b0d3255bfef95601890afd80709() ";
  const std::string body(script);
  LibraryAnswer out = compile(std::string(kHead) + body + "\nend");
  if (out.kind != LibraryAnswer::Kind::loads) return out;
  // What compiles in the function and not on its own closes the function. The blank: a text that
  // begins with an escape is no compiled code.
  LibraryAnswer alone = compile(" " + body);
  if (alone.kind != LibraryAnswer::Kind::fails) return alone;
  out.kind = LibraryAnswer::Kind::undecided;
  out.words = "it closes the function around it, and what follows would be run";
  return out;
}

}  // namespace rdb
