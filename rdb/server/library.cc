#include "rdb/server/library.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <lua.hpp>
#include <new>

#include "rdb/base/error.h"
#include "rdb/pass/survey.h"

namespace rdb {
namespace {

constexpr size_t kMemoryMax = size_t{8} << 20;
constexpr int kInstructionsMax = 10'000'000;

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

// One run. Lua leaves a function by longjmp on an error: none of those below holds an object that
// would have to be destroyed then.
struct Run {
  size_t memory = 0;
  bool has_failed = false;          // the system has no memory, whatever the limit
  std::set<std::string> functions;  // registered
};

void* allocate(void* of, void* block, size_t old, size_t size) {
  Run& run = *static_cast<Run*>(of);
  if (block == nullptr) old = 0;
  if (size == 0) {
    run.memory -= old;
    std::free(block);
    return nullptr;
  }
  if (size > old && run.memory + (size - old) > kMemoryMax) return nullptr;
  void* const fresh = std::realloc(block, size);
  if (fresh != nullptr) run.memory = run.memory - old + size;
  run.has_failed |= fresh == nullptr;
  return fresh;
}

Run& run_of(lua_State* lua) { return *static_cast<Run*>(lua_touserdata(lua, lua_upvalueindex(1))); }

void stop(lua_State* lua, lua_Debug*) { luaL_error(lua, "does not end"); }

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

// The name under which the function of the table at 1 is registered, left on the stack.
const char* named_arguments(lua_State* lua, size_t& size) {
  if (lua_istable(lua, 1) == 0) luaL_error(lua, "register_function takes a table or two arguments");
  const char* name = nullptr;
  bool has_callback = false;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    if (lua_type(lua, -2) != LUA_TSTRING) luaL_error(lua, "an argument without a name");
    const char* const key = lua_tostring(lua, -2);
    if (strcasecmp(key, "function_name") == 0) {
      if (lua_type(lua, -1) != LUA_TSTRING) luaL_error(lua, "function_name must be a string");
      name = lua_tolstring(lua, -1, &size);
    } else if (strcasecmp(key, "description") == 0) {
      if (lua_type(lua, -1) != LUA_TSTRING) luaL_error(lua, "description must be a string");
    } else if (strcasecmp(key, "callback") == 0) {
      if (lua_isfunction(lua, -1) == 0) luaL_error(lua, "callback must be a function");
      has_callback = true;
    } else if (strcasecmp(key, "flags") == 0) {
      if (lua_istable(lua, -1) == 0) luaL_error(lua, "flags must be a table");
      const int top = lua_gettop(lua);
      if (!are_flags(lua, top)) luaL_error(lua, "unknown flag given");
      lua_settop(lua, top);
    } else {
      luaL_error(lua, "unknown argument given to register_function");
    }
    lua_pop(lua, 1);
  }
  if (name == nullptr) luaL_error(lua, "register_function must get a function name");
  if (!has_callback) luaL_error(lua, "register_function must get a callback");
  return name;
}

int register_function(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  size_t size = 0;
  const char* name = nullptr;
  if (arguments == 1) {
    name = named_arguments(lua, size);
  } else if (arguments == 2) {
    if (lua_type(lua, 1) != LUA_TSTRING) luaL_error(lua, "a function name must be a string");
    if (lua_isfunction(lua, 2) == 0) luaL_error(lua, "what is registered must be a function");
    name = lua_tolstring(lua, 1, &size);
  } else {
    luaL_error(lua, "wrong number of arguments to register_function");
  }
  if (!is_name({name, size})) luaL_error(lua, "function name '%s' is not valid", name);
  if (!run_of(lua).functions.emplace(name, size).second) {
    luaL_error(lua, "function %s is registered twice", name);
  }
  return 0;
}

int log(lua_State* lua) {
  if (lua_gettop(lua) < 2) luaL_error(lua, "log takes a level and a text");
  if (lua_isnumber(lua, 1) == 0) luaL_error(lua, "the level must be a number");
  return 0;
}

// The table on the stack becomes what an empty one with a metatable hides: only to be read, and
// what it has not is an error.
void protect(lua_State* lua) {
  lua_newtable(lua);  // metatable of the table: what it has not
  lua_pushcfunction(lua, no_global);
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

// Pushes the globals that a library sees while it is loaded.
void push_globals(lua_State* lua, Run& run) {
  lua_newtable(lua);
  lua_newtable(lua);  // server
  lua_pushlightuserdata(lua, &run);
  lua_pushcclosure(lua, register_function, 1);
  lua_setfield(lua, -2, "register_function");
  lua_pushcfunction(lua, log);
  lua_setfield(lua, -2, "log");
  int level = 0;
  for (const char* name : {"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"}) {
    lua_pushnumber(lua, level++);
    lua_setfield(lua, -2, name);
  }
  for (const char* name : {"REDIS_VERSION", "VALKEY_VERSION", "SERVER_NAME"}) {
    lua_pushstring(lua, "7.2.4");
    lua_setfield(lua, -2, name);
  }
  for (const char* name : {"REDIS_VERSION_NUM", "VALKEY_VERSION_NUM"}) {
    lua_pushnumber(lua, 0x070204);
    lua_setfield(lua, -2, name);
  }
  protect(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "server");
  lua_setfield(lua, -2, "redis");
  protect(lua);
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
  push_globals(lua, what.run);
  lua_setfenv(lua, -2);
  lua_sethook(lua, stop, LUA_MASKCOUNT, kInstructionsMax);
  lua_call(lua, 0, 0);
  return 0;
}

// Why the code fails; empty: it does not.
std::string failure(Run& run, const char* name, std::string_view code) {
  lua_State* const lua = lua_newstate(allocate, &run);
  if (lua == nullptr) throw std::bad_alloc();  // far below the limit
  Load what{run, name, code};
  std::string why;
  if (lua_cpcall(lua, load, &what) != 0) {
    const char* const text = lua_tostring(lua, -1);
    why = text != nullptr ? text : "an error that is no text";
  }
  lua_close(lua);
  if (run.has_failed) throw std::bad_alloc();  // which says nothing about the library
  return why;
}

}  // namespace

std::string Libraries::add(std::string_view source) {
  std::string engine;
  std::string name;
  const std::string fault(parse_library_head(source, engine, name));
  const std::string shown = quoted(name) + " ";
  if (!fault.empty()) return shown + fault;
  if (strcasecmp(engine.c_str(), "lua") != 0) {
    return shown + "is for the engine " + quoted(engine) + ", which servers do not have";
  }
  if (names_.contains(name)) return shown + "is there already";
  if (source.size() > kSourceBytesMax) {
    names_.insert(name);
    return "";
  }
  const std::string_view code = source.substr(source.find('\n'));
  Run run;
  const std::string why = failure(run, "@user_function", code);
  if (!why.empty()) return shown + "fails to load: " + why;
  if (run.functions.empty()) return shown + "registers no function";
  for (const std::string& function : run.functions) {
    if (functions_.contains(function)) {
      return shown + "registers the function " + quoted(function) + ", which is there already";
    }
  }
  names_.insert(name);
  functions_.insert(run.functions.begin(), run.functions.end());
  return "";
}

std::string script_fault(std::string_view script) {
  if (script.size() > Libraries::kSourceBytesMax) return "";
  Run run;
  return failure(run, "@user_script", "local function f() " + std::string(script) + "\nend");
}

}  // namespace rdb
