#include "rdb/aof/syntax.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "rdb/base/error.h"
#include "rdb/base/number.h"
#include "rdb/base/word.h"

namespace rdb {
namespace {

using enum ServerVersion;

enum class Takes : uint8_t {
  values,   // so many arguments
  counted,  // as many arguments as there are keys
  limit,    // `=` or `~` if it likes, and one argument
  pairs,    // a number, and twice as many arguments
  sum,      // SUM, MIN or MAX
  rest,     // all that follows
};

struct Option {
  std::string_view token;
  unsigned values = 0;
  ServerVersion since = redis_2_6;  // or as the command itself
  Takes takes = Takes::values;
};

// What may follow the options.
enum class Then : uint8_t {
  nothing,
  value,    // an argument that begins as a number or with `*` does
  numbers,  // arguments that begin with a digit stand among the options
  one,      // anything; one argument alone is an option
};

constexpr std::string_view kSums[] = {"SUM", "MIN", "MAX", ""};

constexpr Option kSet[] = {{"NX"},
                           {"XX"},
                           {"EX", 1},
                           {"PX", 1},
                           {"KEEPTTL", 0, redis_6_0},
                           {"GET", 0, redis_6_2},
                           {"EXAT", 1, redis_6_2},
                           {"PXAT", 1, redis_6_2},
                           {"IFEQ", 1, valkey_8_1}};
constexpr Option kGetEx[] = {{"EX", 1}, {"PX", 1}, {"EXAT", 1}, {"PXAT", 1}, {"PERSIST"}};
constexpr Option kExpire[] = {{"NX"}, {"XX"}, {"GT"}, {"LT"}};
constexpr Option kBitOp[] = {{"AND"}, {"OR"}, {"XOR"}, {"NOT"}};
constexpr Option kBitField[] = {{"GET", 2}, {"SET", 3}, {"INCRBY", 3}, {"OVERFLOW", 1}};
constexpr Option kCopy[] = {{"DB", 1}, {"REPLACE"}};
constexpr Option kFlush[] = {{"ASYNC", 0, redis_4_0}, {"SYNC", 0, redis_6_2}};
constexpr Option kFlushScripts[] = {{"ASYNC", 0, redis_6_2}, {"SYNC", 0, redis_6_2}};
constexpr Option kGeoAdd[] = {{"NX", 0, redis_6_2}, {"XX", 0, redis_6_2}, {"CH", 0, redis_6_2}};
constexpr Option kGeoRadius[] = {{"WITHCOORD"}, {"WITHDIST"},          {"WITHHASH"},
                                 {"COUNT", 1},  {"ANY", 0, redis_6_2}, {"ASC"},
                                 {"DESC"},      {"STORE", 1},          {"STOREDIST", 1}};
constexpr Option kGeoSearchStore[] = {{"FROMMEMBER", 1},
                                      {"FROMLONLAT", 2},
                                      {"BYRADIUS", 2},
                                      {"BYBOX", 3},
                                      {"BYPOLYGON", 0, valkey_9_0, Takes::pairs},
                                      {"ASC"},
                                      {"DESC"},
                                      {"COUNT", 1},
                                      {"ANY"},
                                      {"STOREDIST"}};
constexpr Option kFields[] = {{"FIELDS", 0, redis_2_6, Takes::rest}};
constexpr Option kHashExpire[] = {
    {"NX"}, {"XX"}, {"GT"}, {"LT"}, {"FIELDS", 0, redis_2_6, Takes::rest}};
constexpr Option kHashGetEx[] = {{"EX", 1},   {"PX", 1},   {"EXAT", 1},
                                 {"PXAT", 1}, {"PERSIST"}, {"FIELDS", 0, redis_2_6, Takes::rest}};
// NX and XX came after 9.0.0.
constexpr Option kHashSetEx[] = {{"NX", 0, valkey_9_1},
                                 {"XX", 0, valkey_9_1},
                                 {"FNX"},
                                 {"FXX"},
                                 {"EX", 1},
                                 {"PX", 1},
                                 {"EXAT", 1},
                                 {"PXAT", 1},
                                 {"KEEPTTL"},
                                 {"FIELDS", 0, redis_2_6, Takes::rest}};
constexpr Option kManySetEx[] = {{"NX"},      {"XX"},      {"EX", 1},  {"PX", 1},
                                 {"EXAT", 1}, {"PXAT", 1}, {"KEEPTTL"}};
constexpr Option kRestore[] = {
    {"REPLACE"}, {"ABSTTL", 0, redis_5_0}, {"IDLETIME", 1, redis_5_0}, {"FREQ", 1, redis_5_0}};
constexpr Option kSort[] = {{"BY", 1}, {"LIMIT", 2}, {"GET", 1},  {"ASC"},
                            {"DESC"},  {"ALPHA"},    {"STORE", 1}};
constexpr Option kAdd[] = {{"NX", 0, redis_3_0},   {"XX", 0, redis_3_0}, {"CH", 0, redis_3_0},
                           {"INCR", 0, redis_3_0}, {"GT", 0, redis_6_2}, {"LT", 0, redis_6_2}};
constexpr Option kRangeStore[] = {{"BYSCORE"}, {"BYLEX"}, {"REV"}, {"LIMIT", 2}};
constexpr Option kCombine[] = {{"WEIGHTS", 0, redis_2_6, Takes::counted},
                               {"AGGREGATE", 0, redis_2_6, Takes::sum}};
constexpr Option kStreamAdd[] = {{"NOMKSTREAM", 0, redis_6_2},
                                 {"MAXLEN", 0, redis_2_6, Takes::limit},
                                 {"MINID", 0, redis_6_2, Takes::limit},
                                 {"LIMIT", 1, redis_6_2}};
constexpr Option kStreamTrim[] = {{"MAXLEN", 0, redis_2_6, Takes::limit},
                                  {"MINID", 0, redis_6_2, Takes::limit},
                                  {"LIMIT", 1, redis_6_2}};
constexpr Option kClaim[] = {{"IDLE", 1}, {"TIME", 1}, {"RETRYCOUNT", 1},
                             {"FORCE"},   {"JUSTID"},  {"LASTID", 1}};
constexpr Option kAutoClaim[] = {{"COUNT", 1}, {"JUSTID"}};
constexpr Option kReadGroup[] = {
    {"COUNT", 1}, {"BLOCK", 1}, {"NOACK"}, {"STREAMS", 0, redis_2_6, Takes::rest}};
constexpr Option kGroup[] = {{"CREATE"},      {"SETID"}, {"DESTROY"},
                             {"DELCONSUMER"}, {"HELP"},  {"CREATECONSUMER", 0, redis_6_2}};
constexpr Option kGroupCreate[] = {{"MKSTREAM"}, {"ENTRIESREAD", 1, redis_7_0}};
constexpr Option kGroupSetId[] = {{"ENTRIESREAD", 1, redis_7_0}};
constexpr Option kStreamSetId[] = {{"ENTRIESADDED", 1}, {"MAXDELETEDID", 1}};
constexpr Option kFunctionLoad[] = {{"REPLACE"}};
constexpr Option kFunctionRestore[] = {{"FLUSH"}, {"APPEND"}, {"REPLACE"}};

}  // namespace

struct CommandSyntax {
  std::string_view name;
  uint64_t from;  // argument at which options begin
  std::span<const Option> options;
  Then then = Then::nothing;
  // The argument before `from` is a number of keys, and each takes so many arguments of those that
  // follow it.
  unsigned per_key = 0;
  unsigned last = 0;  // so many arguments at the end are no options
};

namespace {

constexpr CommandSyntax kSyntaxes[] = {
    {"bitfield", 2, kBitField},
    {"bitop", 1, kBitOp, Then::one},
    {"copy", 3, kCopy},
    {"expire", 3, kExpire},
    {"expireat", 3, kExpire},
    {"flushall", 1, kFlush},
    {"flushdb", 1, kFlush},
    {"function|flush", 2, kFlush},
    {"function|load", 2, kFunctionLoad, Then::nothing, 0, 1},
    {"function|restore", 3, kFunctionRestore},
    {"geoadd", 2, kGeoAdd, Then::value},
    {"georadius", 6, kGeoRadius},
    {"georadiusbymember", 5, kGeoRadius},
    {"geosearchstore", 3, kGeoSearchStore},
    {"getex", 2, kGetEx},
    {"hexpire", 3, kHashExpire},
    {"hexpireat", 3, kHashExpire},
    {"hgetdel", 2, kFields},
    {"hgetex", 2, kHashGetEx},
    {"hpersist", 2, kFields},
    {"hpexpire", 3, kHashExpire},
    {"hpexpireat", 3, kHashExpire},
    {"hsetex", 2, kHashSetEx},
    {"msetex", 2, kManySetEx, Then::nothing, 2},
    {"pexpire", 3, kExpire},
    {"pexpireat", 3, kExpire},
    {"restore", 4, kRestore},
    {"restore-asking", 4, kRestore},
    {"script|flush", 2, kFlushScripts},
    {"set", 3, kSet},
    {"sort", 2, kSort},
    {"xadd", 2, kStreamAdd, Then::value},
    {"xautoclaim", 6, kAutoClaim},
    {"xclaim", 5, kClaim, Then::numbers},
    {"xgroup", 1, kGroup, Then::one},
    {"xgroup|create", 5, kGroupCreate},
    {"xgroup|setid", 5, kGroupSetId},
    {"xreadgroup", 4, kReadGroup},
    {"xsetid", 3, kStreamSetId},
    {"xtrim", 2, kStreamTrim},
    {"zadd", 2, kAdd, Then::value},
    {"zinterstore", 3, kCombine, Then::nothing, 1},
    {"zrangestore", 5, kRangeStore},
    {"zunionstore", 3, kCombine, Then::nothing, 1},
};

constexpr bool is_before(const CommandSyntax& a, const CommandSyntax& b) { return a.name < b.name; }
static_assert(std::is_sorted(std::begin(kSyntaxes), std::end(kSyntaxes), is_before));

const CommandSyntax* find_syntax(std::string_view name) {
  const auto at = std::lower_bound(
      std::begin(kSyntaxes), std::end(kSyntaxes), name,
      [](const CommandSyntax& row, std::string_view wanted) { return row.name < wanted; });
  return at != std::end(kSyntaxes) && at->name == name ? at : nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// True for the beginning of a number, of the id of a stream entry, and of `*`.
bool is_value(std::string_view head) {
  if (head.empty()) return false;
  const char first = head[0];
  if (is_digit(first) || first == '-' || first == '+' || first == '.' || first == '*') return true;
  return is_same_word(head, "inf") || is_same_word(head, "infinity");
}

}  // namespace

void SyntaxCheck::start(std::string_view name, uint64_t arguments, ServerVersion version) {
  syntax_ = find_syntax(name);
  version_ = version;
  unknown_.clear();
  if (syntax_ == nullptr) return;
  from_ = syntax_->from;
  end_ = arguments - std::min<uint64_t>(arguments, syntax_->last);
  count_ = 0;
  values_ = 0;
  takes_sign_ = takes_pairs_ = false;
  choices_ = nullptr;
}

void SyntaxCheck::add(uint64_t index, std::string_view head) {
  if (syntax_ == nullptr || index >= end_) return;
  if (index < from_) {
    int64_t keys = 0;
    const bool has_count = syntax_->per_key != 0 && index + 1 == syntax_->from;
    if (!has_count || !parse_int64(head, keys) || keys < 0) return;
    count_ = std::min<uint64_t>(static_cast<uint64_t>(keys), end_);
    from_ += count_ * syntax_->per_key;
    return;
  }
  if (takes_sign_ && (head == "=" || head == "~")) {
    takes_sign_ = false;
    return;
  }
  takes_sign_ = false;
  if (choices_ != nullptr) {
    while (!choices_->empty() && !is_same_word(*choices_, head)) ++choices_;
    if (choices_->empty()) refuse(head);
    choices_ = nullptr;
    return;
  }
  if (values_ != 0) {
    --values_;
    int64_t pairs = 0;
    if (takes_pairs_ && parse_int64(head, pairs) && pairs > 0) {
      values_ = std::min<uint64_t>(static_cast<uint64_t>(pairs), end_) * 2;
    }
    takes_pairs_ = false;
    return;
  }
  if (take_option(head)) return;
  if (syntax_->then == Then::value && is_value(head)) {
    syntax_ = nullptr;
  } else if (syntax_->then != Then::numbers || head.empty() || !is_digit(head[0])) {
    refuse(head);
  }
}

bool SyntaxCheck::take_option(std::string_view head) {
  const auto option = std::find_if(syntax_->options.begin(), syntax_->options.end(),
                                   [head](const Option& o) { return is_same_word(o.token, head); });
  if (option == syntax_->options.end() || option->since > version_) return false;
  values_ = option->values;
  switch (option->takes) {
    case Takes::values:
      break;
    case Takes::counted:
      values_ = count_;
      break;
    case Takes::limit:
      values_ = 1;
      takes_sign_ = true;
      break;
    case Takes::pairs:
      values_ = 1;
      takes_pairs_ = true;
      break;
    case Takes::sum:
      choices_ = kSums;
      break;
    case Takes::rest:
      syntax_ = nullptr;
      return true;
  }
  if (syntax_->then == Then::one) syntax_ = nullptr;
  return true;
}

void SyntaxCheck::refuse(std::string_view head) {
  unknown_ = head;
  if (head.empty()) unknown_ = "\"\"";
  syntax_ = nullptr;
}

}  // namespace rdb
