// Judges the function libraries of a file: the first line, the engine, what the code does while it
// is loaded, what it registers, and what several libraries have in common.
// Source: valkey 8.0.1 src/functions.c, functionsCreateWithLibraryCtx, libraryLink; redis 7.0.15
// and 8.0.2, valkey 8.0.1, 8.1.1 and 9.1.2 as tests/live_functions saw them. Valkey 7.2 and 9.0 by
// their source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rdb/pass/library_head.h"
#include "rdb/server/defect.h"
#include "rdb/server/library_judge.h"
#include "rdb/server/loading.h"
#include "rdb/server/target.h"
#include "rdb/value/sink.h"

namespace rdb {

struct LibraryFault {
  Severity severity = Severity::accepts;
  std::string words;  // to follow "function library "; empty if servers accept it

  [[nodiscard]] bool empty() const { return words.empty(); }
};

// The libraries of one file, in its order. Not thread-safe.
class Libraries {
 public:
  // Judges for the server of `loading`, without a target for every Valkey from 7.2 to 9.1. Its
  // judge is borrowed and must outlive the Libraries.
  explicit Libraries(const Loading& loading);

  // The next library of the file, or a script, comes in pieces; memory does not grow with its size.
  void start();
  void add(std::string_view piece);
  // Judges the library that has come beside those that the server has loaded from the file. With
  // several servers, returns the worst verdict, and names the servers unless all agree.
  [[nodiscard]] LibraryFault finish();
  // All of these.
  [[nodiscard]] LibraryFault judge(std::string_view source);

  // Judges the script that has come as redis 4.0 to 6.2 do with one in an AUX field "lua". The
  // words follow "a script in an AUX field ".
  [[nodiscard]] LibraryFault finish_script();

 private:
  // A server, and the libraries that it has.
  struct Server {
    std::string_view name;
    std::vector<LibraryApi> releases;  // several: which one it is, is not known
    Quoting quoting = Quoting::apart;
    std::set<std::string> libraries;
    std::set<std::string> functions;  // in lower case: servers do not tell `f` from `F`
  };

  static Server server_for(const Target& target, std::string_view release);
  LibraryFault finish(Server& server);
  [[nodiscard]] LibraryFault judge_functions(Server& server, const LibraryAnswer& answer);
  [[nodiscard]] LibraryAnswer answer_of(const Server& server);
  [[nodiscard]] LibraryAnswer answer_of(LibraryApi api);
  [[nodiscard]] bool keep(std::set<std::string>& names, const std::string& name);

  LibraryJudge* judge_;
  uint64_t bytes_max_;
  std::vector<Server> servers_;
  size_t names_bytes_ = 0;  // of libraries and functions, with what it takes to hold them
  // Of the library that comes.
  std::string head_;  // its first line
  bool is_head_whole_ = false;
  bool has_zero_ = false;
  uint64_t size_ = 0;
  std::vector<std::pair<LibraryApi, LibraryAnswer>> answers_;
};

// Hands on the text of a library or a script, as a Reader gives it.
class LibrarySource : public Sink {
 public:
  // `to` must outlive it.
  explicit LibrarySource(Libraries& to) : to_(to) {}
  bool item(const Text& piece) override {
    to_.add(piece.data);
    return true;
  }

 private:
  Libraries& to_;
};

}  // namespace rdb
