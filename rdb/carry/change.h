// Changes what stands before a value: expiry, database, name, idle time and frequency.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/file/record.h"

namespace rdb {

// As they are typed; empty: nothing changes.
struct ChangeOptions {
  std::string ttl_shift = {};  // -1h, 7d: expiries are so much earlier or later
  // Expiries are as far from now as they were from the time at which the file was written, its AUX
  // field ctime (in whole seconds, when the saving began).
  bool ttl_rebase = false;
  std::vector<std::string> map_db = {};  // 3=0; all at once, so that 0=1 and 1=0 swap two
  std::string prefix_strip = {};         // a name without it stays as it is
  std::string prefix_add = {};           // to every name, once a prefix was stripped
  bool no_lru = false;                   // idle times are left out
  bool no_lfu = false;                   // frequencies are left out
};

// Keys of which something changed, and of which not.
struct ChangeCounts {
  uint64_t expiries_shifted = 0;
  uint64_t fields_unshifted = 0;  // hashes with fields that expire: these times, which are part of
                                  // the value, stay as they are
  uint64_t databases_mapped = 0;
  uint64_t prefixes_stripped = 0;
  uint64_t without_prefix = 0;  // names that had nothing to strip
  uint64_t prefixes_added = 0;
  uint64_t idle_times_dropped = 0;
  uint64_t frequencies_dropped = 0;
};

// One thread; one pass over a file each.
class Changes {
 public:
  explicit Changes(int64_t now_ms) : now_ms_(now_ms) {}

  // Once. False: an option cannot be read or contradicts another; error() says why and about()
  // which.
  [[nodiscard]] bool prepare(ChangeOptions options);
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const std::string& about() const { return about_; }

  // For every AUX field: with ttl_rebase takes the value of ctime and makes it now, so that a file
  // whose TTLs were rebased once can be rebased again.
  void apply_aux(std::string_view name, std::string& value);

  // Changes an entry; its name lives until the next call. False: it cannot be changed and is as it
  // was; refusal() says why.
  [[nodiscard]] bool apply(Record& record);
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  [[nodiscard]] const ChangeCounts& counts() const { return counts_; }

 private:
  bool fail(std::string about, std::string words);
  bool refuse(std::string words);
  bool shift(std::optional<int64_t>& expire_ms);

  int64_t now_ms_;
  ChangeOptions options_;
  std::optional<int64_t> shift_ms_;
  std::map<uint64_t, uint64_t> databases_;
  Error error_;
  std::string about_;
  std::string key_;
  std::string refusal_;
  ChangeCounts counts_;
};

}  // namespace rdb
