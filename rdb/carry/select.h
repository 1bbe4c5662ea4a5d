// Chooses the keys that are carried, by what is known before their values are read, and by size.
//
// Every filter that is given must take a key, and none may leave it out. Of what one filter lists
// any will do, except that all bounds of a TTL or size must hold. Names are those in the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/base/glob.h"
#include "rdb/base/regex.h"
#include "rdb/base/slot.h"
#include "rdb/carry/option.h"
#include "rdb/file/record.h"
#include "rdb/sets/key_list.h"

namespace rdb {

// As they are typed; empty: all keys.
struct SelectOptions {
  std::vector<uint64_t> dbs = {};
  std::vector<uint64_t> excluded_dbs = {};
  std::vector<std::string> lists = {};  // files of names, as in key_list.h
  std::vector<std::string> keys = {};   // globs
  std::vector<std::string> excluded_keys = {};
  std::vector<std::string> regexes = {};
  std::vector<std::string> excluded_regexes = {};
  std::vector<std::string> types = {};  // hash for any hash, hash-ziplist for values stored as such
  std::vector<std::string> excluded_types = {};
  std::vector<std::string> slots = {};  // 0-5460,5461
  std::vector<std::string> ttls = {};   // any: with an expiry; none; <1h, >7d: what is left of it
  std::vector<std::string> sizes = {};  // <64k, >1M: bytes of the value as stored
  bool drop_expired = false;
  uint64_t held_max = kHeldDefault;  // bytes of memory for the names in lists
};

// In the order in which they are asked; the first that does not take a key is the one that counts.
enum class Filter : uint8_t { db, list, key, regex, type, slot, ttl, expired, size, kCount };

// As the option is called.
[[nodiscard]] std::string_view name(Filter filter);

// A glob or regular expression.
struct NamePattern {
  std::string_view option;  // as it is called
  std::string text;
  Filter filter = Filter::key;
  bool excludes = false;
  uint64_t matched = 0;  // keys of the selected databases, whatever became of them
  std::optional<Glob> glob = {};
  std::optional<Regex> regex = {};  // where there is no glob
};

// One thread; one pass over a file, or over several, each.
class Selection {
 public:
  // `now_ms`: the unix time from which TTLs count.
  explicit Selection(int64_t now_ms) : now_ms_(now_ms) {}

  // Once. False: an option cannot be read, or contradicts another, or a file cannot be read;
  // error() says why and about() what it is about, the option or the file.
  [[nodiscard]] bool prepare(SelectOptions options);
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const std::string& about() const { return about_; }

  // For an entry. True: it is taken, if takes_size() then says so as well.
  [[nodiscard]] bool takes(const Record& record);
  // `bytes`: of the value as stored.
  [[nodiscard]] bool takes_size(uint64_t bytes);
  // What takes_size() takes; all of int64 unless sizes were given.
  [[nodiscard]] const Range& sizes() const { return sizes_; }

  // Keys that a filter left out.
  [[nodiscard]] uint64_t left_out(Filter filter) const {
    return left_out_[static_cast<size_t>(filter)];
  }
  [[nodiscard]] uint64_t left_out() const;  // by any
  [[nodiscard]] const std::vector<NamePattern>& patterns() const { return patterns_; }
  [[nodiscard]] const KeyList& list() const { return list_; }

 private:
  bool fail(std::string about, std::string words);
  bool check_dbs();
  bool read_lists();
  bool add_patterns();
  bool add_pattern(NamePattern pattern);
  bool add_types();
  bool mark_types(std::string_view option, const std::vector<std::string>& names, bool mark);
  bool add_slots();
  bool add_ttls();
  bool add_sizes();
  Filter first_against(const Record& record);
  Filter names_against(std::string_view key);
  [[nodiscard]] bool takes_ttl(const Lifetime& lifetime) const;

  int64_t now_ms_;
  SelectOptions options_;
  Error error_;
  std::string about_;
  KeyList list_;
  std::vector<NamePattern> patterns_;
  std::vector<bool> types_;  // by the row of types()
  SlotSet slots_;
  bool takes_lasting_ = true;  // keys without an expiry
  bool takes_expiring_ = true;
  Range ttls_;
  Range sizes_;
  std::array<uint64_t, static_cast<size_t>(Filter::kCount)> left_out_{};
};

}  // namespace rdb
