// What is wrong with a value, as servers' loaders would see it: a Sink that takes its events while
// it is read, and the flaws of its structure afterwards (ReaderOptions::tolerates_flaws).
// Constant memory for sound values; strings that occur twice are looked for by Distinct.
// Source: valkey 8.0.1 src/rdb.c, rdbLoadObject, and what it calls.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rdb/server/audit_stream.h"
#include "rdb/server/defect.h"
#include "rdb/sets/distinct.h"
#include "rdb/value/sink.h"
#include "rdb/value/type_id.h"

namespace rdb {

// Who reads the scores of packed sorted sets that are text.
enum class ScoreReader : uint8_t {
  any,      // it is not known: what is in order for both is in order
  strtod,   // the first 127 bytes; up to Valkey 9.0
  valkey91  // all of it, but a blank before the number and hexadecimal digits are nothing to it
};

// The order of a sorted set.
class ScoreOrder {
 public:
  void start() { is_first_ = is_ascending_ = true; }
  // The next score; whether its member comes after the one before, if both have the same score.
  void add(double score, bool is_member_after) {
    const bool is_after = is_first_ || last_ < score || (last_ == score && is_member_after);
    is_ascending_ = is_ascending_ && (is_after || std::isnan(score) || std::isnan(last_));
    is_first_ = false;
    last_ = score;
  }
  [[nodiscard]] bool is_ascending() const { return is_ascending_; }

 private:
  bool is_first_ = true;
  bool is_ascending_ = true;
  double last_ = 0;
};

// One thread; distinct objects are independent.
class Audit : public Sink {
 public:
  // `now_ms`: the unix time at which fields of a hash count as expired.
  explicit Audit(int64_t now_ms, ScoreReader reader = ScoreReader::any)
      : now_ms_(now_ms), reader_(reader), stream_(found_) {}

  // Before a value. `flaws`, borrowed until finish(): those found so far, as it is read.
  void start(const Type& type, const std::vector<Error>* flaws = nullptr);
  // After it, with its flaws in the order found. False: error().
  [[nodiscard]] bool finish(const std::vector<Error>& flaws);

  // What is wrong besides the flaws.
  [[nodiscard]] const std::set<Defect>& found() const { return found_; }
  // What the flaw at that place of the list is.
  [[nodiscard]] Defect defect(size_t flaw) const { return flaws_[flaw]; }
  // A server that looks at no more than a listpack's header takes the value for an empty one.
  [[nodiscard]] bool looks_empty() const;
  // Loading makes another form of it, and so meets every flaw.
  [[nodiscard]] bool is_taken_apart() const {
    return is_any({kListZiplist, kHashZipmap}) || is_converted();
  }
  // Of the temporary file.
  [[nodiscard]] const Error& error() const;

  bool begin(const Type& type, uint64_t count) override;
  bool blob(std::string_view bytes) override;
  bool item(const Text&) override;
  bool member(const Text& member) override;
  bool score_text(std::string_view) override;
  bool score(double score) override;
  bool field(const Text& field) override;
  bool value(const Text& value) override;
  bool expiry(int64_t ms) override;
  bool stream_node(const StreamId& key, std::string_view) override { return stream_.node(key); }
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override { return stream_.stream(stream); }
  bool group_name(const Text& name) override { return stream_.group_name(name); }
  bool pending(const Pending& pending) override;
  bool consumer_name(const Text& name) override { return stream_.consumer_name(name); }
  bool owned(const StreamId& id) override;

 private:
  [[nodiscard]] bool is_any(std::initializer_list<TypeId> ids) const {
    return std::find(ids.begin(), ids.end(), type_) != ids.end();
  }
  [[nodiscard]] bool has_listpacks() const;
  [[nodiscard]] bool has_pairs() const;  // in one
  [[nodiscard]] uint64_t limit() const;
  [[nodiscard]] bool is_converted() const;
  [[nodiscard]] Defect kind_in_stream(const Error& flaw, size_t index) const;
  [[nodiscard]] Defect kind_of_count(const Error& flaw) const;
  [[nodiscard]] Defect kind_in_listpack(const Error& flaw) const;
  [[nodiscard]] Defect kind_of(const Error& flaw, size_t index) const;
  void sort_out_counts(const std::vector<Error>& flaws);
  void judge_elements();

  [[nodiscard]] bool is_zset_unsorted() const;

  int64_t now_ms_;
  ScoreReader reader_;
  uint8_t type_ = 0;
  std::set<Defect> found_;
  std::vector<Defect> flaws_;
  Distinct distinct_;
  StreamAudit stream_;
  uint64_t count_ = 0;        // elements, a hash's fields; of packed values what the header says
  uint64_t elements_ = 0;     // handed over
  uint64_t seconds_ = 0;      // of pairs: values, scores
  bool is_counted_ = true;    // the header of every listpack tells its count
  bool is_hidden_ = false;    // one says none, and has some
  bool has_shown_ = false;    // one does not
  bool is_long_ = false;      // a string is too long for a packed value
  bool is_unsorted_ = false;  // an intset
  bool has_nan_ = false;
  bool is_text_odd_ = false;
  bool is_text_long_ = false;
  ScoreOrder early_order_;  // as strtod reads the scores
  ScoreOrder late_order_;
  std::optional<double> late_score_;  // of the element, if it is text
  std::string member_;
  std::string last_member_;
  Hash128 field_;
  bool has_field_ = false;
  const std::vector<Error>* read_flaws_ = nullptr;
  size_t flaws_before_entry_ = SIZE_MAX;  // of a stream, before its first live entry
};

}  // namespace rdb
