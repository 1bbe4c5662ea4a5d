#include "rdb/carry/change.h"

#include <utility>

#include "rdb/base/limits.h"
#include "rdb/base/number.h"
#include "rdb/carry/option.h"
#include "rdb/value/type.h"

namespace rdb {
namespace {

constexpr uint8_t kHash2 = 22;  // of Valkey 9: some of its fields expire

}  // namespace

bool Changes::fail(std::string about, std::string words) {
  error_ = {.code = Code::bad_option, .words = std::move(words)};
  about_ = std::move(about);
  return false;
}

bool Changes::prepare(ChangeOptions options) {
  options_ = std::move(options);
  std::string why;
  if (!options_.ttl_shift.empty()) {
    if (options_.ttl_rebase) return fail("--ttl-shift", "does not mix with --ttl-rebase");
    if (!parse_duration(options_.ttl_shift, shift_ms_.emplace(), why)) {
      return fail("--ttl-shift", why);
    }
  }
  for (const std::string& text : options_.map_db) {
    DbPair pair;
    if (!parse_db_pair(text, pair, why)) return fail("--map-db", why);
    if (!databases_.emplace(pair.from, pair.to).second) {
      return fail("--map-db " + quoted(text), "that database is mapped already");
    }
  }
  return true;
}

void Changes::apply_aux(std::string_view name, std::string& value) {
  constexpr int64_t kSecond = 1000;
  int64_t written_ms = 0;
  int64_t shift_ms = 0;
  if (!options_.ttl_rebase || name != "ctime" || !parse_int64(value, written_ms) ||
      __builtin_mul_overflow(written_ms, kSecond, &written_ms) ||
      __builtin_sub_overflow(now_ms_, written_ms, &shift_ms)) {
    return;
  }
  shift_ms_ = shift_ms;
  value = std::to_string(now_ms_ / kSecond);
}

bool Changes::apply(Record& record) {
  std::optional<int64_t> expire_ms = record.lifetime.expire_ms;
  if (!shift(expire_ms)) return false;
  std::string_view key = record.key;
  const bool has_prefix = key.starts_with(options_.prefix_strip);
  if (has_prefix) key.remove_prefix(options_.prefix_strip.size());
  if (key.size() + options_.prefix_add.size() > kKeyBytesMax) {
    return refuse("with --prefix-add the name is longer than a name can be, 512 MiB");
  }

  counts_.expiries_shifted += expire_ms != record.lifetime.expire_ms ? 1 : 0;
  record.lifetime.expire_ms = expire_ms;
  const bool is_shifted = options_.ttl_rebase || shift_ms_.value_or(0) != 0;
  const bool has_expiring_fields = record.type == find_type(Dialect::valkey, kHash2);
  counts_.fields_unshifted += is_shifted && has_expiring_fields ? 1 : 0;
  if (const auto at = databases_.find(record.db); at != databases_.end()) {
    counts_.databases_mapped += at->second != record.db ? 1 : 0;
    record.db = at->second;
  }
  if (!options_.prefix_strip.empty()) {
    ++(has_prefix ? counts_.prefixes_stripped : counts_.without_prefix);
  }
  record.key = key;
  if (!options_.prefix_add.empty()) {
    ++counts_.prefixes_added;
    key_.assign(options_.prefix_add).append(key);
    record.key = key_;
  }
  if (options_.no_lru && record.lifetime.idle_s) {
    ++counts_.idle_times_dropped;
    record.lifetime.idle_s.reset();
  }
  if (options_.no_lfu && record.lifetime.freq) {
    ++counts_.frequencies_dropped;
    record.lifetime.freq.reset();
  }
  return true;
}

bool Changes::refuse(std::string words) {
  refusal_ = std::move(words);
  return false;
}

bool Changes::shift(std::optional<int64_t>& expire_ms) {
  if (!expire_ms) return true;
  if (options_.ttl_rebase && !shift_ms_) {
    return refuse(
        "the file does not say when it was written (AUX field ctime), so --ttl-rebase cannot tell "
        "what was left of the TTL; --ttl-shift can change it");
  }
  const int64_t by_ms = shift_ms_.value_or(0);
  if (by_ms == 0) return true;
  int64_t shifted_ms = 0;
  // Below zero is -1, which is no expiry to servers.
  if (__builtin_add_overflow(*expire_ms, by_ms, &shifted_ms) || shifted_ms < 0) {
    return refuse("expiry " + std::to_string(*expire_ms) + " shifted by " + std::to_string(by_ms) +
                  " ms is not from 0 to 9223372036854775807");
  }
  expire_ms = shifted_ms;
  return true;
}

}  // namespace rdb
