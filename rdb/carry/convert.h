// Carries a file to a target. Values that the target reads are copied byte for byte, others, or all
// where that is asked for, take the form that the target would itself write. The rest is a new
// header and AUX set, expiries in ms, functions and module data, exact key counts, a checksum.
// Every value is decoded on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rdb/aof/commands.h"
#include "rdb/carry/change.h"
#include "rdb/carry/damaged.h"
#include "rdb/carry/joint.h"
#include "rdb/carry/outlet.h"
#include "rdb/carry/select.h"
#include "rdb/carry/sieve.h"
#include "rdb/compare/content.h"
#include "rdb/file/reader.h"
#include "rdb/pass/survey.h"
#include "rdb/server/findings.h"
#include "rdb/server/loadable.h"
#include "rdb/server/loading.h"
#include "rdb/server/target.h"
#include "rdb/server/verdict.h"
#include "rdb/value/tee.h"

namespace rdb {

struct ConvertOptions {
  Loading loading = {};  // the server that is to load the output; its target is not null
  bool keep_replication_id = false;
  std::vector<Kind> reencode = {};               // values of these kinds are never copied
  bool compress = true;                          // what is encoded, by LZF
  std::vector<std::string> allowed_losses = {};  // of kLosses
  Selection* selection = nullptr;                // of entries; must outlive the Converter
  Changes* changes = nullptr;                    // to what is taken; likewise
  bool allow_empty = false;  // a selection or a pattern that takes nothing is fine
  bool drop_functions = false;
  std::vector<std::string> dropped_modules = {};  // names of types: their values and AUX data
  int64_t now_ms = 0;
  bool keeps_expired = false;  // what has expired is loaded, as in the base of an AOF
  Joint* joint = nullptr;      // if other files go to the same outlet
  size_t memory = Duplicates::kMemoryDefault;  // as of Survey
  bool refuses_unknown = true;                 // as Verdict::refuse_unknown()
  size_t findings_max = 100;                   // findings about values that are listed
  Carried* carried = nullptr;                  // gets its form, and what is written is added to it
  // Borrowed: what the reader hands on of the commands that follow. Absent: only their size is
  // known.
  const Commands* commands = nullptr;
  bool carries_commands = false;  // somebody else writes them; else they are a loss
};

// What was changed on the way without loss of data.
struct ConvertChanges {
  uint64_t values_encoded = 0;
  uint64_t values_repaired = 0;
  uint64_t expiries_to_ms = 0;
  uint64_t functions_rewritten = 0;
  std::vector<std::string> aux_dropped;  // names, each once
  uint64_t scripts_dropped = 0;          // AUX "lua", which 7.0 and later ignore
  uint64_t eviction_dropped = 0;   // keys whose idle time or frequency 4.0 and older do not read
  uint64_t functions_dropped = 0;  // as asked
  uint64_t module_data_dropped = 0;
  uint64_t slot_hints_dropped = 0;
  uint64_t slot_imports_dropped = 0;  // the record; the keys imported so far are kept
  bool checksum_added = false;
  bool hints_dropped = false;  // RESIZEDB, which a pipe cannot have
  std::string header;
};

// One thread; one conversion each.
class Converter {
 public:
  explicit Converter(ConvertOptions options);

  // Before run(): the offsets, ascending, of entries that are read but not written.
  void leave_out(std::vector<uint64_t> offsets) { left_out_ = std::move(offsets); }
  // Before run(), where the loss `damaged_values` is allowed: the offsets, ascending, of entries
  // whose values the target would refuse or break on (damaged.h). Each is repaired where that loses
  // nothing of it, else left out and listed. `file` is the file that is read; it is borrowed.
  void mend(std::vector<uint64_t> offsets, RandomAccess& file) {
    damaged_ = std::move(offsets);
    file_ = &file;
  }

