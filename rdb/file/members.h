// When the members of one key expire, as KeyDB writes it behind the value of the key:
//   (FA "keydb-subexpire-key" member  FA "keydb-subexpire-when" time)*     the time in decimal
// A member is that of a set or a sorted set or the field of a hash, the time a unix time in
// milliseconds. A member with a zero byte is cut short there, so that none of the value may match.
// Source: KeyDB 6.3.4 src/rdb.cpp, rdbSaveKeyValuePair, rdbLoadRio; src/expire.cpp,
// expireMemberCore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rdb/base/hash128.h"
#include "rdb/codec/string.h"
#include "rdb/io/input.h"
#include "rdb/value/sink.h"
#include "rdb/value/text_hash.h"

namespace rdb {

// The RDB version of all files that KeyDB writes.
inline constexpr unsigned kMembersVersion = 9;

inline constexpr std::string_view kMemberAux = "keydb-subexpire-key";
inline constexpr std::string_view kMemberTimeAux = "keydb-subexpire-when";
// How KeyDB writes each up to its value: opcode, length, name.
inline constexpr std::string_view kMemberHead = "\xfa\x13keydb-subexpire-key";
inline constexpr std::string_view kMemberTimeHead = "\xfa\x14keydb-subexpire-when";
// What stands before a key whose server keeps it in step with others.
inline constexpr std::string_view kKeyTimeAux = "mvcc-tstamp";

// Not thread-safe. Members are known by their hashes.
class MemberExpiries {
 public:
  // More of one key are not held: 4 MiB.
  static constexpr size_t kHeldMax = size_t{1} << 17;

  // What ended the reading of pairs.
  enum class End : uint8_t {
    other,  // something that is no pair follows
    cut,    // there are no more bytes, or the source failed
    full,   // there are more than are held
  };

  void clear();
  // Takes the pairs at the start of `bytes` that are there whole and stored plainly.
  void take(std::string_view bytes);
  // Reads pairs up to what ends them; behind them, and on a failure, `in` may stand anywhere.
  [[nodiscard]] End read(Input& in, StringReader& strings);
  // After the last pair.
  void finish();

  // Stored bytes of the pairs that were taken or read.
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] size_t size() const { return rows_.size(); }
  [[nodiscard]] bool is_empty() const { return rows_.empty(); }
  // When it expires, 0 or later; nothing if it does not.
  [[nodiscard]] std::optional<int64_t> find(const Hash128& member) const;
  // The earliest of them.
  [[nodiscard]] int64_t first_ms() const { return first_ms_; }

 private:
  struct Row {
    Hash128 member;
    int64_t ms = 0;
    uint32_t number = 0;  // of those before it in the file
  };

  bool add(const Hash128& member, std::string_view time);

  std::vector<Row> rows_;  // ascending by member once finished
  uint64_t bytes_ = 0;
  int64_t first_ms_ = 0;
};

// The members of one value.
struct MemberCounts {
  uint64_t all = 0;
  std::vector<uint64_t> expired = {};  // of these, by a certain time: their numbers, ascending
  uint64_t expiring = 0;               // of these, later
};

// Steps over an AUX field up to its value if it is what follows.
[[nodiscard]] bool take_head(Input& in, std::string_view head);

// Whether KeyDB lets members of values of that kind expire.
[[nodiscard]] inline bool has_members(Kind kind) {
  return kind == Kind::set || kind == Kind::zset || kind == Kind::hash;
}

// Hands a value on with the expiries of its members: a hash as one of hash-2, others with an
// expiry behind each member, or its score, that has one.
class MemberSink : public Sink {
 public:
  // Both must outlive it.
  MemberSink(Sink& to, const MemberExpiries& expiries) : to_(to), expiries_(expiries) {}

  bool begin(const Type& type, uint64_t count) override;
  bool end() override { return to_.end(); }
  bool blob(std::string_view bytes) override { return is_hash_ || to_.blob(bytes); }
  bool member(const Text& text) override;
  bool score_text(std::string_view text) override { return to_.score_text(text); }
  bool score(double score) override { return to_.score(score) && expire(); }
  bool field(const Text& text) override {
    (void)name_.add(text);
    return to_.field(text);
  }
  bool value(const Text& text) override { return to_.value(text) && (!text.is_last() || expire()); }

 private:
  bool expire();

  Sink& to_;
  const MemberExpiries& expiries_;
  TextHash name_;
  bool is_hash_ = false;
  bool is_set_ = false;
};

}  // namespace rdb
