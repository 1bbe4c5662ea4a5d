// What is wrong with a value, as servers' loaders would see it: a Sink that takes its events while
// it is read, and the flaws of its structure afterwards (ReaderOptions::tolerates_flaws).
// Constant memory for sound values; strings that occur twice are looked for by Distinct.
// Source: valkey 8.0.1 src/rdb.c, rdbLoadObject, and what it calls.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "rdb/server/audit_stream.h"
#include "rdb/server/defect.h"
#include "rdb/sets/distinct.h"
#include "rdb/value/sink.h"
#include "rdb/value/type_id.h"

namespace rdb {

// One thread; distinct objects are independent.
class Audit : public Sink {
 public:
  // `now_ms`: the unix time at which fields of a hash count as expired.
  explicit Audit(int64_t now_ms) : now_ms_(now_ms), stream_(found_) {}

  // Before a value.
  void start(const Type& type);
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
  [[nodiscard]] Defect kind_in_stream(const Error& flaw) const;
  [[nodiscard]] Defect kind_of_count(const Error& flaw) const;
  [[nodiscard]] Defect kind_in_listpack(const Error& flaw) const;
  [[nodiscard]] Defect kind_of(const Error& flaw) const;
  void sort_out_counts(const std::vector<Error>& flaws);
  void judge_elements();

  int64_t now_ms_;
  uint8_t type_ = 0;
  std::set<Defect> found_;
  std::vector<Defect> flaws_;
  Distinct distinct_;
  StreamAudit stream_;
  uint64_t count_ = 0;      // elements, a hash's fields; of packed values what the header says
  uint64_t elements_ = 0;   // handed over
  uint64_t seconds_ = 0;    // of pairs: values, scores
  bool is_counted_ = true;  // the header of every listpack tells its count
  bool is_hidden_ = false;  // one says none, and has some
  bool has_shown_ = false;  // one does not
  bool is_long_ = false;    // a string is too long for a packed value
  bool is_unsorted_ = false;
  bool has_nan_ = false;
  bool is_text_odd_ = false;
  bool is_text_long_ = false;
  double last_score_ = 0;
  std::string member_;
  std::string last_member_;
  Hash128 field_;
  bool has_field_ = false;
};

}  // namespace rdb
