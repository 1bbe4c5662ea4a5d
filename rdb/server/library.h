// Judges the function libraries of a file: the first line, the engine, what the code does while it
// is loaded, what it registers, and what several libraries have in common.
// Source: valkey 8.0.1 src/functions.c, functionsCreateWithLibraryCtx, libraryLink; redis 7.0.15
// and 8.0.2, valkey 8.0.1, 8.1.1 and 9.1.2 as tests/live_functions saw them. Valkey 7.2 and 9.0 by
// their source.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/pass/library_head.h"
#include "rdb/server/defect.h"
#include "rdb/server/library_run.h"
#include "rdb/server/target.h"

namespace rdb {

struct LibraryFault {
  Severity severity = Severity::accepts;
  std::string words;  // to follow "function library "; empty if servers accept it

  [[nodiscard]] bool empty() const { return words.empty(); }
};

// The libraries of one file, in its order. Not thread-safe.
class Libraries {
 public:
  // Longer ones are not judged. Size in bytes.
  static constexpr size_t kSourceBytesMax = size_t{1} << 20;

  // Judges for that server, or with nullptr for every Valkey from 7.2 to 9.1.
  explicit Libraries(const Target* target = nullptr);

  // Judges the next library of the file, beside those that the server has loaded from it. With
  // several servers, returns the worst verdict, and names the servers unless all agree.
  [[nodiscard]] LibraryFault add(std::string_view source);

 private:
  // A server, and the libraries that it has.
  struct Server {
    std::string_view name;
    LibraryApi api;
    Quoting quoting = Quoting::apart;
    bool ends_at_zero = false;
    std::set<std::string> libraries;
    std::set<std::string> functions;  // in lower case: servers do not tell `f` from `F`
  };

  static Server server_for(const Target& target);
  static LibraryFault add_to(Server& server, std::string_view source);

  std::vector<Server> servers_;
};

// Returns why redis 4.0 to 6.2 refuse the script in an AUX field "lua", which they compile; empty
// if they accept it. One that is longer than Libraries::kSourceBytesMax is not judged. Source:
// redis 6.0.16 src/scripting.c, luaCreateFunction.
[[nodiscard]] std::string script_fault(std::string_view script);

}  // namespace rdb
