#include "rdb/server/library.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

#include "rdb/base/error.h"
#include "rdb/base/word.h"

namespace rdb {
namespace {

// A release by its major and minor number, to be compared.
constexpr unsigned release(unsigned major, unsigned minor) { return major << 8 | minor; }

// Valkey's scripting engines take the code as a text that ends at its first zero byte.
constexpr unsigned kEndsAtZero = release(8, 1);
constexpr unsigned kJoinsQuotes = release(9, 0);
// Lua is a module there, and its log function needs a call to belong to (valkey 9.1.2
// src/modules/lua/script_lua.c, luaLogCommand).
constexpr unsigned kCannotLog = release(9, 1);
constexpr std::string_view kRedisApi = "7.2.4";  // what every Valkey says of itself

// What a server says to a library that asks for its version: patch levels that were seen.
struct Version {
  std::string_view target;
  const char* text;
};
constexpr Version kVersions[] = {
    {"redis-7.0", "7.0.15"}, {"redis-7.2", "7.2.6"},  {"valkey-7.2", "7.2.7"},
    {"valkey-8.0", "8.0.1"}, {"valkey-8.1", "8.1.1"}, {"valkey-9.1", "9.1.2"},
};

std::string version_of(std::string_view target) {
  for (const Version& known : kVersions) {
    if (known.target == target) return known.text;
  }
  return std::string(target.substr(target.find('-') + 1)) + ".0";
}

std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return name;
}

LibraryFault refused(std::string words) { return {Severity::refuses, std::move(words)}; }

// What is wrong with the names of the functions that a library registers.
LibraryFault judge_functions(const std::set<std::string>& registered,
                             const std::set<std::string>& before) {
  std::set<std::string> own;
  LibraryFault out;
  if (registered.empty()) return refused("registers no function");
  for (const std::string& function : registered) {
    if (before.contains(lower(function))) {
      return refused("registers the function " + quoted(function) + ", which is there already");
    }
    if (own.insert(lower(function)).second) continue;
    out = {Severity::breaks,
           "registers the function " + quoted(function) +
               " in upper and lower case, of which servers call any, and end when "
               "the library is deleted"};
  }
  return out;
}

}  // namespace

Libraries::Libraries(const Target* target) {
  for (const Target& known : targets()) {
    const bool is_asked = target == nullptr ? known.name.starts_with("valkey-") : &known == target;
    if (is_asked && known.version >= kHasFunctions) servers_.push_back(server_for(known));
  }
}

Libraries::Server Libraries::server_for(const Target& target) {
  Server out;
  out.name = target.name;
  const std::string version = version_of(target.name);
  unsigned major = 0;
  unsigned minor = 0;
  (void)std::sscanf(version.c_str(), "%u.%u", &major, &minor);
  const unsigned own = release(major, minor);
  out.api.has_server = target.name.starts_with("valkey-");
  out.api.redis_version = out.api.has_server ? kRedisApi : version;
  if (!out.api.has_server) return out;
  out.api.valkey_version = version;
  out.api.may_log = own < kCannotLog;
  out.quoting = own < kJoinsQuotes ? Quoting::apart : Quoting::joined;
  out.ends_at_zero = own >= kEndsAtZero;
  return out;
}

LibraryFault Libraries::add(std::string_view source) {
  std::vector<LibraryFault> faults;
  for (Server& server : servers_) faults.push_back(add_to(server, source));
  const auto is_worse = [](const LibraryFault& a, const LibraryFault& b) {
    return a.severity < b.severity;
  };
  const auto worst = std::min_element(faults.begin(), faults.end(), is_worse);
  if (worst == faults.end() || worst->empty()) return {};
  std::string names;  // of the servers that say so
  bool do_all_say_so = true;
  for (size_t i = 0; i < faults.size(); ++i) {
    const bool says_so = faults[i].words == worst->words;
    do_all_say_so &= says_so;
    if (says_so) names += (names.empty() ? "" : ", ") + std::string(servers_[i].name);
  }
  return {worst->severity, worst->words + (do_all_say_so ? "" : " (" + names + ")")};
}

LibraryFault Libraries::add_to(Server& server, std::string_view source) {
  std::string engine;
  std::string name;
  const std::string fault(parse_library_head(source, engine, name, server.quoting));
  const std::string shown = quoted(name) + " ";
  if (!fault.empty()) return refused(shown + fault);
  if (!is_same_word(engine, "lua")) {
    return refused(shown + "is for the engine " + quoted(engine) + ", which servers do not have");
  }
  if (server.libraries.contains(name)) return refused(shown + "is there already");
  server.libraries.insert(name);
  if (source.size() > kSourceBytesMax) return {};
  std::string_view code = source.substr(source.find('\n'));
  if (server.ends_at_zero) code = code.substr(0, code.find('\0'));
  const LibraryRun run = run_library(code, server.api);
  LibraryFault out = run.why.empty() ? judge_functions(run.functions, server.functions)
                                     : refused("fails to load: " + run.why);
  if (!out.empty()) out.words = shown + out.words;
  if (out.severity == Severity::refuses) {
    server.libraries.erase(name);
    return out;
  }
  for (const std::string& function : run.functions) server.functions.insert(lower(function));
  return out;
}

std::string script_fault(std::string_view script) {
  return script.size() > Libraries::kSourceBytesMax ? "" : compile_script(script);
}

}  // namespace rdb