  // Reads an open reader to its end and writes as it goes. What is written is judged as the target
  // will judge it; with ReaderOptions::tolerates_flaws values with flaws are findings, else the
  // first one is an error of the reader. Once something is met that the target refuses, breaks on
  // or cannot hold, nothing more is written, but the rest is read to name all of it; with
  // `stop_at_refusal` reading stops as well. True: the file is complete and flushed, and nothing
  // refuses it. False: findings() say why; if the reader or the sink failed, the error is one.
  [[nodiscard]] bool run(Reader& reader, Outlet& to, bool stop_at_refusal);
  [[nodiscard]] bool run(Reader& reader, ByteSink& to, bool stop_at_refusal) {
    FileOutlet file(to);
    return run(reader, file, stop_at_refusal);
  }

  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] const ConvertChanges& changes() const { return changes_; }
  [[nodiscard]] const Survey& survey() const { return survey_; }
  [[nodiscard]] uint64_t duplicates_dropped() const { return dropped_.count; }
  // Entries left out since their values are damaged, where that may be lost; survey() has them not.
  [[nodiscard]] uint64_t damaged_dropped() const { return lost_values_.count; }
  // Of a temporary file, or of reading a damaged value again, if that is what ended it.
  [[nodiscard]] const Error& error() const;
  // The error of the sink, if that is what ended it.
  [[nodiscard]] const Error& write_error() const { return write_error_; }
  [[nodiscard]] uint64_t bytes_written() const { return bytes_written_; }
  [[nodiscard]] uint64_t keys_written() const { return keys_written_; }

 private:
  bool add(Reader& reader, Outlet& to, Record& record);
  bool entry(Reader& reader, Outlet& to, Record& record);
  bool mend(Reader& reader, Outlet& to, const Record& record);
  bool carry(Reader& reader, Outlet& to, const Record& record, const Remedy* remedy);
  bool take(Reader& reader, const Record& record, Writer& writer, bool is_encoded,
            const Remedy* remedy);
  bool judge(const Reader& reader, const Record& record, Writer& writer, bool is_encoded);
  void check_forms(const Reader& reader, const Record& record, uint64_t long_lengths,
                   uint64_t empty_lzf);
  void watch(const Reader& reader, const Record& record, Payload& payload);
  // convert_members.cc
  bool take_members(Reader& reader, Record& record);
  void through_members(const Record& record, Payload& payload);
  void without_members(Payload& payload);
  void count_members(const Record& record);
  bool stray(Reader& reader, const Record& record);
  bool carry_value(Reader& reader, const Record& record, const Payload& payload);
  void prepare(Record& record);
  bool aux(Reader& reader, Outlet& to, const Record& record);
  bool function(Reader& reader, Outlet& to, const Record& record);
  bool module_aux(Reader& reader, Outlet& to, const Record& record);
  bool open(Outlet& to);
  bool join(Reader& reader, Outlet& to, const Record& record);
  void hash(const Record& record, Payload& payload);
  void count_hash(const Record& record);
  [[nodiscard]] bool must_encode(const Record& record) const;
  [[nodiscard]] bool is_carried(std::string_view aux) const;
  bool drop(Reader& reader, const Record& record);
  bool prove(Reader& reader);
  void check_modules(const Record& record);
  void count_losses(const EncodeLosses& was, const EncodeLosses& now, const Record& record);
  void lose_damaged(const Record& record, std::string words);
  void lose(std::string_view loss, std::string words, const Record& record, uint64_t count = 1);
  void refuse(std::string_view name, std::string words, const Record& record);
  Finding& find(std::string_view name, std::string words, const Record& record, uint64_t count);
  Finding& add(std::string_view name, std::string words, const Record& record);
  void conclude(const Reader& reader);
  void find_unmatched();
  void find_unread(const Reader& reader);

  ConvertOptions options_;
  Sieve sieve_{options_.selection, options_.dropped_modules,
               options_.loading.target->keeps_empty()};
  std::optional<RecordHash> hash_;
  std::optional<Tee> hashed_;
  // Of an entry whose members expire.
  MemberCounts member_counts_;
  Remedy without_expired_;
  std::optional<MemberSink> member_sink_;
  std::optional<Repair> member_filter_;
  Survey survey_;
  Verdict verdict_;
  std::optional<Tee> judged_;
  ConvertChanges changes_;
  std::vector<uint64_t> left_out_;
  Sighting dropped_;  // of left_out_
  std::vector<uint64_t> damaged_;
  RandomAccess* file_ = nullptr;
  std::optional<Mender> mender_;
  Sighting lost_values_;  // of damaged_, left out
  std::vector<Finding> findings_;
  Error write_error_;
  Header source_;
  uint64_t bytes_written_ = 0;
  uint64_t keys_written_ = 0;
  bool refused_ = false;
  bool is_foreign_ = false;
  bool is_first_ = true;  // of several files
  size_t modules_checked_ = 0;
};

}  // namespace rdb
