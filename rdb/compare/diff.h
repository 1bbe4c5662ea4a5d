// How the keys of two files differ, in bounded memory: every key as hashes of its name and of its
// value (match.h), in one pass over each of the files, both at once; and how the elements of two
// values of one key do, in two passes over each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rdb/compare/content.h"
#include "rdb/file/reader.h"
#include "rdb/sets/match.h"

namespace rdb {

struct DiffOptions {
  ContentForm form = {};
  bool expiries = true;   // of keys
  bool functions = true;  // and AUX data of modules
  bool expired = true;    // keys that have expired by now_ms
  int64_t now_ms = 0;
  size_t memory = size_t{16} << 20;
  size_t listed_max = 100;  // differences that are listed
};

enum class Change : uint8_t { added, removed, changed };

// A key that is not the same, with the places of its records; 0: it is not there.
struct Difference {
  Change change = Change::changed;
  uint64_t db = 0;
  uint64_t offset_a = 0;
  uint64_t offset_b = 0;
  // Of a key that has changed; where the type has, the value is another anyway.
  bool type = false;
  bool expiry = false;
  bool value = false;
};

// The first of many differences: by their places in `a`, those that were added by their places in
// `b`.
class FirstDifferences {
 public:
  explicit FirstDifferences(size_t max) : max_(max) {}
  void add(const Difference& one);
  [[nodiscard]] std::vector<Difference> take();
  [[nodiscard]] uint64_t count() const { return count_; }  // of all

 private:
  size_t max_;
  uint64_t count_ = 0;
  std::vector<Difference> heap_;  // the last of them at the top
};

// One thread; one pair of files.
class Diff {
 public:
  explicit Diff(const DiffOptions& options)
      : options_(options), matcher_(options.memory), first_(options.listed_max) {}

  // Reads two open readers to their ends. False: one of them failed, or error().
  [[nodiscard]] bool run(Reader& a, Reader& b);

  struct Counts {
    uint64_t keys_a = 0;
    uint64_t keys_b = 0;
    uint64_t same = 0;
    uint64_t added = 0;
    uint64_t removed = 0;
    uint64_t changed = 0;
    // Of the changed:
    uint64_t types = 0;
    uint64_t expiries = 0;
    uint64_t values = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<Difference>& listed() const { return listed_; }
  // Keys count in none of these sums.
  [[nodiscard]] const ContentSums& others_a() const { return others_[0]; }
  [[nodiscard]] const ContentSums& others_b() const { return others_[1]; }
  [[nodiscard]] bool is_same() const {
    return counts_.added + counts_.removed + counts_.changed == 0 && others_[0] == others_[1];
  }

  // Of the temporary file.
  [[nodiscard]] const Error& error() const { return matcher_.error(); }

 private:
  struct Side {
    Reader& reader;
    RecordHash hash;
    ContentSums& others;
    uint64_t& keys;
    bool is_b;
  };

  bool step(Side& side);
  bool add(Side& side, const Record& record);
  void differ(const MatchRow* a, const MatchRow* b);

  DiffOptions options_;
  Matcher matcher_;
  std::map<uint64_t, uint64_t> databases_;  // with the number of those before
  std::vector<uint64_t> numbers_;           // the other way round
  ContentSums others_[2];
  Counts counts_;
  FirstDifferences first_;
  std::vector<Difference> listed_;
};

}  // namespace rdb
