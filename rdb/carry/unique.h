// Picks the records to leave out of a file, or of several, so that every key is loaded once: of the
// records of one key that a server would load, neither expired nor empty, the first or the last
// stays. This takes a pass of its own, over keys; whoever carries the records afterwards leaves out
// those at the offsets named here, as Converter::leave_out() does.
//
//   UniqueKeys unique(Keep::last, now_ms);
//   if (reader.open() && unique.add(reader, file) && unique.finish()) {
//     converter.leave_out(unique.left_out());
//   }
//
// Equal hashes say where to look: the keys are read again and compared before one is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/carry/change.h"
#include "rdb/carry/select.h"
#include "rdb/file/reader.h"
#include "rdb/io/random.h"
#include "rdb/sets/duplicates.h"

namespace rdb {

enum class Keep : uint8_t { first, last };

// One thread; distinct objects are independent.
class UniqueKeys {
 public:
  // `now_ms`: the unix time at which keys count as expired; that of the later pass, too. A quarter
  // of `memory` is for the records of keys that occur more than once, the rest as of Duplicates.
  // No more than `records_max` records may have the key of another.
  UniqueKeys(Keep keep, int64_t now_ms, size_t memory = Duplicates::kMemoryDefault)
      : UniqueKeys(keep, now_ms, memory, memory / 4 / sizeof(Duplicates::Seen)) {}
  UniqueKeys(Keep keep, int64_t now_ms, size_t memory, uint64_t records_max);

  // Reads an open reader to its end. It reads `file`, all of it, which outlives finish(). Files are
  // in the order of the calls. Keys count that `selection` takes, as `changes` make them: passes of
  // their own, which outlive finish() too. False: the reader failed, or error().
  [[nodiscard]] bool add(Reader& reader, RandomAccess& file, Selection* selection = nullptr,
                         Changes* changes = nullptr);

  // After the last file. False: error().
  [[nodiscard]] bool finish();

  // After finish(): the offsets of records, ascending, in the file that was added as number `file`.
  [[nodiscard]] const std::vector<uint64_t>& left_out(size_t file = 0) const {
    return files_[file].left_out;
  }

  // `too_many_duplicates`, `same_hash`, a file that cannot be read again or has changed, or that of
  // the temporary file.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  // Keys are known by a place: the offset in all files, one behind the other.
  struct File {
    RandomAccess* bytes = nullptr;
    Header header;
    uint64_t from = 0;  // the place of its first byte
    Selection* selection = nullptr;
    Changes* changes = nullptr;
    std::vector<uint64_t> left_out;
  };

  bool takes(Reader& reader, Record& record);
  // The records of one key, as they come.
  struct Group {
    Duplicates::Seen first;
    std::string key;           // of the first
    uint64_t loaded_last = 0;  // the place of the last one that a server loads; 0: none yet
  };

  bool settle(const Duplicates::Seen& seen, Group& group);
  void leave_out(uint64_t place);
  bool read_again(const Duplicates::Seen& seen, std::string& key, bool& is_loaded);
  File& file_of(uint64_t place);
  bool fail(Error error);

  Keep keep_;
  int64_t now_ms_;
  uint64_t records_max_;
  Duplicates seen_;
  SortedRows<Duplicates::Seen> repeated_;
  std::map<uint64_t, uint64_t> databases_;  // with the number of those before
  uint64_t end_ = 0;                        // the place behind all files
  std::vector<File> files_;
  Error error_;
};

}  // namespace rdb
