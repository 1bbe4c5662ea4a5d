// What a damaged file still holds, as a sound one: records that decode in full and load in every
// Valkey, the others left out and listed.
//
//   Salvage salvage(bytes, options);
//   if (salvage.run()) … salvage.file() is the sound file, salvage.losses() what it has not
//
// Where nothing but a few bits in a row are wrong, the checksum tells which, and they are put
// right. A value that does not decode is stepped over by its outer framing if records go on behind
// it. Where the framing is lost, records are looked for behind it, and in the few records before,
// which may be misread (resync.h). Runs of zeros are no records. Of a key that occurs twice the
// first stays.
//
// Keys behind lost bytes that may have held a SELECTDB are orphans, up to the next SELECTDB: their
// database is not known. It is where the counts of RESIZEDB, or the number of the next database,
// leave no other.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/held_memory.h"
#include "rdb/file/reader.h"
#include "rdb/file/record_at.h"
#include "rdb/io/random.h"
#include "rdb/io/spill.h"
#include "rdb/salvage/resync.h"
#include "rdb/salvage/splice.h"
#include "rdb/server/library.h"
#include "rdb/server/loadable.h"
#include "rdb/server/loading.h"
#include "rdb/sets/duplicates.h"

namespace rdb {

struct SalvageOptions {
  ReaderOptions reader = {};
  Loading loading = {};  // the server that is to load the output; its target is not null
  int64_t now_ms = 0;
  std::optional<uint64_t> orphans_db = {};  // where orphans go; else they are kept apart
  uint64_t loss_max = UINT64_MAX;           // bytes
  size_t memory = Duplicates::kMemoryDefault;
};

// Bytes of the file that are left out, or changed.
struct Loss {
  enum class Kind : uint8_t {
    header,     // cannot be read: RDB 11 is assumed
    value,      // of one key
    framing,    // records cannot be followed
    corrected,  // a few bits in a row, which the checksum tells
    repaired,   // a value is there, but for some of it
    duplicate,  // the key has been there before
    database,   // beyond those of the target
    module,     // data of a module that the target has not
    function,   // a library that the target refuses or breaks on
    commands,   // the rest of an append-only file
    foreign,    // a value that only another product reads
    expiry,     // of a member of a value, which stands apart from its key
    checksum,   // nothing is left out, but the bytes are not those that were written
  } kind = Kind::value;
  uint64_t from = 0;
  uint64_t to = 0;
  bool has_key = false;
  uint64_t db = 0;
  KeyName key = {};
  std::string type = {};
  std::string words = {};

  // Bytes of memory for it, and for its place in the list of what stays.
  [[nodiscard]] uint64_t held() const {
    constexpr uint64_t kPieceHeld = 64;
    return sizeof *this + key.held() + words.capacity() + kPieceHeld;
  }
  // Whether the bytes are not in the output.
  [[nodiscard]] bool is_lost() const {
    return kind != Kind::corrected && kind != Kind::repaired && kind != Kind::checksum;
  }
};

[[nodiscard]] std::string_view name(Loss::Kind kind);

// One thread; one file each.
class Salvage {
 public:
  // `file` must outlive it.
  Salvage(RandomAccess& file, SalvageOptions options);

  // False: error().
  [[nodiscard]] bool run();

  // Sound files. That of the orphans holds nothing but them.
  [[nodiscard]] Splice& file() { return main_; }
  [[nodiscard]] Splice& orphans() { return orphans_; }
  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] uint64_t keys() const { return keys_; }  // kept, orphans among them
  [[nodiscard]] uint64_t orphan_keys() const { return orphan_keys_; }
  [[nodiscard]] uint64_t functions() const { return functions_; }

  // By their place. Bytes that are in none are in the output.
  [[nodiscard]] const std::vector<Loss>& losses() const { return losses_; }
  [[nodiscard]] uint64_t file_size() const { return file_.size(); }
  [[nodiscard]] uint64_t bytes_lost() const { return bytes_lost_; }
  // Whether the search for records has been given up for its length.
  [[nodiscard]] bool is_exhausted() const { return resync_ && resync_->is_exhausted(); }

