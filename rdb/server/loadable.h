// Whether a value that decodes also loads in a server and then answers rightly, and what makes it
// so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rdb/base/hash128.h"
#include "rdb/server/audit.h"
#include "rdb/server/defect.h"
#include "rdb/sets/duplicates.h"
#include "rdb/value/sink.h"

namespace rdb {

// What is to be done with a value.
struct Remedy {
  bool is_sound = true;
  bool is_repairable = true;
  std::string words = {};
  bool leaves_out = false;              // elements: those that Unfit finds
  std::vector<uint64_t> left_out = {};  // their indices, ascending
  bool drops_groups = false;
  bool fixes_length = false;
  bool fixes_last_id = false;

  // Whether a value of this kind is repaired without losing anything of it: a member that occurs
  // twice in a set is one member.
  [[nodiscard]] bool is_lossless(Kind kind) const {
    return is_repairable && !drops_groups && (!leaves_out || kind == Kind::set);
  }
};

// Judges values by all servers of these ways to look. One thread; for any number of values.
class Loadable {
 public:
  explicit Loadable(std::vector<Scrutiny> scrutinies) : scrutinies_(std::move(scrutinies)) {}

  // Before a value, whose events go to the Sink that comes back.
  [[nodiscard]] Sink& start(const Type& type);
  // After it. False: error().
  [[nodiscard]] bool judge(Remedy& remedy);
  // Of a temporary file.
  [[nodiscard]] const Error& error() const { return audit_.error(); }

 private:
  [[nodiscard]] bool is_fault(Defect defect) const;

  std::vector<Scrutiny> scrutinies_;
  Audit audit_{INT64_MIN};  // no field has expired
};

// The elements of a value that no server may get: those that occur before, and members whose score
// is no number. Sink of that value.
class Unfit : public Sink {
 public:
  // After the last event. False: error().
  [[nodiscard]] bool finish(Remedy& remedy);
  [[nodiscard]] const Error& error() const { return seen_.error(); }

  bool member(const Text& v) override { return add(v); }
  bool field(const Text& v) override { return add(v); }
  bool score(double v) override;

 private:
  static constexpr size_t kListedMax = 65536;

  bool add(const Text& text);

  uint64_t elements_ = 0;
  Hasher128 hasher_;
  Duplicates seen_{Duplicates::kMemoryDefault, Spill::default_directory(), kListedMax};
  std::vector<uint64_t> no_numbers_;
};

// Hands a value on as the remedy wants it, to an encoder's Sink.
class Repair : public Sink {
 public:
  // Both must outlive the Repair.
  Repair(Sink& to, const Remedy& remedy) : to_(to), remedy_(remedy) {}

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
  bool stream_entry(const StreamEntry& v) override;
  bool stream(const Stream& v) override;
  bool group_name(const Text& v) override { return remedy_.drops_groups || to_.group_name(v); }
  bool group(const Group& v) override { return remedy_.drops_groups || to_.group(v); }
  bool pending(const Pending& v) override { return remedy_.drops_groups || to_.pending(v); }
  bool consumers(uint64_t v) override { return remedy_.drops_groups || to_.consumers(v); }
  bool consumer_name(const Text& v) override {
    return remedy_.drops_groups || to_.consumer_name(v);
  }
  bool consumer(const Consumer& v) override { return remedy_.drops_groups || to_.consumer(v); }
  bool owned(const StreamId& v) override { return remedy_.drops_groups || to_.owned(v); }

 private:
  bool takes(const Text& text);

  Sink& to_;
  const Remedy& remedy_;
  uint64_t element_ = 0;
  size_t next_ = 0;  // of those left out
  bool is_left_out_ = false;
  bool is_stream_ = false;
  uint64_t live_ = 0;  // entries
  StreamId last_;      // of them
};

}  // namespace rdb
