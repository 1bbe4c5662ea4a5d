#include "rdb/server/counts.h"

#include <algorithm>

#include "rdb/base/number.h"

namespace rdb {
namespace {

// Redis 3.2 left expired keys out of the file but not out of the hint (redis 3.2.13 src/rdb.c,
// rdbSaveKeyValuePair).
constexpr unsigned kLeavesExpiredOut = 7;

// 3.2 and 4.0 clamp their hints.
constexpr uint64_t kHintMax = UINT32_MAX;

std::string db_name(uint64_t db) { return "db" + std::to_string(db); }

bool parse_count(std::string_view text, uint64_t& n) {
  int64_t v = 0;
  if (!parse_int64(text, v) || v < 0) return false;
  n = static_cast<uint64_t>(v);
  return true;
}

// Takes `prefix` and the number behind it off `text`.
bool take_count(std::string_view& text, std::string_view prefix, uint64_t& n) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (!parse_count(text.substr(0, digits), n)) return false;
  text.remove_prefix(digits);
  return true;
}

bool parse_info_line(std::string_view line, Expectation& out) {
  uint64_t expires = 0;
  if (!take_count(line, "db", out.db) || !take_count(line, ":keys=", out.keys)) return false;
  if (take_count(line, ",expires=", expires)) out.expires = expires;
  constexpr std::string_view kVolatile = ",keys_with_volatile_items=";
  line.remove_prefix(std::min(line.find(kVolatile), line.size()));
  uint64_t items = 0;
  if (take_count(line, kVolatile, items)) out.volatile_items = items;
  return true;
}

void differ(std::vector<Finding>& findings, uint64_t db, std::string words) {
  Finding finding;
  finding.stage = Stage::counts;
  finding.severity = Severity::differs;
  finding.status = Status::unexpected;
  finding.name = name(Code::count_differs);
  finding.words = db_name(db) + ": " + std::move(words);
  finding.has_db = true;
  finding.db = db;
  findings.push_back(std::move(finding));
}

void remark(std::vector<Finding>& findings, uint64_t db, std::string_view id, std::string words) {
  Finding finding;
  finding.stage = Stage::counts;
  finding.name = id;
  finding.words = db_name(db) + ": " + std::move(words);
  finding.has_db = true;
  finding.db = db;
  findings.push_back(std::move(finding));
}

std::string counts(uint64_t keys, uint64_t expires) {
  return std::to_string(keys) + " keys, " + std::to_string(expires) + " with an expiry";
}

// The counts of a database, of which those are compared that an expectation has.
struct Counts {
  uint64_t keys = 0;
  uint64_t expires = 0;
  uint64_t volatile_items = 0;

  [[nodiscard]] bool is(const Expectation& expected) const {
    return expected.keys == keys && expected.expires.value_or(expires) == expires &&
           expected.volatile_items.value_or(volatile_items) == volatile_items;
  }
};

void compare(const Expectation& expected, const Keyspace& found, std::vector<Finding>& findings) {
  const Counts all{found.keys, found.expires, found.volatile_items};
  if (all.is(expected)) return;
  const Counts loaded{found.loaded(), found.expires - found.expired, found.loaded_volatile_items};
  if (loaded.is(expected)) {
    remark(findings, expected.db, "expected_without_dropped",
           "as expected once the server has dropped " + std::to_string(found.expired) +
               " expired keys and " + std::to_string(found.empty) + " empty ones" +
               (expected.volatile_items ? ", and fields that have expired" : ""));
    return;
  }
  std::string words = "holds " + counts(found.keys, found.expires);
  if (expected.volatile_items) {
    words += ", " + std::to_string(found.volatile_items) + " with fields that expire";
  }
  words += "; expected were " + std::to_string(expected.keys) + " keys";
  if (expected.expires) words += ", " + std::to_string(*expected.expires) + " with an expiry";
  if (expected.volatile_items) {
    words += ", " + std::to_string(*expected.volatile_items) + " with fields that expire";
  }
  if (found.dropped != 0) {
    words += " (" + std::to_string(found.expired) + " are expired, " + std::to_string(found.empty) +
             " empty)";
  }
  differ(findings, expected.db, std::move(words));
}

}  // namespace

bool parse_expectation(std::string_view text, Expectations& to) {
  Expectation expectation;
  if (!take_count(text, "db", expectation.db) || !take_count(text, "=", expectation.keys) ||
      !text.empty()) {
    return false;
  }
  to.databases.push_back(expectation);
  return true;
}

bool parse_info(std::string_view text, Expectations& to) {
  bool is_keyspace = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Expectation expectation;
    if (parse_info_line(line, expectation)) {
      to.databases.push_back(expectation);
      is_keyspace = true;
    }
    if (line.starts_with("# Keyspace")) is_keyspace = true;
  }
  to.is_complete = to.is_complete || is_keyspace;
  return is_keyspace;
}

std::string keyspace_line(const Header& header, uint64_t db, const Keyspace& keyspace) {
  std::string out = db_name(db) + ":keys=" + std::to_string(keyspace.keys) +
                    ",expires=" + std::to_string(keyspace.expires) + ",avg_ttl=0";
  if (header.dialect != Dialect::valkey) return out;
  return out + ",keys_with_volatile_items=" + std::to_string(keyspace.volatile_items);
}

void compare_hints(const Header& header, const Survey& survey, std::vector<Finding>& findings) {
  for (const auto& [db, found] : survey.databases()) {
    if (found.has_slots && (found.slot_keys != found.keys || found.slot_expires != found.expires)) {
      differ(findings, db,
             "holds " + counts(found.keys, found.expires) + "; slot-info says " +
                 counts(found.slot_keys, found.slot_expires));
    }
    if (!found.has_hint) continue;
    const uint64_t keys = found.hinted_keys;
    const uint64_t expires = found.hinted_expires;
    const auto agrees = [](uint64_t hint, uint64_t count) {
      return hint == count || (hint == kHintMax && count > kHintMax);
    };
    // KeyDB counts keys of which a member expires (KeyDB 6.3.4 src/rdb.cpp, rdbSaveRio).
    const uint64_t expires_there = found.expires + survey.member_expires(db);
    if (agrees(keys, found.keys) &&
        (agrees(expires, found.expires) || agrees(expires, expires_there))) {
      continue;
    }
    const uint64_t missing = keys - found.keys;
    std::string words =
        "holds " + counts(found.keys, found.expires) + "; RESIZEDB says " + counts(keys, expires);
    if (header.version == kLeavesExpiredOut && keys >= found.keys &&
        expires == found.expires + missing) {
      remark(findings, db, "expired_left_out",
             words + ": Redis 3.2 does not write keys that have expired");
    } else {
      differ(findings, db, std::move(words));
    }
  }
}

void compare_expectations(const Expectations& expected, const Survey& survey,
                          std::vector<Finding>& findings) {
  const auto& found = survey.databases();
  for (const Expectation& expectation : expected.databases) {
    const auto at = found.find(expectation.db);
    compare(expectation, at == found.end() ? Keyspace{} : at->second, findings);
  }
  if (!expected.is_complete) return;
  for (const auto& [db, keyspace] : found) {
    const auto same = [id = db](const Expectation& e) { return e.db == id; };
    if (std::none_of(expected.databases.begin(), expected.databases.end(), same)) {
      compare({.db = db, .keys = 0, .expires = 0, .volatile_items = {}}, keyspace, findings);
    }
  }
}

}  // namespace rdb
