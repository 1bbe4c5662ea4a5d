#include "rdb/file/members.h"

#include <algorithm>
#include <string>

#include "rdb/base/number.h"
#include "rdb/value/type_id.h"

namespace rdb {
namespace {

// Whether all bytes there are may be the first of `head`.
bool is_cut(Input& in, std::string_view head) {
  const std::string_view rest(in.cursor(), in.available());
  return !in.error().ok() || (rest.size() < head.size() && head.starts_with(rest));
}

}  // namespace

bool take_head(Input& in, std::string_view head) {
  while (in.available() < head.size() && in.more()) {
  }
  if (!std::string_view(in.cursor(), in.available()).starts_with(head)) return false;
  in.advance(head.size());
  return true;
}

void MemberExpiries::clear() {
  rows_.clear();
  bytes_ = 0;
  first_ms_ = INT64_MAX;
}

void MemberExpiries::take(std::string_view bytes) {
  while (rows_.size() < kHeldMax && bytes.starts_with(kMemberHead)) {
    char member_digits[kNumberBytes];
    char time_digits[kNumberBytes];
    std::string_view rest = bytes.substr(kMemberHead.size());
    std::string_view member;
    std::string_view time;
    if (!take_string(rest, member, member_digits) || !rest.starts_with(kMemberTimeHead)) return;
    rest.remove_prefix(kMemberTimeHead.size());
    if (!take_string(rest, time, time_digits) || !add(hash128(member), time)) return;
    bytes_ += bytes.size() - rest.size();
    bytes = rest;
  }
}

MemberExpiries::End MemberExpiries::read(Input& in, StringReader& strings) {
  constexpr uint64_t kTimeBytesMax = 32;
  const uint64_t from = in.pos() - bytes_;
  while (take_head(in, kMemberHead)) {
    if (rows_.size() == kHeldMax) return End::full;
    TextHash member;
    std::string time;
    const auto take_time = [&](const Text& text) {
      if (text.total <= kTimeBytesMax) time += text.data;
      return text.total <= kTimeBytesMax;
    };
    const bool is_read = strings.pass([&](const Text& text) {
      (void)member.add(text);
      return true;
    });
    if (!is_read) return End::cut;
    if (!take_head(in, kMemberTimeHead)) return is_cut(in, kMemberTimeHead) ? End::cut : End::other;
    if (!strings.pass(take_time)) {
      return in.error().code == Code::truncated ? End::cut : End::other;
    }
    if (!add(member.get(), time)) return End::other;
    bytes_ = in.pos() - from;
  }
  return is_cut(in, kMemberHead) ? End::cut : End::other;
}

// KeyDB takes what is before 1970 for past, as any time there is.
bool MemberExpiries::add(const Hash128& member, std::string_view time) {
  int64_t ms = 0;
  if (!parse_int64(time, ms)) return false;
  ms = std::max<int64_t>(ms, 0);
  rows_.push_back({member, ms, static_cast<uint32_t>(rows_.size())});
  first_ms_ = std::min(first_ms_, ms);
  return true;
}

// Of a member that is there twice the last counts (src/expire.cpp, expireSubKey).
void MemberExpiries::finish() {
  const auto is_before = [](const Row& a, const Row& b) {
    return a.member != b.member ? a.member < b.member : a.number > b.number;
  };
  const auto is_same = [](const Row& a, const Row& b) { return a.member == b.member; };
  std::sort(rows_.begin(), rows_.end(), is_before);
  rows_.erase(std::unique(rows_.begin(), rows_.end(), is_same), rows_.end());
}

std::optional<int64_t> MemberExpiries::find(const Hash128& member) const {
  const auto is_before = [](const Row& row, const Hash128& m) { return row.member < m; };
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), member, is_before);
  if (at == rows_.end() || at->member != member) return std::nullopt;
  return at->ms;
}

bool MemberSink::begin(const Type& type, uint64_t count) {
  is_hash_ = type.kind == Kind::hash;
  is_set_ = type.kind == Kind::set;
  return to_.begin(is_hash_ ? *find_type(Dialect::valkey, kHashExpiring) : type, count);
}

bool MemberSink::member(const Text& text) {
  const bool is_whole = name_.add(text);
  return to_.member(text) && (!is_set_ || !is_whole || expire());
}

// Behind an element.
bool MemberSink::expire() {
  const std::optional<int64_t> ms = expiries_.find(name_.get());
  if (!ms && !is_hash_) return true;
  return to_.expiry(ms.value_or(kNoExpiry));
}

}  // namespace rdb
