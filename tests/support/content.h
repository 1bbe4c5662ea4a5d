// What a file holds, whatever forms its values have: one text per entry, to be compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rdb/value/sink.h"

namespace rdb {

// The content of values; members, fields and scored members in the order of their bytes, members of
// a set once. The sign of a zero score, which servers drop when they pack a plain sorted set, is
// left out; on request also what streams of older forms do not tell.
class Content : public Sink {
 public:
  explicit Content(bool has_history = true) : has_history_(has_history) {}

  // Of the values so far, since the last call.
  [[nodiscard]] std::string take();

  bool begin(const Type& type, uint64_t count) override;
  bool item(const Text& text) override { return join("item", text); }
  bool member(const Text& text) override { return start(text) && join("member", text); }
  bool score(double score) override;
  bool field(const Text& text) override { return start(text) && join("field", text); }
  bool value(const Text& text) override { return join("value", text); }
  bool expiry(int64_t ms) override;
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override;
  bool group_name(const Text& text) override { return join("group", text); }
  bool group(const Group& group) override;
  bool pending(const Pending& pending) override;
  bool consumer_name(const Text& text) override { return join("consumer", text); }
  bool consumer(const Consumer& consumer) override;
  bool owned(const StreamId& id) override { return add("owned", {id.ms, id.seq}); }
  bool module(const ModuleId& id) override { return add("module", {id.id}); }
  bool module_integer(ModuleOpcode opcode, uint64_t v) override {
    return add("integer", {static_cast<uint64_t>(opcode), v});
  }
  bool module_real(ModuleOpcode opcode, double v) override;
  bool module_string(const Text& text) override { return join("string", text); }

 private:
  bool start(const Text& text);
  bool join(std::string_view event, const Text& text);
  bool add(std::string_view event, const std::vector<uint64_t>& numbers);

  std::string head_;
  std::vector<std::string> elements_;
  bool has_history_;
  bool is_ordered_ = false;
  bool is_set_ = false;
};

// The entries of a file, with their databases, keys and lifetimes, sorted; functions and module AUX
// data too. False: the file is not sound.
[[nodiscard]] bool read_content(std::string_view file, Content& content,
                                std::vector<std::string>& out);

}  // namespace rdb
