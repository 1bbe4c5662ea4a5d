// How a conversion carries members that expire (members.h): those of a hash become field expiries
// where the target has them; nothing but KeyDB has them of sets and sorted sets.
#include <algorithm>
#include <utility>

#include "rdb/carry/convert.h"

namespace rdb {

// Before an entry. False: all of its members have expired, so that KeyDB would not have it either.
bool Converter::take_members(Reader& reader, Record& record) {
  without_expired_.left_out.clear();
  member_counts_ = {};
  if (record.members == nullptr || record.type->kind == Kind::hash) return true;
  // A value that cannot be read is told when it is carried.
  const bool is_counted = reader.count_members(options_.now_ms, member_counts_);
  record.members = nullptr;
  if (!is_counted) member_counts_ = {};
  const uint64_t expired = member_counts_.expired.size();
  if (expired != 0 && expired == member_counts_.all) {
    find("expired_collections", "all members have expired, it is left out", record, 1).severity =
        Severity::drops;
    return false;
  }
  without_expired_.left_out = std::move(member_counts_.expired);
  return true;
}

// Before the events of a value come to its hash, which knows the members itself.
void Converter::through_members(const Record& record, Payload& payload) {
  if (record.members == nullptr) return;
  payload.events = &member_sink_.emplace(*payload.events, *record.members);
}

// Before they come to anything.
void Converter::without_members(Payload& payload) {
  if (without_expired_.left_out.empty()) return;
  payload.events = &member_filter_.emplace(*payload.events, without_expired_);
}

// Behind an entry that is carried.
void Converter::count_members(const Record& record) {
  if (const uint64_t n = member_counts_.expiring; n != 0) {
    const bool is_set = record.type->kind == Kind::set;
    lose("field_expiries",
         is_set ? "only KeyDB has expiries of the members of a set"
                : "only KeyDB has expiries of the members of a sorted set",
         record, n);
  }
  if (const uint64_t n = without_expired_.left_out.size(); n != 0) {
    find("expired_members", "members that have expired, left out", record, n).severity =
        Severity::drops;
  }
}

// An expiry that was not told with its key.
bool Converter::stray(Reader& reader, const Record& record) {
  if (!survey_.add(reader, record, true)) return false;
  if (record.is_late) {
    lose("field_expiries", std::string(record.why), record);
    return true;
  }
  Finding& finding = find(name(Code::stray_member), std::string(record.why), record, 1);
  finding.severity = Severity::drops;
  const auto& allowed = options_.allowed_losses;
  if (std::find(allowed.begin(), allowed.end(), "field_expiries") != allowed.end()) return true;
  refused_ = true;
  finding.status = Status::damaged;
  return true;
}

}  // namespace rdb
