// The Sink that prints one key with its value as a line of JSON; the shapes are in dump.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rdb/base/held_memory.h"
#include "rdb/file/record.h"
#include "rdb/show/json.h"
#include "rdb/value/sink.h"

namespace rdb {

// One value; made anew for each.
class JsonValue : public Sink {
 public:
  // `json` and `record` must outlive it. It stops where it would hold more than `held_max` bytes.
  JsonValue(Json& json, BytesMode mode, const Record& record, uint64_t held_max)
      : json_(json), mode_(mode), record_(record), held_(held_max) {}

  [[nodiscard]] const HeldMemory& held() const { return held_; }

  // After the value.
  bool end_line();

  bool begin(const Type& type, uint64_t count) override;
  bool end() override;
  bool item(const Text& text) override { return json_.bytes(text); }
  bool member(const Text& text) override;
  bool score(double score) override;
  bool field(const Text& text) override;
  bool value(const Text& text) override;
  bool expiry(int64_t ms) override;
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override;
  bool group_name(const Text& text) override;
  bool group(const Group& group) override;
  bool pending(const Pending& pending) override;
  bool consumer_name(const Text& text) override;
  bool consumer(const Consumer& consumer) override;
  bool owned(const StreamId& id) override;
  bool module(const ModuleId& id) override;
  bool module_integer(ModuleOpcode opcode, uint64_t v) override;
  bool module_real(ModuleOpcode opcode, double v) override;
  bool module_string(const Text& text) override;

 private:
  static constexpr uint32_t kNobody = ~uint32_t{0};
  // An entry of a group's pending list, which the file has before the consumers that own it.
  struct Owed {
    Pending pending;
    uint32_t consumer = kNobody;
  };

  bool head(std::string_view type_name = {});
  bool real(double v);
  bool id(const StreamId& id);
  bool close_entries();
  bool close_consumer();
  bool close_group();
  Owed* find(const StreamId& id);

  Json& json_;
  BytesMode mode_;
  const Record& record_;
  HeldMemory held_;
  const Type* type_ = nullptr;
  // hash; with KeyDB's expiries sets and sorted sets as well
  bool expires_ = false;  // fields or members may
  std::string name_;      // of the field, group or consumer being read
  std::vector<std::pair<std::string, int64_t>> expiring_;
  // stream
  uint64_t fields_left_ = 0;
  bool is_hidden_ = false;  // a deleted entry's fields are not shown
  bool entries_open_ = false;
  bool in_module_ = false;  // a value's; AUX data have no module event
  bool group_open_ = false;
  bool consumer_open_ = false;
  std::vector<Owed> owed_;
  bool is_sorted_ = true;
  std::vector<std::string> consumers_;
};

}  // namespace rdb
