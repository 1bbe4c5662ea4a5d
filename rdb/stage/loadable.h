// Whether a value that decodes also loads in every Valkey from 7.2 to 9.1 and then answers rightly,
// and what makes it so: 9.1 looks at every value as deeply as this, others on request or not at
// all. Source: valkey 8.0.1 src/rdb.c, rdbLoadObject with sanitize-dump-payload; valkey 9.1.2,
// observed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/stage/duplicates.h"
#include "rdb/value/sink.h"

namespace rdb {

// Looks at the value whose events it gets. One thread; for any number of values.
class Loadable : public Sink {
 public:
  // What is to be done with the value.
  struct Verdict {
    bool is_sound = true;
    bool is_repairable = true;
    std::string words = {};
    std::vector<uint64_t> left_out = {};  // indices of elements, ascending
    bool drops_groups = false;
    bool fixes_length = false;
  };

  // After the last event. False: error().
  [[nodiscard]] bool judge(Verdict& verdict);
  [[nodiscard]] uint64_t elements() const { return elements_; }
  [[nodiscard]] const ModuleId& module_id() const { return module_; }
  // Of a temporary file.
  [[nodiscard]] const Error& error() const { return error_; }

  bool begin(const Type& type, uint64_t count) override;
  bool item(const Text& text) override;
  bool member(const Text& text) override { return element(text); }
  bool field(const Text& text) override { return kind_ == Kind::stream || element(text); }
  bool score(double score) override;
  bool stream_node(const StreamId& id, std::string_view listpack) override;
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override;
  bool group_name(const Text& text) override;
  bool pending(const Pending& pending) override;
  bool consumer_name(const Text& text) override;
  bool owned(const StreamId& id) override;
  bool module(const ModuleId& id) override;

 private:
  bool element(const Text& text);
  bool add(uint64_t space, std::string_view text);
  bool find_repeated(std::vector<uint64_t>& indices);
  void judge_elements(Verdict& verdict, std::vector<uint64_t> repeated);
  void judge_stream(Verdict& verdict, bool is_repeated);

  uint8_t type_ = 0;
  Kind kind_ = Kind::string;
  uint64_t elements_ = 0;
  std::vector<Duplicates::Seen> few_;  // what may not occur twice
  std::optional<Duplicates> many_;     // once they are more than few
  uint64_t added_ = 0;
  std::string gathered_;  // a string that comes in pieces
  // Of sorted sets and of sets of integers, which are kept in order.
  std::string last_;
  std::string before_;
  double last_score_ = 0;
  bool is_unsorted_ = false;
  std::vector<uint64_t> no_numbers_;  // members whose score is none
  // Of streams.
  uint64_t live_ = 0;
  uint64_t length_ = 0;
  uint64_t groups_ = 0;
  uint64_t pending_sum_ = 0;  // of hashes; that of the owned ids is to be the same
  uint64_t owned_sum_ = 0;
  ModuleId module_;
  Error error_;
};

// Hands a value on as the verdict wants it, to an encoder's Sink.
class Repair : public Sink {
 public:
  // Both must outlive the Repair.
  Repair(Sink& to, const Loadable::Verdict& verdict) : to_(to), verdict_(verdict) {}

  bool begin(const Type& type, uint64_t count) override;
  bool end() override { return to_.end(); }
  bool item(const Text& v) override { return to_.item(v); }
  bool member(const Text& v) override { return !takes(v) || to_.member(v); }
  bool score(double v) override { return is_left_out_ || to_.score(v); }
  bool field(const Text& v) override {
    return is_stream_ ? to_.field(v) : !takes(v) || to_.field(v);
  }
  bool value(const Text& v) override { return is_left_out_ || to_.value(v); }
  bool expiry(int64_t v) override { return is_left_out_ || to_.expiry(v); }
  bool stream_node(const StreamId& v, std::string_view listpack) override {
    return to_.stream_node(v, listpack);
  }
  bool stream_entry(const StreamEntry& v) override {
    live_ += v.is_deleted ? 0 : 1;
    return to_.stream_entry(v);
  }
  bool stream(const Stream& v) override;
  bool group_name(const Text& v) override { return verdict_.drops_groups || to_.group_name(v); }
  bool group(const Group& v) override { return verdict_.drops_groups || to_.group(v); }
  bool pending(const Pending& v) override { return verdict_.drops_groups || to_.pending(v); }
  bool consumers(uint64_t v) override { return verdict_.drops_groups || to_.consumers(v); }
  bool consumer_name(const Text& v) override {
    return verdict_.drops_groups || to_.consumer_name(v);
  }
  bool consumer(const Consumer& v) override { return verdict_.drops_groups || to_.consumer(v); }
  bool owned(const StreamId& v) override { return verdict_.drops_groups || to_.owned(v); }

 private:
  bool takes(const Text& text);

  Sink& to_;
  const Loadable::Verdict& verdict_;
  uint64_t element_ = 0;
  size_t next_ = 0;  // of those left out
  bool is_left_out_ = false;
  bool is_stream_ = false;
  uint64_t live_ = 0;
};

}  // namespace rdb
