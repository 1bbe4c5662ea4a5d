// The judge of function libraries: says what a server does with the code of one while it is loaded.
//
// That takes running code which comes from the file. Methods of Lua's strings are C code that no
// hook and no allocator bounds, so it is run in a process of its own, which is up to the program:
// it hands a judge to those that need one (Loading::judge). Without a judge a library is undecided.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace rdb {

// The most bytes of a library that a judge has to take.
inline constexpr uint64_t kLibraryBytesMax = uint64_t{64} << 20;

// What a library finds while it is loaded, where servers differ.
struct LibraryApi {
  bool has_server = true;      // Valkey: `server` is `redis`, and knows the version of Valkey
  bool may_log = true;         // false: calling `log` ends the server
  bool ends_at_zero = false;   // the code ends at its first zero byte
  std::string redis_version;   // "7.2.4": of the Redis API
  std::string valkey_version;  // "8.0.1"; not used without has_server
};

struct LibraryAnswer {
  enum class Kind : uint8_t { loads, fails, undecided } kind = Kind::undecided;
  std::string words;                // why it fails, or why it is undecided
  std::set<std::string> functions;  // the names that it registers, if it loads
  // What it has made use of: with another of these the answer may be another.
  bool uses_version = false;
  bool uses_log = false;
};

// Not thread-safe. Judges one text after another.
class LibraryJudge {
 public:
  LibraryJudge() = default;
  LibraryJudge(const LibraryJudge&) = delete;
  LibraryJudge& operator=(const LibraryJudge&) = delete;
  virtual ~LibraryJudge() = default;

  // The text of a library, from its first line on, or of a script comes in pieces.
  virtual void start() = 0;
  virtual void add(std::string_view piece) = 0;
  // Returns what a server with that API does with the library that has come; may be called again
  // for other servers.
  [[nodiscard]] virtual LibraryAnswer load(const LibraryApi& api) = 0;
  // Returns what redis 4.0 to 6.2 do with the script that has come: they compile it.
  [[nodiscard]] virtual LibraryAnswer compile() = 0;
};

}  // namespace rdb
