// Why servers refuse a function library: its first line, its code, what it registers. The code is
// run as servers run it when they load it, in a Lua 5.1 that has nothing but `server` and `redis`
// with register_function, log and some constants, within limits of memory and instructions.
// Source: valkey 8.0.1 src/functions.c, functionsCreateWithLibraryCtx; src/function_lua.c,
// luaEngineInitEngine, luaRegisterFunction.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace rdb {

// The libraries of one file, in its order. One thread; distinct objects are independent.
class Libraries {
 public:
  // Longer ones are not judged.
  static constexpr size_t kSourceBytesMax = size_t{1} << 20;

  // Why servers refuse this library behind those before that they take: words that go on "function
  // library "; nothing: they take it.
  [[nodiscard]] std::string add(std::string_view source);

 private:
  std::set<std::string> names_;
  std::set<std::string> functions_;
};

// Why redis 4.0 to 6.2 refuse the script in an AUX field "lua", which they compile; nothing: they
// take it. One that is longer than kSourceBytesMax is not judged.
// Source: redis 6.0.16 src/scripting.c, luaCreateFunction.
[[nodiscard]] std::string script_fault(std::string_view script);

}  // namespace rdb