  // The first thing that is lost for want of memory (`too_large`), if one is.
  [[nodiscard]] const Error& limit() const { return limit_; }

  // `not_rdb`, `foreign_version`, `too_much_lost`, and of reading and temporary files.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  // A stretch of the file that is to be kept. The last few may turn out to be misread.
  struct Kept {
    uint64_t from = 0;
    uint64_t to = 0;
    enum class What : uint8_t { select, entry, function, other } what = What::other;
    bool is_sealed = false;     // as of Evidence
    bool may_be_zeros = false;  // ends as if zeros had been written over its end
    bool is_orphan = false;
    int bits = 0;
    int value_bits = 0;  // of these
    uint64_t db = 0;
    std::optional<Splice::Range> own = {};  // what was set aside in place of the bytes of the file
  };
  enum class Step : uint8_t { next, again, end, failed };

  bool open();
  bool read_header(Error& error);
  bool prove(Error& error);
  bool prove(uint64_t size, Error& error);
  bool correct(uint64_t at, const std::string& wrong);
  Step scan();
  Step record(Reader& reader, Record& record);
  Step entry(Reader& reader, Record& record);
  Step bad_value(const Error& error, uint64_t from);
  Step at_end(const Reader& reader);
  bool doubt_end(uint64_t at);
  Step lose_framing(uint64_t from, uint64_t to, std::string words, const Error* error = nullptr);
  bool step_back(uint64_t& from, uint64_t& to);
  bool step_back_to_prefix(uint64_t& from, uint64_t& to);
  void forget(size_t kept);
  Step leave_out(const Reader& reader, const Record& record);
  bool take_apart(const Reader& reader);
  bool copy_members(const RecordAt& of, ByteSink& to);
  bool take_value(const Record& record, const ModuleId& module, Kept& kept);
  bool find_left_out(uint64_t at, Remedy& remedy);
  bool repair(const Record& record, const Remedy& remedy, Kept& kept);
  Step keep(const Kept& kept);
  bool settle(size_t left);
  bool write(const Kept& kept);
  bool judge_library(const Kept& kept, std::string& why);
  void end_orphans(uint64_t next_db);
  bool lose(Loss loss);
  bool hold(uint64_t bytes);
  uint64_t* keys_of(std::map<uint64_t, uint64_t>& databases);
  bool lose(Loss::Kind kind, const Record& record, uint64_t from, uint64_t to, std::string words);
  [[nodiscard]] bool is_database_known(uint64_t from, uint64_t to);
  [[nodiscard]] bool has_module(const ModuleId& id) const;
  bool finish(Splice& splice);
  bool drop_duplicates(Splice& splice);
  bool passes(const Error& error);
  bool fail(Error error);

  Patched file_;
  SalvageOptions options_;
  Header header_;
  std::optional<Resync> resync_;
  SpillSink own_;
  Splice main_{file_, own_};
  Splice orphans_{file_, own_};
  std::deque<Kept> window_;
  Loadable loadable_;     // by the target, and by every Valkey
  uint64_t at_ = 0;       // what comes next
  bool is_whole_ = true;  // reading goes on from the header without a break
  uint64_t db_ = 0;
  bool is_orphaned_ = false;            // what comes next
  uint64_t last_db_ = 0;                // of the orphans
  bool is_ascending_ = true;            // databases, as servers write them
  std::map<uint64_t, uint64_t> hints_;  // keys of a database as RESIZEDB has them
  std::map<uint64_t, uint64_t> found_;  // keys, among them values that are lost
  bool was_orphan_ = false;             // what was written last
  size_t orphans_from_ = 0;             // pieces of the orphans that are so for certain
  uint64_t undecided_keys_ = 0;         // in the others
  bool is_proven_ =
      false;  // the checksum at the end of the file says that this is what was written
  bool is_changed_ = false;  // that it is not
  Libraries libraries_;
  std::vector<Loss> losses_;
  uint64_t bytes_lost_ = 0;
  HeldMemory held_;  // for losses and databases
  uint64_t keys_ = 0;
  uint64_t orphan_keys_ = 0;
  uint64_t functions_ = 0;
  Error limit_;
  Error error_;
};

}  // namespace rdb
