// DEBUG DIGEST, as a server computes it that holds the keys: S = SHA-1, mix(d, x): d = S(d ^ S(x)),
// xor(d, x): d ^= S(x),
//   dataset  for each db with keys, ascending: mix(F, be32(db)), then for each key xor(F, key)
//   key      mix(d, name), then what DEBUG DIGEST-VALUE is: mix(d, be32(type)), the value's
//            elements, and if it expires xor(d, "!!expire!!")
// Source: redis 2.6.17, 7.0.15, 7.2.6 and valkey 8.0.1, 9.1.2 src/debug.c, xorObjectDigest and
// computeDatasetDigest.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "rdb/base/sha.h"
#include "rdb/file/reader.h"
#include "rdb/file/record.h"
#include "rdb/value/sink.h"

namespace rdb {

// What differs between servers.
struct DigestRules {
  bool has_fpconv_scores = true;       // "1e+8" (fpconv.h); else "%.17g"
  bool counts_field_expiries = false;  // that there is one
  // Hash fields that have expired by this time are not there.
  int64_t now_ms = std::numeric_limits<int64_t>::min();
  // A server has loaded the value and dropped the sign of a zero in a sorted set that it packs.
  bool drops_zero_signs = false;
};

// Those of servers that write files with such a header.
[[nodiscard]] DigestRules digest_rules(const Header& header, int64_t now_ms);

// The digest of one key after another; one thread.
class KeyDigest : public Sink {
 public:
  explicit KeyDigest(const DigestRules& rules) : rules_(rules) {}

  // Before the value of an entry; without its name for DEBUG DIGEST-VALUE.
  void start(const Record& record, bool with_name);
  // Behind the value. Of a value of a module it is right if its type has no digest function.
  [[nodiscard]] Sha1Digest finish();
  // Of the value that has passed: it has no element.
  [[nodiscard]] bool is_empty() const { return elements_ == 0; }
  // Of the value that has passed: it is a stream whose nodes do not stand in the order of their
  // keys. A server sorts them, and its digest is another.
  [[nodiscard]] bool is_unsorted() const { return is_unsorted_; }

  bool begin(const Type& type, uint64_t count) override;
  bool end() override;
  bool item(const Text& text) override;
  bool member(const Text& text) override;
  bool score(double score) override;
  bool field(const Text& text) override;
  bool value(const Text& text) override;
  bool expiry(int64_t ms) override;
  bool stream_node(const StreamId& key, std::string_view listpack) override;
  bool stream_entry(const StreamEntry& entry) override;

 private:
  bool mix(Sha1Digest& to, const Text& text);
  void add_field();

  DigestRules rules_;
  Sha1 text_;
  Sha1Digest key_{};
  Sha1Digest element_{};
  Kind kind_ = Kind::string;
  bool expires_ = false;
  uint64_t elements_ = 0;
  bool is_open_ = false;     // a field that may have an expiry yet
  bool is_deleted_ = false;  // a stream's entry
  bool is_unsorted_ = false;
  std::optional<StreamId> last_node_;
  // What turns the digest with all signs of zeros into that without.
  Sha1Digest signs_{};
  bool is_packed_ = false;  // as a server that loads it does
};

// The digest of all keys. One thread.
class DatasetDigest {
 public:
  void add(uint64_t db, const Sha1Digest& key);
  // Of all databases.
  [[nodiscard]] Sha1Digest get() const;
  // Of a dataset that has this one alone.
  [[nodiscard]] Sha1Digest get(uint64_t db) const;

 private:
  std::map<uint64_t, Sha1Digest> databases_;  // all keys' xor
  Sha1Digest* current_ = nullptr;
  uint64_t current_db_ = 0;
};

}  // namespace rdb
