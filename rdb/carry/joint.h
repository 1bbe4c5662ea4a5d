// What the Converters of several files share whose data go into one file: which functions and
// module AUX data are written already, and the search for keys that occur in more than one of the
// files.
//
//   Joint joint(Joint::Conflict::error, loading);
//   for (each file) joint.preview(reader, name);             // optional, a pass of its own
//   for (each file) Converter({…, .joint = &joint}).run(reader, to, false);
//   joint.finish(to);
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/held_memory.h"
#include "rdb/carry/outlet.h"
#include "rdb/compare/content.h"
#include "rdb/file/reader.h"
#include "rdb/io/spill.h"
#include "rdb/pass/survey.h"
#include "rdb/server/findings.h"
#include "rdb/server/library.h"
#include "rdb/server/loading.h"
#include "rdb/sets/duplicates.h"

namespace rdb {

// One thread; distinct objects are independent.
class Joint {
 public:
  // Which of several libraries of one name, with different code, is written.
  enum class Conflict : uint8_t { error, first, last };

  // `loading`: the server that is to load the output; its target is not null. `memory`: of the
  // search for duplicate keys; `held_max`: bytes of memory for the names of libraries.
  Joint(Conflict functions, const Loading& loading, size_t memory = Duplicates::kMemoryDefault,
        uint64_t held_max = kHeldDefault)
      : functions_(functions), accepted_(loading), keys_(memory), held_(held_max) {}

  // Before all else, of each file: one of VALKEY080 makes the output one, for targets that read it.
  void add_header(const Header& header);
  // Reads what stands before the first key of a file and remembers the functions, so that they are
  // written before all keys, and the last ones are known. False: the reader failed, or error().
  [[nodiscard]] bool preview(Reader& reader, const std::string& file);
  // Functions are added to `sums` as they are written.
  void count(ContentSums& sums) { sums_ = &sums; }
  // Before a Converter runs: how messages call the file.
  void begin_file(std::string file) { file_ = std::move(file); }
  // Behind a Converter: the size of the file.
  void end_file(uint64_t bytes) { keys_.from += bytes; }
  // Ends the output; the search for duplicate keys is complete then.
  [[nodiscard]] bool finish(Outlet& to);

  // Libraries that are written and that the server refuses, or may refuse, after finish().
  // After the first 100, others are only counted.
  [[nodiscard]] const std::vector<Finding>& refusals() const { return refusals_; }

  // Places are offsets in all files, one behind the other.
  [[nodiscard]] const SharedKeys& keys() const { return keys_; }
  // Libraries and module AUX data that were left out because there is one already. Libraries are
  // met in a pass of their own before: 0 unless all were met again.
  [[nodiscard]] uint64_t functions_joined() const {
    return functions_met_ < libraries_.size() ? 0 : functions_met_ - libraries_.size();
  }
  [[nodiscard]] uint64_t module_aux_joined() const { return module_aux_met_ - module_aux_.size(); }
  // Of the temporary files, or `too_large`.
  [[nodiscard]] const Error& error() const {
    if (!error_.ok()) return error_;
    return set_aside_.error().ok() ? keys_.seen.error() : set_aside_.error();
  }

 private:
  friend class Converter;

  // What was set aside.
  struct Version {
    uint64_t offset = 0;
    uint64_t size = 0;
    std::string file;
  };
  struct Library {
    std::vector<Version> versions;
    size_t chosen = 0;
    bool is_written = false;
  };
  class Text : public Sink {
   public:
    explicit Text(SpillSink& to) : to_(to) {}
    bool item(const rdb::Text& text) override { return to_.write(text.data); }

   private:
    SpillSink& to_;
  };

  // Take the payload of a function or of module AUX data.
  Sink& begin_function(const Record& record);
  ByteSink& begin_bytes();
  // Behind that payload. False: error(). Where it contradicts what came before, `why` says so.
  [[nodiscard]] bool settle_function(std::string& why);
  [[nodiscard]] bool settle_module_aux(const Record& record, Outlet& to, std::string& why);
  [[nodiscard]] bool write_functions(Outlet& to);
  void judge(const std::string& file);

  bool add_function(Library*& library, size_t& version, bool& is_new, std::string& name);
  bool add_version(std::vector<Version>& versions, size_t& at);
  template <typename Take>
  bool read(const Version& version, Take take);

  Conflict functions_;
  Libraries accepted_;
  std::vector<Finding> refusals_;
  SharedKeys keys_;
  HeldMemory held_;
  Error error_;
  SpillSink set_aside_;
  Text text_{set_aside_};
  Version latest_;
  std::string file_;
  std::map<std::string, Library> libraries_;  // by name
  std::vector<Library*> order_;
  std::map<std::string, Version> module_aux_;
  uint64_t functions_met_ = 0;
  uint64_t module_aux_met_ = 0;
  bool has_unwritten_ = false;
  ContentSums* sums_ = nullptr;
  Header header_;
  bool is_open_ = false;     // the output
  bool is_refused_ = false;  // by a Converter
};

}  // namespace rdb
