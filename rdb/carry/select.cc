#include "rdb/carry/select.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "rdb/io/source.h"
#include "rdb/value/type.h"

namespace rdb {
namespace {

// One that is in both; nullptr: there is none.
template <typename T>
const T* in_both(const std::vector<T>& a, const std::vector<T>& b) {
  const auto at = std::find_first_of(a.begin(), a.end(), b.begin(), b.end());
  return at == a.end() ? nullptr : &*at;
}

bool is_called(const Type& type, std::string_view name_or_kind) {
  return name_or_kind == name(type.kind) || name_or_kind == type.name;
}

bool contains(const std::vector<uint64_t>& all, uint64_t one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::string_view name(Filter filter) {
  constexpr std::string_view kNames[] = {"db",   "list", "key",     "regex", "type",
                                         "slot", "ttl",  "expired", "size"};
  return kNames[static_cast<size_t>(filter)];
}

bool Selection::fail(std::string about, std::string words) {
  error_ = {.code = Code::bad_option, .words = std::move(words)};
  about_ = std::move(about);
  return false;
}

bool Selection::prepare(SelectOptions options) {
  options_ = std::move(options);
  return check_dbs() && read_lists() && add_patterns() && add_types() && add_slots() &&
         add_ttls() && add_sizes();
}

uint64_t Selection::left_out() const {
  return std::accumulate(left_out_.begin(), left_out_.end(), uint64_t{0});
}

bool Selection::check_dbs() {
  const uint64_t* const db = in_both(options_.dbs, options_.excluded_dbs);
  return db == nullptr || fail("--db " + std::to_string(*db), "also given to --exclude-db");
}

bool Selection::read_lists() {
  for (const std::string& path : options_.lists) {
    FileSource source;
    about_ = shown_path(path);
    error_ = source.open(path);
    if (!error_.ok()) return false;
    std::string why;
    if (!list_.read(source, why, options_.held_max)) {
      if (!why.empty()) return fail(path, why);
      error_ = source.error();
      return false;
    }
  }
  if (options_.lists.empty() || list_.size() != 0) return true;
  return fail(options_.lists.back(), "names no key");
}

bool Selection::add_patterns() {
  const struct {
    std::string_view option;
    Filter filter;
    bool excludes;
    const std::vector<std::string>& texts;
  } groups[] = {{"--key", Filter::key, false, options_.keys},
                {"--exclude-key", Filter::key, true, options_.excluded_keys},
                {"--regex", Filter::regex, false, options_.regexes},
                {"--exclude-regex", Filter::regex, true, options_.excluded_regexes}};
  for (const auto& group : groups) {
    for (const std::string& text : group.texts) {
      if (!add_pattern({.option = group.option,
                        .text = text,
                        .filter = group.filter,
                        .excludes = group.excludes})) {
        return false;
      }
    }
  }
  if (const std::string* const text = in_both(options_.keys, options_.excluded_keys)) {
    return fail("--key " + quoted(*text), "also given to --exclude-key");
  }
  if (const std::string* const text = in_both(options_.regexes, options_.excluded_regexes)) {
    return fail("--regex " + quoted(*text), "also given to --exclude-regex");
  }
  return true;
}

bool Selection::add_pattern(NamePattern pattern) {
  if (pattern.filter == Filter::key) {
    pattern.glob.emplace(pattern.text);
  } else {
    std::string why;
    if (!pattern.regex.emplace().compile(pattern.text, why)) {
      return fail(std::string(pattern.option) + " " + quoted(pattern.text), why);
    }
  }
  patterns_.push_back(std::move(pattern));
  return true;
}

bool Selection::add_types() {
  types_.assign(types().size(), options_.types.empty());
  if (!mark_types("--type", options_.types, true) ||
      !mark_types("--exclude-type", options_.excluded_types, false)) {
    return false;
  }
  const bool has_any = std::find(types_.begin(), types_.end(), true) != types_.end();
  return has_any || fail("--exclude-type", "leaves no type");
}

bool Selection::mark_types(std::string_view option, const std::vector<std::string>& names,
                           bool mark) {
  for (const std::string& called : names) {
    bool is_known = false;
    for (size_t i = 0; i < types_.size(); ++i) {
      if (!is_called(types()[i], called)) continue;
      is_known = true;
      types_[i] = mark;
    }
    if (is_known) continue;
    return fail(std::string(option) + " " + quoted(called),
                "is none of string, list, set, zset, hash, stream, module, nor how one is stored, "
                "such as hash-ziplist");
  }
  return true;
}

bool Selection::add_slots() {
  for (const std::string& text : options_.slots) {
    std::string why;
    if (!slots_.add(text, why)) return fail("--slot", why);
  }
  return true;
}

bool Selection::add_ttls() {
  for (const std::string& text : options_.ttls) {
    std::string why;
    (text == "none" ? takes_expiring_ : takes_lasting_) = false;
    if (text != "any" && text != "none" && !parse_bound(text, parse_duration, ttls_, why)) {
      return fail("--ttl", why + "; any and none are known, too");
    }
    if (ttls_.min > ttls_.max || (!takes_expiring_ && !takes_lasting_)) {
      return fail("--ttl " + quoted(text), "leaves nothing of what was given before it");
    }
  }
  return true;
}

bool Selection::add_sizes() {
  for (const std::string& text : options_.sizes) {
    std::string why;
    if (!parse_bound(text, parse_size, sizes_, why)) return fail("--size", why);
    if (sizes_.max < std::max<int64_t>(sizes_.min, 0)) {
      return fail("--size " + quoted(text), "leaves nothing of what was given before it");
    }
  }
  return true;
}

bool Selection::takes(const Record& record) {
  const Filter against = first_against(record);
  if (against == Filter::kCount) return true;
  ++left_out_[static_cast<size_t>(against)];
  return false;
}

bool Selection::takes_size(uint64_t bytes) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (sizes_.has(static_cast<int64_t>(std::min(bytes, kMax)))) return true;
  ++left_out_[static_cast<size_t>(Filter::size)];
  return false;
}

// kCount: none is.
Filter Selection::first_against(const Record& record) {
  if (!options_.dbs.empty() && !contains(options_.dbs, record.db)) return Filter::db;
  if (contains(options_.excluded_dbs, record.db)) return Filter::db;
  const Filter by_name = names_against(record.key);
  if (by_name != Filter::kCount) return by_name;
  if (!types_[static_cast<size_t>(record.type - types().data())]) return Filter::type;
  if (!options_.slots.empty() && !slots_.has(key_slot(record.key))) return Filter::slot;
  if (!takes_ttl(record.lifetime)) return Filter::ttl;
  const bool is_expired = record.lifetime.expire_ms && *record.lifetime.expire_ms < now_ms_;
  return options_.drop_expired && is_expired ? Filter::expired : Filter::kCount;
}

// Asks all of them, so that each knows what it matched.
Filter Selection::names_against(std::string_view key) {
  const bool is_listed = options_.lists.empty() || list_.has(key);
  bool has_key = options_.keys.empty();
  bool has_regex = options_.regexes.empty();
  Filter excluded = Filter::kCount;
  for (NamePattern& pattern : patterns_) {
    if (!(pattern.glob ? pattern.glob->matches(key) : pattern.regex->matches(key))) continue;
    ++pattern.matched;
    if (pattern.excludes) {
      excluded = std::min(excluded, pattern.filter);
    } else {
      (pattern.filter == Filter::key ? has_key : has_regex) = true;
    }
  }
  if (!is_listed) return Filter::list;
  if (!has_key || excluded == Filter::key) return Filter::key;
  return has_regex ? excluded : Filter::regex;
}

bool Selection::takes_ttl(const Lifetime& lifetime) const {
  if (!lifetime.expire_ms) return takes_lasting_;
  int64_t left = 0;
  if (__builtin_sub_overflow(*lifetime.expire_ms, now_ms_, &left)) {
    left = *lifetime.expire_ms < 0 ? std::numeric_limits<int64_t>::min()
                                   : std::numeric_limits<int64_t>::max();
  }
  return takes_expiring_ && ttls_.has(left);
}

}  // namespace rdb
